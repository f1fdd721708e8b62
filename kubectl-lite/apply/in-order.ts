/**
 * The order in which a folder of manifests can be applied whatever its files are called:
 * namespaces before what is in them, definitions of custom resources before their objects. All
 * else stays in the order it was read.
 */
import type { KubernetesObject } from '../../api/meta.ts';
import { sleep } from '../../platform/clock.ts';
import type { ManifestDocument } from '../manifest/documents.ts';
import { locateDocument } from '../resource/builder.ts';
import type { Located } from '../resource/located.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

/** How long a new custom resource may take until it is served, and how often that is looked at. */
const SERVED_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 200;

export function phasesOf(documents: readonly ManifestDocument[]): readonly ManifestDocument[] {
  const phase = ({ object }: ManifestDocument): number =>
    object.kind === 'Namespace' && object.apiVersion === 'v1' ? 0 : isDefinition(object) ? 1 : 2;
  return [...documents].sort((a, b) => phase(a) - phase(b));
}

const isDefinition = ({ apiVersion, kind }: KubernetesObject): boolean =>
  kind === 'CustomResourceDefinition' && apiVersion.startsWith('apiextensions.k8s.io/');

interface Definition extends KubernetesObject {
  readonly spec?: {
    readonly group?: string;
    readonly names?: { readonly kind?: string };
    readonly versions?: readonly { readonly name: string; readonly served?: boolean }[];
  };
}

/** "stable.example.com/v1 CronTab": what the definitions among the applied make known. */
export function definedKinds(applied: readonly Located[]): ReadonlySet<string> {
  const kinds = new Set<string>();
  for (const { object } of applied) {
    if (object === undefined || !isDefinition(object)) continue;
    const { group, names, versions = [] } = (object as Definition).spec ?? {};
    for (const { name, served } of versions) {
      if (served !== false) kinds.add(`${group}/${name} ${names?.kind}`);
    }
  }
  return kinds;
}

/**
 * The document's place on the server. A kind that was defined a moment ago is waited for: the
 * server serves it only when the definition's names are accepted.
 */
export async function locateSoon(
  session: Session,
  document: ManifestDocument,
  defined: ReadonlySet<string>,
): Promise<Located> {
  const { apiVersion, kind } = document.object;
  const endMs = session.clock.monotonic() + SERVED_WITHIN_MS;
  for (;;) {
    try {
      return await locateDocument(session, document);
    } catch (error) {
      const expected = defined.has(`${apiVersion} ${kind}`) && error instanceof UsageError;
      if (!expected || session.clock.monotonic() > endMs || session.signal.aborted) throw error;
      await sleep(session.clock, LOOK_EVERY_MS, session.signal);
      session.forgetResources();
    }
  }
}
