import type { EnqueueExtensions, FilterPlugin, PreFilterPlugin } from '../framework/interface.ts';
import { skip, unresolvable } from '../framework/status.ts';

const mismatch = unresolvable("node(s) didn't match the requested node name");

/** spec.nodeName, for pods that a scheduler meets although they name a node. */
export const nodeName: PreFilterPlugin & FilterPlugin & EnqueueExtensions = {
  name: 'NodeName',
  interests: [
    {
      on: 'NodeAdd',
      helps: ({ pod }, event) =>
        event.kind === 'NodeAdd' && event.node.metadata.name === pod.spec.nodeName,
    },
  ],
  preFilter: ({ pod }) => (pod.pod.spec.nodeName ? undefined : skip),
  sign: ({ pod }) => pod.spec.nodeName ?? '',
  filter({ pod }, node) {
    const wanted = pod.pod.spec.nodeName;
    return wanted && wanted !== node.name ? mismatch : undefined;
  },
};
