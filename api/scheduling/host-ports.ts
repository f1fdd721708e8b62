import type { Pod } from '../types/core-v1.ts';

/** One port of the node that a pod takes for itself. */
export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

const ANY_ADDRESS = '0.0.0.0';
const none: readonly HostPort[] = [];

/** Of containers and sidecars: init containers that end hold no port when the others run. */
export function hostPortsOf(pod: Pod): readonly HostPort[] {
  let ports: HostPort[] | undefined;
  const sidecars = pod.spec.initContainers?.filter((each) => each.restartPolicy === 'Always') ?? [];
  for (const container of [...sidecars, ...pod.spec.containers]) {
    for (const { hostPort, hostIP, protocol } of container.ports ?? []) {
      if (!hostPort) continue;
      (ports ??= []).push({
        ip: hostIP || ANY_ADDRESS,
        protocol: protocol || 'TCP',
        port: hostPort,
      });
    }
  }
  return ports ?? none;
}

/** The wildcard address conflicts with every address. */
export function portsConflict(a: HostPort, b: HostPort): boolean {
  return (
    a.port === b.port &&
    a.protocol === b.protocol &&
    (a.ip === b.ip || a.ip === ANY_ADDRESS || b.ip === ANY_ADDRESS)
  );
}
