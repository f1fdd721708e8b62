/**
 * Every valid manifest, created here and in a kube-apiserver that runs beside, then replaced by
 * what `mutationsOf` makes of it, as a whole and through its status: what may not change is refused
 * word for word, and what is taken is answered field for field. Needs etcd and kube-apiserver on
 * the PATH.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Both,
  comparableUpdate,
  sorted,
  startBoth,
} from '../../../test/support/answers-beside.ts';
import { warningsOf } from '../../../test/support/kubernetes-answers.ts';
import { hasKubeApiserver, START_MS } from '../../../test/support/kube-apiserver.ts';
import { collectionOf, type Manifest, manifests } from '../../../test/support/manifests.ts';
import { knownUpdateDifference, mutationsOf } from '../../../test/support/mutations.ts';
import { kinds } from './index.ts';

const AT_ONCE = 8;
const MANIFEST_MS = 600_000;
/** Controllers within kube-apiserver write their status. */
const active = new Set(['APIService', 'CustomResourceDefinition', 'FlowSchema']);
/** Until what they write stays so. */
const SETTLED_MS = 300;

const mergePatch = 'application/merge-patch+json';

type Server = Both['beside'] | Both['api'];

interface Written {
  readonly metadata: { readonly resourceVersion: string };
  readonly status?: unknown;
}

describe.skipIf(!hasKubeApiserver())('updates beside kube-apiserver', () => {
  let both: Both;

  beforeAll(async () => {
    both = await startBoth();
  }, START_MS * 2);
  afterAll(() => both.stop());

  /** The object as its controllers left it in Kubernetes, on both. */
  async function settled({ kind }: Manifest, one: string): Promise<readonly [string, string]> {
    const read = async (server: Server): Promise<Written> =>
      (await server.call('GET', one)).body as unknown as Written;
    let theirs = await read(both.beside);
    for (let before; JSON.stringify(before) !== JSON.stringify(theirs) && active.has(kind);) {
      before = theirs;
      await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
      theirs = await read(both.beside);
    }
    if (active.has(kind)) {
      const { status } = theirs;
      await both.api.call('PATCH', `${one}/status`, { body: { status }, type: mergePatch });
    }
    return [theirs.metadata.resourceVersion, (await read(both.api)).metadata.resourceVersion];
  }

  test.each(manifests.map((each) => [each.kind, each.metadata.name, each] as const))(
    '%s %s',
    async (_kind, _name, manifest: Manifest) => {
      const collection = collectionOf(kinds, manifest);
      const one = `${collection}/${manifest.metadata.name}`;
      for (const server of [both.beside, both.api]) {
        const created = await server.call('POST', collection, { body: manifest });
        expect(created.code, String(created.body['message'])).toBe(201);
      }
      const versions = await settled(manifest, one);
      for (const subresource of ['', '/status']) {
        const all = [...mutationsOf(manifest)].filter(
          ({ title }) =>
            (subresource === '' || /^(metadata|status|spec )/.test(title)) &&
            !knownUpdateDifference(`${manifest.kind}${subresource}`, title),
        );
        const url = `${one}${subresource}?dryRun=All`;
        for (let i = 0; i < all.length; i += AT_ONCE) {
          await Promise.all(
            all.slice(i, i + AT_ONCE).map(async ({ title, manifest: mutated }) => {
              const [asked, own] = versions.map((version) => withVersion(mutated, version));
              const theirs = await both.beside
                .call('PUT', url, { body: asked })
                .catch(() => undefined);
              // Kubernetes 1.34.1 panics on some; and not every kind has a status.
              if (theirs === undefined || theirs.code === 404) return;
              const ours = await both.api.call('PUT', url, { body: own });
              expect(comparableUpdate(ours.body, mutated), `${subresource} ${title}`).toEqual(
                comparableUpdate(theirs.body, mutated),
              );
              if (theirs.code >= 400) return;
              const said = warningsOf(ours.headers['warning']);
              expect(sorted(said), `${subresource} ${title}`).toEqual(sorted(theirs.warnings));
            }),
          );
        }
      }
      for (const server of [both.beside, both.api]) await removeFrom(server, one);
    },
    MANIFEST_MS,
  );
});

/** So that what is asked does not fail for the lack of one; metadata that is none stays so. */
function withVersion(manifest: unknown, resourceVersion: string): unknown {
  const { metadata } = manifest as { metadata?: unknown };
  if (typeof metadata !== 'object') return manifest;
  return { ...(manifest as object), metadata: { ...metadata, resourceVersion } };
}

/** The next manifest may have the same name, and webhooks and quotas concern others. */
async function removeFrom(server: Server, one: string): Promise<void> {
  await server.call('PATCH', one, { body: { metadata: { finalizers: null } }, type: mergePatch });
  await server.call('DELETE', one, { body: { gracePeriodSeconds: 0 } });
}
