import { type KubernetesObject, namespaceOf, uidOf } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import { pods as podType } from '../../api/resources.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { Lister } from '../../client/informer-interface.ts';
import type { Client } from '../../client/interface.ts';
import { executeClaims, planClaims } from './claim.ts';
import { OWNER_INDEX, orphansOf } from './owner-index.ts';
import { podActive } from './pods.ts';

export interface PodClaims<O extends KubernetesObject> {
  readonly client: Client;
  readonly pods: Lister<Pod>;
  readonly ownerType: ResourceType<O>;
  /** Ours stays ours, and an orphan may become ours, only while this holds. */
  readonly matches: (pod: Pod) => boolean;
}

/** The pods of `owner` after orphans that match were adopted, and others released. */
export function claimPods<O extends KubernetesObject>(
  { client, pods, ownerType, matches }: PodClaims<O>,
  owner: O,
): Promise<readonly Pod[]> {
  const own = pods.byIndex(OWNER_INDEX, uidOf(owner));
  const orphans = orphansOf(pods, namespaceOf(owner)).filter(podActive);
  const candidates = orphans.length === 0 ? own : [...own, ...orphans];
  const claims = planClaims(owner, matches, candidates);
  return executeClaims({ client, ownerType, type: podType }, owner, claims);
}
