/** Which pods stand behind a Service, and what of a Service's ports each of them serves. */
import { deepEqual } from '../../api/deep.ts';
import type { Pod, Service, ServicePort } from '../../api/types/core-v1.ts';
import { podReady } from './pods.ts';

/** A port as endpoints publish it. */
export interface TargetPort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

const HEADLESS = 'None';

export const isHeadless = (service: Service): boolean => service.spec?.clusterIP === HEADLESS;

const hasEnded = ({ status }: Pod): boolean =>
  status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** Has an address and has not ended; pods being deleted count only where asked for. */
export function servesTraffic(pod: Pod, includeTerminating: boolean): boolean {
  if (hasEnded(pod) || !pod.status?.podIP) return false;
  return includeTerminating || pod.metadata.deletionTimestamp === undefined;
}

/** The pod's ports behind the Service's; a named one that the pod does not have is left out. */
export function targetPorts(service: Service, pod: Pod): readonly TargetPort[] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const number = targetNumber(port, pod);
    if (number === undefined) return [];
    const { name = '', protocol = 'TCP', appProtocol } = port;
    return [
      { name, port: number, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) },
    ];
  });
}

function targetNumber(port: ServicePort, pod: Pod): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target === 0 ? port.port : target;
  if (target === '') return port.port;
  const { containers, initContainers = [] } = pod.spec;
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const { ports = [] } of [...containers, ...sidecars]) {
    const found = ports.find(
      ({ name, protocol }) => name === target && (protocol ?? 'TCP') === (port.protocol ?? 'TCP'),
    );
    if (found !== undefined) return found.containerPort;
  }
  return undefined;
}

/** Endpoints show the same of both states of a pod. */
export function sameEndpoint(a: Pod, b: Pod): boolean {
  return (
    a.status?.podIP === b.status?.podIP &&
    deepEqual(a.status?.podIPs, b.status?.podIPs) &&
    hasEnded(a) === hasEnded(b) &&
    podReady(a) === podReady(b) &&
    a.spec.nodeName === b.spec.nodeName &&
    a.spec.hostname === b.spec.hostname &&
    a.spec.subdomain === b.spec.subdomain &&
    (a.metadata.deletionTimestamp === undefined) === (b.metadata.deletionTimestamp === undefined) &&
    deepEqual(a.metadata.labels, b.metadata.labels)
  );
}

/** The host part of "<hostname>.<service>.<namespace>.svc", if the pod asks for one. */
export function endpointHostname(service: Service, pod: Pod): string | undefined {
  const { hostname, subdomain } = pod.spec;
  return hostname && subdomain === service.metadata.name ? hostname : undefined;
}
