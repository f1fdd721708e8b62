/** The addresses and node ports of a Service: claimed in the whole cluster, or refused. */
import { invalid, invalidError } from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { services } from '../../../../api/resources.ts';
import { statusError, unexplained } from '../../../../api/status.ts';
import type { Service, ServiceSpec } from '../../../../api/types/core-v1.ts';
import type { IPFamily } from '../../../../api/cidr.ts';
import type { ClaimOwner, ClaimRanges, Reservation } from '../../claims.ts';
import type { Change } from '../../declaration.ts';
import { initFamilies } from './families.ts';
import { isHeadless, needsClusterIP, needsHealthCheckPort, needsNodePorts } from './traits.ts';

/** What a Service holds, as texts. */
interface Held {
  readonly clusterIPs: readonly string[];
  readonly nodePorts: readonly string[];
}

export function claimsOf(spec: ServiceSpec | undefined): Held {
  if (spec === undefined) return { clusterIPs: [], nodePorts: [] };
  const ips = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []);
  const ports = [...(spec.ports ?? []).map(({ nodePort }) => nodePort), spec.healthCheckNodePort];
  return {
    clusterIPs: ips.filter((ip) => ip !== 'None' && ip !== ''),
    nodePorts: [...new Set(ports.filter(Boolean).map(String))],
  };
}

function ownerOf({ metadata }: Service): ClaimOwner {
  return { namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
}

async function releaseAll(held: Held, ranges: ClaimRanges, owner: ClaimOwner): Promise<void> {
  for (const ip of held.clusterIPs) await ranges.clusterIPs.release(ip, owner);
  for (const port of held.nodePorts) await ranges.nodePorts.release(port, owner);
}

const without = (a: Held, b: Held): Held => ({
  clusterIPs: a.clusterIPs.filter((ip) => !b.clusterIPs.includes(ip)),
  nodePorts: a.nodePorts.filter((port) => !b.nodePorts.includes(port)),
});

type Range = 'clusterIPs' | 'nodePorts';

/** One write's claims as they are taken, so that a refusal halfway gives all of them back. */
class Claims {
  readonly taken: Record<Range, string[]> = { clusterIPs: [], nodePorts: [] };
  readonly #ranges: ClaimRanges;
  readonly #service: Mutable<Service>;
  readonly #old: Service | undefined;

  constructor(service: Mutable<Service>, old: Service | undefined, ranges: ClaimRanges) {
    this.#service = service;
    this.#old = old;
    this.#ranges = ranges;
  }

  /** One of each family; a Service that has addresses keeps them, and may get a second. */
  async clusterIPs(): Promise<void> {
    const { spec } = this.#service;
    if (!needsClusterIP(spec) || isHeadless(spec)) return;
    const had = this.#old?.spec;
    const keeps = had !== undefined && needsClusterIP(had);
    if (keeps && isHeadless(had)) return;
    const ips = [...(spec.clusterIPs ?? [])];
    for (const [i, family] of (spec.ipFamilies ?? []).entries()) {
      if (keeps && i < (had.ipFamilies?.length ?? 0)) continue;
      const ip = ips[i];
      if (ip) await this.#exactly('clusterIPs', ip, { field: 'spec.clusterIPs', value: ips });
      else {
        const full = 'failed to allocate a serviceIP: range is full';
        ips[i] = await this.#next('clusterIPs', full, family as IPFamily);
      }
    }
    spec.clusterIPs = ips;
    if (ips[0] !== undefined) spec.clusterIP = ips[0];
  }

  async nodePorts(): Promise<void> {
    const { spec } = this.#service;
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer')
      await (this.#old === undefined ? this.#firstNodePorts() : this.#changedNodePorts());
    const had = this.#old?.spec;
    if (needsHealthCheckPort(spec) && !(had && needsHealthCheckPort(had)))
      await this.#healthCheckPort();
  }

  /** The same port under another protocol (DNS: UDP and TCP) shares its node port. */
  async #firstNodePorts(): Promise<void> {
    const { spec } = this.#service;
    const { ports = [] } = spec;
    const shared = new Map<number, number>();
    for (const [i, port] of ports.entries()) {
      if (!port.nodePort && !needsNodePorts(spec)) continue;
      const twin = shared.get(port.port);
      if (twin === undefined) {
        const asked = ports.find((other) => other.port === port.port && other.nodePort)?.nodePort;
        if (asked) await this.#nodePort(asked, i);
        port.nodePort = asked ?? (await this.#freeNodePort());
        shared.set(port.port, port.nodePort);
      } else if (!port.nodePort) port.nodePort = twin;
      else if (port.nodePort !== twin) await this.#nodePort(port.nodePort, i);
    }
  }

  async #changedNodePorts(): Promise<void> {
    const { spec } = this.#service;
    const had = new Set(claimsOf(this.#old?.spec).nodePorts);
    const sockets = new Set<string>();
    for (const [i, port] of (spec.ports ?? []).entries()) {
      if (!port.nodePort && !needsNodePorts(spec)) continue;
      if (!port.nodePort) port.nodePort = await this.#freeNodePort();
      else {
        const text = String(port.nodePort);
        const isOwn = had.has(text) || this.taken.nodePorts.includes(text);
        if (!isOwn) await this.#nodePort(port.nodePort, i);
      }
      const socket = `{${port.protocol} ${port.nodePort}}`;
      if (sockets.has(socket)) throw unexplained(`duplicate nodePort: ${socket}`);
      sockets.add(socket);
    }
  }

  async #healthCheckPort(): Promise<void> {
    const { spec } = this.#service;
    const asked = spec.healthCheckNodePort;
    if (!asked) {
      const full = 'failed to allocate a HealthCheck NodePort 0: range is full';
      spec.healthCheckNodePort = Number(await this.#next('nodePorts', full));
      return;
    }
    const refused = await this.#claim('nodePorts', String(asked));
    if (refused === undefined) return;
    throw internalError(`failed to allocate requested HealthCheck NodePort ${asked}: ${refused}`);
  }

  async #freeNodePort(): Promise<number> {
    return Number(await this.#next('nodePorts', 'failed to allocate a nodePort: range is full'));
  }

  #nodePort(port: number, i: number): Promise<void> {
    const field = `spec.ports[${i}].nodePort`;
    return this.#exactly('nodePorts', String(port), { field, value: port });
  }

  async #next(range: Range, full: string, family?: IPFamily): Promise<string> {
    const value = await this.#ranges[range].claimNext(ownerOf(this.#service), family);
    if (value === undefined) throw internalError(full);
    this.taken[range].push(value);
    return value;
  }

  /** Undefined once it is taken; else why not. */
  async #claim(range: Range, value: string): Promise<string | undefined> {
    const refused = await this.#ranges[range].claim(value, ownerOf(this.#service));
    if (refused === undefined) this.taken[range].push(value);
    return refused;
  }

  async #exactly(
    range: Range,
    value: string,
    shown: { readonly field: string; readonly value: unknown },
  ): Promise<void> {
    const refused = this.taken[range].includes(value)
      ? 'provided port is already allocated'
      : await this.#claim(range, value);
    if (refused === undefined) return;
    const detail = range === 'clusterIPs' ? `failed to allocate IP ${value}: ${refused}` : refused;
    const error = invalid(shown.field, shown.value, detail);
    throw invalidError(services, this.#service.metadata.name ?? '', [error]);
  }
}

const internalError = (message: string): Error =>
  statusError('InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  });

export async function reserve(
  { object, old }: Change<Service>,
  ranges: ClaimRanges,
): Promise<Reservation> {
  const service = object;
  initFamilies(service, old, ranges.families);
  const claims = new Claims(service, old, ranges);
  try {
    await claims.clusterIPs();
    await claims.nodePorts();
  } catch (error) {
    await releaseAll(claims.taken, ranges, ownerOf(service));
    throw error;
  }
  const before = claimsOf(old?.spec);
  return {
    commit: () => releaseAll(without(before, claimsOf(service.spec)), ranges, ownerOf(service)),
    rollback: () => releaseAll(claims.taken, ranges, ownerOf(service)),
  };
}

export function release(service: Service, ranges: ClaimRanges): Promise<void> {
  return releaseAll(claimsOf(service.spec), ranges, ownerOf(service));
}
