import { portsConflict } from '../../api/scheduling/host-ports.ts';
import type { EnqueueExtensions, FilterPlugin, PreFilterPlugin } from '../framework/interface.ts';
import { skip, unschedulable } from '../framework/status.ts';

const taken = unschedulable("node(s) didn't have free ports for the requested pod ports");

/** Host ports: one holder per address, protocol and port. */
export const nodePorts: PreFilterPlugin & FilterPlugin & EnqueueExtensions = {
  name: 'NodePorts',
  interests: [
    { on: 'NodeAdd' },
    {
      on: 'AssignedPodDelete',
      helps: ({ hostPorts }, event) =>
        event.kind === 'AssignedPodDelete' &&
        event.pod.hostPorts.some((a) => hostPorts.some((b) => portsConflict(a, b))),
    },
  ],
  preFilter: ({ pod }) => (pod.hostPorts.length === 0 ? skip : undefined),
  sign: ({ hostPorts }) => JSON.stringify(hostPorts),
  filter: ({ pod }, node) => (node.holdsAny(pod.hostPorts) ? taken : undefined),
};
