/** The runtimes of a node with the machine's own effects. */
import { realClock } from '../platform/node/clock.ts';
import type { Machine } from '../platform/machine.ts';
import { thisMachine } from '../platform/node/machine.ts';
import { hostAddress } from '../platform/node/net/host-address.ts';
import { HollowRuntime } from './hollow/runtime.ts';
import { hollowMachine } from './node-info.ts';
import type { NodeSpecification } from './node-object.ts';
import type { ProcessChoice } from './real-processes.ts';
import type { PodRuntime } from './runtime.ts';
import { RuntimesByClass, type RuntimeName } from './runtimes-by-class.ts';

export interface RuntimeChoice extends ProcessChoice {
  readonly runtime: RuntimeName;
}

export interface NodeRuntimes {
  readonly runtimeOf: (node: NodeSpecification) => PodRuntime;
  /** The machine's own, for nodes whose pods share it. */
  readonly internalIp?: string;
  /** Simulated nodes have this one's kernel; in the rest they are the same everywhere. */
  readonly machine: Machine;
}

export async function realRuntimes({ runtime, ...choice }: RuntimeChoice): Promise<NodeRuntimes> {
  const hollow = new HollowRuntime(realClock, choice.client);
  if (runtime === 'hollow') {
    const only = new RuntimesByClass({ standard: 'hollow', runtimes: { hollow } });
    const { kernelVersion } = thisMachine();
    return { runtimeOf: () => only, machine: { ...hollowMachine, kernelVersion } };
  }
  const { processRuntimes } = await import('./real-processes.ts');
  const processOf = processRuntimes(choice);
  const internalIp = hostAddress();
  return {
    runtimeOf: (node) =>
      new RuntimesByClass({ standard: 'process', runtimes: { hollow, process: processOf(node) } }),
    ...(internalIp === undefined ? {} : { internalIp }),
    machine: thisMachine(),
  };
}
