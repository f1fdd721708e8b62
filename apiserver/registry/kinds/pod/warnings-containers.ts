/** What is odd about the containers of a pod that is taken all the same. */
import type { Container, ContainerPort } from '../../../../api/types/core-v1.ts';
import { oddBytes } from '../odd-amounts.ts';
import type { Listed } from './validation-windows.ts';

/** A variable that is set anew, without its old value in the new one. */
function hiddenVariables({ env = [] }: Container, field: string): string[] {
  const seen = new Set<string>();
  return env.flatMap(({ name, value = '', valueFrom }, i) => {
    const first = !seen.has(name);
    seen.add(name);
    const before = `$(${name})`;
    const builds = valueFrom === undefined && value !== before && value.includes(before);
    if (first || builds) return [];
    const said = 'which may be dropped when using apply';
    return [`${field}.env[${i}]: hides previous definition of "${name}", ${said}`];
  });
}

export function oddContainer(container: Container, field: string): string[] {
  const { limits, requests } = container.resources ?? {};
  const at = `${field}.resources`;
  const amounts = ['memory', 'ephemeral-storage'].flatMap((resource) => [
    ...oddBytes(limits, resource, `${at}.limits`),
    ...oddBytes(requests, resource, `${at}.requests`),
  ]);
  return [...amounts, ...hiddenVariables(container, field)];
}

interface Port extends ContainerPort {
  readonly at: string;
}

/** As Go prints the struct. */
const goPort = (port: Port): string =>
  `{Name:${port.name ?? ''} HostPort:${port.hostPort ?? 0} ContainerPort:${port.containerPort}` +
  ` Protocol:${port.protocol ?? ''} HostIP:${port.hostIP ?? ''}}`;

function clash(a: Port, b: Port): string | undefined {
  const [host, other] = [a.hostPort ?? 0, b.hostPort ?? 0];
  const [address, otherAddress] = [a.hostIP ?? '', b.hostIP ?? ''];
  if (host === other && address === otherAddress) return 'duplicate';
  if (host === 0 || other === 0) return 'overlapping';
  if (host === other && (address === '') !== (otherAddress === '')) return 'dangerously ambiguous';
  return undefined;
}

function clashesOf(ports: readonly Port[]): string[] {
  return ports.flatMap((port, i) => {
    const unbound = port.hostIP && !port.hostPort;
    const same = ports
      .slice(0, i)
      .filter((other) => other.containerPort === port.containerPort)
      .filter(({ protocol }) => protocol === port.protocol);
    return [
      ...(unbound ? [`${port.at}: hostIP set without hostPort: ${goPort(port)}`] : []),
      ...same.flatMap((other) => {
        const how = clash(port, other);
        return how === undefined ? [] : [`${port.at}: ${how} port definition with ${other.at}`];
      }),
    ];
  });
}

function sharedNames(ports: readonly Port[]): string[] {
  const first = new Map<string, string>();
  return ports.flatMap(({ name, at }) => {
    if (!name) return [];
    const other = first.get(name);
    if (other === undefined) {
      first.set(name, at);
      return [];
    }
    const said = `services and probes that select ports by name will use ${other}`;
    return [`${at}: duplicate port name "${name}" with ${other}, ${said}`];
  });
}

/** Of all containers together: they share the pod's network. */
export function oddPorts(containers: Listed): string[] {
  const ports = containers.flatMap(([field, container]) =>
    (container.ports ?? []).map((port, i) => ({ ...port, at: `${field}.ports[${i}]` })),
  );
  return [...clashesOf(ports), ...sharedNames(ports)];
}
