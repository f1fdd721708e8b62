import { namespaceOf } from '../../api/meta.ts';
import { claimNamesOf } from '../../api/scheduling/volumes.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { Informer } from '../../client/informer-interface.ts';

/** By "namespace/name" of the PersistentVolumeClaims a pod mounts. */
export const CLAIM_INDEX = 'claim';

const byClaim = (pod: Pod): readonly string[] =>
  claimNamesOf(pod).map((name) => `${namespaceOf(pod)}/${name}`);

/** Controllers that share the informer share the index. */
export function indexByClaim(pods: Informer<Pod>): void {
  pods.addIndex(CLAIM_INDEX, byClaim);
}
