/** The addresses and node ports of a Service: claimed in the whole cluster, or refused. */
import { type FieldError, invalid, invalidError } from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { services } from '../../../../api/resources.ts';
import { statusError } from '../../../../api/status.ts';
import type { Service, ServicePort, ServiceSpec } from '../../../../api/types/core-v1.ts';
import type { ClaimOwner, ClaimRange, ClaimRanges, Reservation } from '../../claims.ts';
import type { Change } from '../../declaration.ts';
import { needsClusterIP, needsHealthCheckPort, needsNodePorts } from './traits.ts';

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

/** One write's claims as they are taken, so that a refusal halfway gives all of them back. */
class Claims {
  readonly taken: { clusterIPs: string[]; nodePorts: string[] } = { clusterIPs: [], nodePorts: [] };
  readonly #ranges: ClaimRanges;
  readonly #service: Service;
  readonly #old: Held;

  constructor(service: Service, old: Held, ranges: ClaimRanges) {
    this.#service = service;
    this.#old = old;
    this.#ranges = ranges;
  }

  async clusterIPs(spec: Mutable<ServiceSpec>): Promise<void> {
    if (!needsClusterIP(spec) || spec.clusterIP === 'None') return;
    if (!spec.clusterIP) {
      const ip = await this.#next('clusterIPs', 'failed to allocate a serviceIP: range is full');
      spec.clusterIP = ip;
      spec.clusterIPs = [ip];
      return;
    }
    const ips = spec.clusterIPs ?? [spec.clusterIP];
    for (const ip of ips) {
      await this.#exactly('clusterIPs', ip, (why) => {
        const { clusterIPRange } = this.#ranges;
        const detail =
          why === 'outside'
            ? `the provided IP (${ip}) is not in the valid range. ` +
              `The range of valid IPs is ${clusterIPRange}`
            : 'provided IP is already allocated';
        return invalid('spec.clusterIPs', ips, `failed to allocate IP ${ip}: ${detail}`);
      });
    }
  }

  async nodePorts(spec: Mutable<ServiceSpec>): Promise<void> {
    const wanted = needsNodePorts(spec);
    for (const [i, port] of (spec.ports ?? []).entries()) {
      if (port.nodePort) await this.#nodePort(port.nodePort, `spec.ports[${i}].nodePort`);
      else if (wanted) port.nodePort = await this.#freeNodePort(spec, port);
    }
    if (spec.healthCheckNodePort) {
      await this.#nodePort(spec.healthCheckNodePort, 'spec.healthCheckNodePort');
    } else if (needsHealthCheckPort(spec)) {
      const full = 'failed to allocate a HealthCheck NodePort: range is full';
      spec.healthCheckNodePort = Number(await this.#next('nodePorts', full));
    }
  }

  /** The same port under another protocol (DNS: UDP and TCP) shares its node port. */
  async #freeNodePort(spec: ServiceSpec, port: ServicePort): Promise<number> {
    const twin = spec.ports?.find(
      (other) => other.nodePort && other.port === port.port && other.protocol !== port.protocol,
    );
    if (twin?.nodePort) return twin.nodePort;
    return Number(await this.#next('nodePorts', 'failed to allocate a nodePort: range is full'));
  }

  async #nodePort(port: number, field: string): Promise<void> {
    await this.#exactly('nodePorts', String(port), (why) => {
      const { nodePortRange } = this.#ranges;
      const detail =
        why === 'outside'
          ? 'provided port is not in the valid range. ' +
            `The range of valid ports is ${nodePortRange}`
          : 'provided port is already allocated';
      return invalid(field, port, detail);
    });
  }

  async #next(range: 'clusterIPs' | 'nodePorts', full: string): Promise<string> {
    const value = await this.#ranges[range].claimNext(ownerOf(this.#service));
    if (value === undefined) throw statusError('InternalError', full);
    this.taken[range].push(value);
    return value;
  }

  async #exactly(
    name: 'clusterIPs' | 'nodePorts',
    value: string,
    refusal: (why: 'outside' | 'taken') => FieldError,
  ): Promise<void> {
    if (this.#old[name].includes(value) || this.taken[name].includes(value)) return;
    const range: ClaimRange = this.#ranges[name];
    const refuse = (why: 'outside' | 'taken'): Error =>
      invalidError(services, this.#service.metadata.name ?? '', [refusal(why)]);
    if (!range.contains(value)) throw refuse('outside');
    if (!(await range.claim(value, ownerOf(this.#service)))) throw refuse('taken');
    this.taken[name].push(value);
  }
}

export async function reserve(
  { object, old }: Change<Service>,
  ranges: ClaimRanges,
): Promise<Reservation> {
  const before = claimsOf(old?.spec);
  const service = object as Service;
  const claims = new Claims(service, before, ranges);
  try {
    await claims.clusterIPs(object.spec);
    await claims.nodePorts(object.spec);
  } catch (error) {
    await releaseAll(claims.taken, ranges, ownerOf(service));
    throw error;
  }
  const obsolete = without(before, claimsOf(service.spec));
  return {
    commit: () => releaseAll(obsolete, ranges, ownerOf(service)),
    rollback: () => releaseAll(claims.taken, ranges, ownerOf(service)),
  };
}

export function release(service: Service, ranges: ClaimRanges): Promise<void> {
  return releaseAll(claimsOf(service.spec), ranges, ownerOf(service));
}
