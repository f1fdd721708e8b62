import type { Node, Pod } from '../api/types/core-v1.ts';
import type { Informer } from '../client/informer-interface.ts';
import type { NodeAgent } from './node-agent.ts';
import { type HostedPods, runningContainer } from './server/hosted-pods.ts';

/** The informer's index of pods by the node they are bound to. */
export const BY_NODE = 'node';

interface Listers {
  readonly pods: Informer<Pod>['lister'];
  readonly nodes: Informer<Node>['lister'];
}

/** The pods as their workers know them; those that ended before this process, as they are. */
export function hostedPods(
  { pods, nodes }: Listers,
  agents: ReadonlyMap<string, NodeAgent>,
): HostedPods {
  const agentOf = ({ spec }: Pod): NodeAgent | undefined => agents.get(spec.nodeName ?? '');
  const current = (pod: Pod): Pod => agentOf(pod)?.current(pod) ?? pod;
  const asked = (node: string | undefined): readonly string[] =>
    [...agents.keys()].filter((name) => node === undefined || name === node);
  return {
    find(namespace, name) {
      const pod = pods.get(`${namespace}/${name}`);
      const agent = pod && agentOf(pod);
      if (agent === undefined) return undefined;
      return { pod: current(pod!), runtime: agent.runtime };
    },
    list: (node) => asked(node).flatMap((name) => pods.byIndex(BY_NODE, name).map(current)),
    usage(pod, container) {
      const id = runningContainer(pod, container);
      return id === undefined ? undefined : agentOf(pod)?.runtime.usage?.(id);
    },
    nodes: (node) => asked(node).flatMap((name) => nodes.get(name) ?? []),
  };
}
