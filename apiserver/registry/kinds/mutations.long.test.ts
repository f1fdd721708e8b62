/**
 * Every valid manifest, made wrong in every way that `mutationsOf` knows, sent to a kube-apiserver
 * that runs beside: what it answers, ours answers, refusals word for word and what is taken field
 * for field. Needs etcd and kube-apiserver on the PATH.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasKubeApiserver, START_MS } from '../../../test/support/kube-apiserver.ts';
import { collectionOf, type Manifest, manifests } from '../../../test/support/manifests.ts';
import {
  type Both,
  comparableAnswer,
  sorted,
  startBoth,
} from '../../../test/support/answers-beside.ts';
import { warningsOf } from '../../../test/support/kubernetes-answers.ts';
import { knownDifference, mutationsOf } from '../../../test/support/mutations.ts';
import { kinds } from './index.ts';

const AT_ONCE = 16;
const MANIFEST_MS = 300_000;

describe.skipIf(!hasKubeApiserver())('wrong manifests beside kube-apiserver', () => {
  let both: Both;

  beforeAll(async () => {
    both = await startBoth();
  }, START_MS * 2);
  afterAll(() => both.stop());

  async function compare(path: string, title: string, manifest: unknown): Promise<void> {
    const call = ['POST', path, { body: manifest }] as const;
    // Kubernetes 1.34.1 panics on some: then there is nothing to compare with.
    const theirs = await both.beside.call(...call).catch(() => undefined);
    if (theirs === undefined) return;
    const ours = await both.api.call(...call);
    expect(comparableAnswer(ours.body, manifest), title).toEqual(
      comparableAnswer(theirs.body, manifest),
    );
    if (theirs.code >= 400) return;
    const said = warningsOf(ours.headers['warning']);
    expect(sorted(said), title).toEqual(sorted(theirs.warnings));
  }

  test.each(manifests.map((each) => [each.kind, each.metadata.name, each] as const))(
    '%s %s',
    async (_kind, _name, manifest: Manifest) => {
      const path = `${collectionOf(kinds, manifest)}?dryRun=All`;
      const all = [...mutationsOf(manifest)].filter(
        ({ title }) => !knownDifference(manifest.kind, title),
      );
      for (let i = 0; i < all.length; i += AT_ONCE) {
        const some = all.slice(i, i + AT_ONCE);
        await Promise.all(some.map((each) => compare(path, each.title, each.manifest)));
      }
    },
    MANIFEST_MS,
  );
});
