/**
 * Revisions of the same template besides the current one, as a restored backup or another
 * controller leaves them: their pods are of the current template, and are not made anew.
 */
import { deepEqual } from '../../api/deep.ts';
import { nameOf, namespaceOf } from '../../api/meta.ts';
import { pods as podType } from '../../api/resources.ts';
import type { ControllerRevision } from '../../api/types/apps-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { Client } from '../../client/interface.ts';
import { type CurrentHistory, removeRevisions } from '../runtime/revision-history.ts';
import { HASH_LABEL } from './placement.ts';

const PATCH = 'application/strategic-merge-patch+json';

type Labelled = Pick<Pod | ControllerRevision, 'metadata'>;

const hashOf = ({ metadata }: Labelled): string | undefined => metadata.labels?.[HASH_LABEL];

export interface Merged {
  readonly history: CurrentHistory;
  readonly pods: readonly Pod[];
}

/** Pods are relabelled first: without their revision they would count as old for good. */
export async function mergeTwins(client: Client, { history, pods }: Merged): Promise<Merged> {
  const { current, old } = history;
  const twins = old.filter(({ data }) => deepEqual(data, current.data));
  if (twins.length === 0) return { history, pods };
  const hashes = new Set(twins.map(hashOf));
  const labels = { [HASH_LABEL]: hashOf(current) ?? '' };
  const relabelled: Pod[] = [];
  for (const pod of pods) {
    const isTwins = hashes.has(hashOf(pod)) && hashOf(pod) !== hashOf(current);
    const at = { namespace: namespaceOf(pod), name: nameOf(pod) };
    const patch = { type: PATCH, body: { metadata: { labels } } } as const;
    relabelled.push(isTwins ? await client.patch(podType, at, patch) : pod);
  }
  await removeRevisions(client, twins);
  const left = old.filter((revision) => !twins.includes(revision));
  return { history: { ...history, old: left }, pods: relabelled };
}
