import type { Pod } from '../../api/types/core-v1.ts';
import type { Informer } from '../../client/informer-interface.ts';

/** By spec.nodeName; pods without a node are not in it. */
export const NODE_INDEX = 'node';

const byNode = ({ spec }: Pod): readonly string[] => (spec.nodeName ? [spec.nodeName] : []);

/** Controllers that share the informer share the index. */
export function indexByNode(pods: Informer<Pod>): void {
  pods.addIndex(NODE_INDEX, byNode);
}
