/** What is forwarded where, as `port-forward` is told it: ports of pods and services, addresses. */
import type { Pod, Service } from '../../api/types/core-v1.ts';
import { UsageError } from '../usage-error.ts';

export interface ForwardedPort {
  /** 0: any free one. */
  readonly local: number;
  readonly remote: number;
}

/** `service`: whose ports the words name, instead of the pod's. */
export function forwardedPorts(
  words: readonly string[],
  pod: Pod,
  service: Service | undefined,
): readonly ForwardedPort[] {
  refuseUdp(words, pod, service);
  return words.map((word) => {
    const parts = word.split(':');
    if (parts.length > 2) throw new UsageError(`invalid port format '${word}'`);
    const wanted = parts.at(-1)!;
    if (wanted === '') throw new UsageError('remote port cannot be empty');
    const named = service === undefined ? podPort(pod, wanted) : servicePort(service, pod, wanted);
    // A name alone stands for the number of the service's own port, or of the container's.
    const same = service === undefined ? named : (servicePortOf(service, wanted)?.port ?? named);
    const given = parts.length === 1 ? (/^\d+$/.test(wanted) ? wanted : String(same)) : parts[0]!;
    const local = portNumber(given || '0', 'local');
    const remote = portNumber(String(named), 'remote');
    if (remote === 0) throw new UsageError('remote port must be > 0');
    return { local, remote };
  });
}

function portNumber(text: string, which: 'local' | 'remote'): number {
  const refused = (why: string): UsageError =>
    new UsageError(
      `error parsing ${which} port '${text}': strconv.ParseUint: parsing "${text}": ${why}`,
    );
  if (!/^\d+$/.test(text)) throw refused('invalid syntax');
  if (Number(text) > 65_535) throw refused('value out of range');
  return Number(text);
}

function podPort(pod: Pod, wanted: string): number | string {
  if (/^-?\d+$/.test(wanted)) return wanted;
  for (const { ports = [] } of pod.spec.containers) {
    const found = ports.find(({ name }) => name === wanted);
    if (found !== undefined) return found.containerPort;
  }
  throw new UsageError(`Pod '${pod.metadata.name}' does not have a named port '${wanted}'`);
}

const servicePortOf = (service: Service, wanted: string) =>
  (service.spec.ports ?? []).find(({ name, port }) => name === wanted || String(port) === wanted);

function servicePort(service: Service, pod: Pod, wanted: string): number | string {
  const found = servicePortOf(service, wanted);
  if (found === undefined) {
    const what = /^\d+$/.test(wanted) ? 'a service port' : 'a named port';
    const name = /^\d+$/.test(wanted) ? service.metadata.name : `'${service.metadata.name}'`;
    const port = /^\d+$/.test(wanted) ? wanted : `'${wanted}'`;
    throw new UsageError(`Service ${name} does not have ${what} ${port}`);
  }
  if (service.spec.clusterIP === 'None' && found.targetPort === undefined) return found.port;
  return podPort(pod, String(found.targetPort ?? found.port));
}

/** A port that is UDP's alone has no connections. */
function refuseUdp(words: readonly string[], pod: Pod, service: Service | undefined): void {
  const ports =
    service === undefined
      ? pod.spec.containers.flatMap(({ ports: of = [] }) =>
          of.map(({ containerPort, name, protocol }) => ({ port: containerPort, name, protocol })),
        )
      : (service.spec.ports ?? []);
  for (const word of words) {
    const wanted = word.split(':').at(-1)!;
    const found = ports.filter(({ name, port }) => name === wanted || String(port) === wanted);
    if (found.length > 0 && found.every(({ protocol }) => protocol === 'UDP')) {
      throw new UsageError(`UDP protocol is not supported for ${wanted}`);
    }
  }
}

export interface ListenAddress {
  readonly host: string;
  /** Of those of "localhost" one is enough. */
  readonly oneOf: boolean;
}

/** In the order of their text, each once. */
export function listenAddresses(given: readonly string[]): readonly ListenAddress[] {
  const found = new Map<string, ListenAddress>();
  for (const address of given.length === 0 ? ['localhost'] : given) {
    if (address === 'localhost') {
      for (const host of ['127.0.0.1', '::1'])
        if (!found.has(host)) found.set(host, { host, oneOf: true });
    } else if (isIp(address)) found.set(address, { host: address, oneOf: false });
    else throw new UsageError(`${address} is not a valid IP`);
  }
  return [...found.values()].sort((a, b) => (a.host < b.host ? -1 : 1));
}

const isIp = (text: string): boolean =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(text) ? true : URL.canParse(`http://[${text}]`);
