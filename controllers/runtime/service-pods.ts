/** Which pods stand behind a Service, and what of a Service's ports each of them serves. */
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

/** Has an address and has not ended; pods being deleted count only where asked for. */
export function servesTraffic(pod: Pod, includeTerminating: boolean): boolean {
  const { phase, podIP } = pod.status ?? {};
  if (phase === 'Succeeded' || phase === 'Failed' || !podIP) return false;
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

/** What endpoints show of a pod; equal texts mean nothing to publish. */
export function endpointFingerprint(pod: Pod): string {
  const { metadata, spec, status } = pod;
  return JSON.stringify([
    status?.podIP,
    status?.phase === 'Succeeded' || status?.phase === 'Failed',
    podReady(pod),
    spec.nodeName,
    spec.hostname,
    spec.subdomain,
    metadata.deletionTimestamp !== undefined,
    metadata.labels,
  ]);
}

/** The host part of "<hostname>.<service>.<namespace>.svc", if the pod asks for one. */
export function endpointHostname(service: Service, pod: Pod): string | undefined {
  const { hostname, subdomain } = pod.spec;
  return hostname && subdomain === service.metadata.name ? hostname : undefined;
}
