/**
 * The past, as the API server serves it: a list with `resourceVersionMatch=Exact` is answered from
 * the store's MVCC as it was at that revision, until the revision is compacted (410 Expired).
 */
import type { KubernetesObject } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import type { Located } from '../resource/located.ts';
import { pathOf } from '../resource/resources.ts';
import type { Session } from '../session.ts';

export const exactly = (revision: number): Readonly<Record<string, string>> => ({
  resourceVersion: String(revision),
  resourceVersionMatch: 'Exact',
});

/** True if the store has forgotten the revision that was asked for. */
export const isForgotten = (error: unknown): boolean =>
  isStatus(error, 'Expired') || isStatus(error, 'Gone');

const versionOf = ({ metadata }: KubernetesObject): number => Number(metadata.resourceVersion);

/** The object as it was at a revision; undefined if it was not there. */
async function objectAt(
  session: Session,
  { type, namespace, name }: Located,
  revision: number,
): Promise<KubernetesObject | undefined> {
  const list = (await session.api.send({
    method: 'GET',
    path: pathOf(type, namespace),
    query: { fieldSelector: `metadata.name=${name}`, ...exactly(revision) },
  })) as { items?: KubernetesObject[] | null };
  return list.items?.[0];
}

export interface Past {
  /** Newest first; never empty. */
  readonly states: readonly KubernetesObject[];
  /** `created`: the oldest state is its first. `forgotten`: the store knows no older ones. */
  readonly begin: 'created' | 'forgotten' | 'limit';
}

/**
 * Each stored state of an object, back from `newest`: a state's resourceVersion is the revision it
 * was written at, so the one before it is what was there one revision earlier.
 */
export async function pastOf(
  session: Session,
  located: Located,
  { newest, limit }: { readonly newest: KubernetesObject; readonly limit: number },
): Promise<Past> {
  const states = [newest];
  while (states.length < limit) {
    const oldest = states.at(-1)!;
    try {
      const before = await objectAt(session, located, versionOf(oldest) - 1);
      if (before === undefined) return { states, begin: 'created' };
      // One of the same name that was deleted before is another object.
      if (before.metadata.uid !== oldest.metadata.uid) return { states, begin: 'created' };
      states.push(before);
    } catch (error) {
      if (!isForgotten(error)) throw error;
      const begin = versionOf(oldest) === creationGuess(oldest) ? 'created' : 'forgotten';
      return { states, begin };
    }
  }
  return { states, begin: 'limit' };
}

/** Generation 1 with one writer at the time of creation: nothing can have come before. */
function creationGuess(object: KubernetesObject): number {
  const { managedFields = [], creationTimestamp } = object.metadata;
  const fresh = managedFields.length === 1 && managedFields[0]!.time === creationTimestamp;
  return fresh ? versionOf(object) : -1;
}
