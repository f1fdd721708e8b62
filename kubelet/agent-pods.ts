import type { Pod } from '../api/types/core-v1.ts';
import type { Informer } from '../client/informer-interface.ts';
import type { NodeAgent } from './node-agent.ts';
import type { HostedPods } from './server/hosted-pods.ts';

/** The informer's index of pods by the node they are bound to. */
export const byNode = 'node';

/** The pods as their workers know them; those that ended before this process, as they are. */
export function hostedPods(
  lister: Informer<Pod>['lister'],
  agents: ReadonlyMap<string, NodeAgent>,
): HostedPods {
  const agentOf = ({ spec }: Pod): NodeAgent | undefined => agents.get(spec.nodeName ?? '');
  const current = (pod: Pod): Pod => agentOf(pod)?.current(pod) ?? pod;
  return {
    find(namespace, name) {
      const pod = lister.get(`${namespace}/${name}`);
      const agent = pod && agentOf(pod);
      if (agent === undefined) return undefined;
      return { pod: current(pod!), runtime: agent.runtime };
    },
    list: (node) =>
      [...agents.keys()]
        .filter((name) => node === undefined || name === node)
        .flatMap((name) => lister.byIndex(byNode, name).map(current)),
  };
}
