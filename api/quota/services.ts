import type { Service } from '../types/core-v1.ts';
import { type Amounts, count } from './amounts.ts';
import { countName, type Evaluator } from './evaluator.ts';

const COUNT = countName({ group: '', resource: 'services' });
const SERVICES = 'services';
const NODE_PORTS = 'services.nodeports';
const LOAD_BALANCERS = 'services.loadbalancers';
const names = [COUNT, SERVICES, NODE_PORTS, LOAD_BALANCERS];

/** Those that will be allocated count as well. */
function nodePorts({ spec }: Service): number {
  const ports = spec.ports ?? [];
  if (spec.type === 'NodePort') return ports.length;
  if (spec.type !== 'LoadBalancer') return 0;
  if (spec.allocateLoadBalancerNodePorts !== false) return ports.length;
  return ports.filter(({ nodePort }) => nodePort).length;
}

function usage(service: Service): Amounts {
  return new Map([
    [COUNT, count(1)],
    [SERVICES, count(1)],
    [NODE_PORTS, count(nodePorts(service))],
    [LOAD_BALANCERS, count(service.spec.type === 'LoadBalancer' ? 1 : 0)],
  ]);
}

export const serviceEvaluator: Evaluator<Service> = {
  covers: (name) => names.includes(name),
  usage,
  inScope: () => false,
  grows: () => true,
};
