/**
 * Makes the claims on Service addresses and node ports agree with the Services: a server that was
 * killed between a claim and its write leaves a value that nobody has, and a store that was
 * restored or written by others may lack one. Kubernetes calls this the repair loop.
 */
import type { IPAddress } from '../../api/types/networking-v1.ts';
import type { Service } from '../../api/types/core-v1.ts';
import { formatMicroTime } from '../../api/time.ts';
import { type Clock, sleep } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Cidr } from '../../api/cidr.ts';
import type { ClaimOwner } from '../registry/claims.ts';
import { claimsOf } from '../registry/kinds/service/reserve.ts';
import { type ClaimKeys, ownerText } from '../storage/claim-keys.ts';
import { addressRepairs, type RepairWarning } from './address-repair.ts';

/** How often the default ServiceCIDR is looked after, as in kube-apiserver. */
const INTERVAL_MS = 10_000;
/**
 * So many intervals are kube-apiserver's time between passes. Longer than any request may take,
 * which {@link ClaimRepair} relies on.
 */
const INTERVALS_PER_PASS = 18;

const REPORTER = 'ipallocator-repair-controller';

/** What the pass needs of ServiceAddresses. */
export interface RepairedAddresses {
  list(): Promise<readonly IPAddress[]>;
  ranges(): Promise<readonly Cidr[]>;
  take(name: string, owner: ClaimOwner): Promise<boolean>;
  remove(address: IPAddress): Promise<void>;
}

export interface ClaimRepairOptions {
  readonly nodePorts: ClaimKeys;
  readonly addresses: RepairedAddresses;
  /** All Services, not older than the call. */
  readonly services: () => Promise<readonly Service[]>;
  /** Makes the default ServiceCIDR if there is none. */
  readonly ensureRange: () => Promise<void>;
  /** Writes an event of events.k8s.io/v1; `path` is where it belongs. */
  readonly record: (path: string, event: object) => Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Only node ports that two passes in a row found unused are given back. */
export class ClaimRepair implements Running {
  readonly #options: ClaimRepairOptions;
  readonly #stopping = new AbortController();
  /** Port → the claim's revision, of what the last pass found unused. */
  #suspects = new Map<string, number>();
  #running: Promise<void> | undefined;

  constructor(options: ClaimRepairOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    for (let interval = 1; ; interval++) {
      await sleep(clock, INTERVAL_MS, signal);
      if (signal.aborted) return;
      try {
        await this.#options.ensureRange();
        if (interval % INTERVALS_PER_PASS === 0) await this.pass();
      } catch (error) {
        if (!signal.aborted) logger.warn({ error }, 'claims of Services were not checked');
      }
    }
  }

  /** Also what a server begins with: Services of a restored store have no IPAddresses yet. */
  async pass(): Promise<void> {
    const { nodePorts, addresses, services, clock } = this.#options;
    // The claims first: a Service that is written meanwhile is then seen with what it holds.
    const [ports, objects] = await Promise.all([nodePorts.held(), addresses.list()]);
    const known = await services();
    const ranges = await addresses.ranges();
    const nowMs = clock.now();
    const repairs = addressRepairs({ services: known, addresses: objects, ranges, nowMs });
    for (const { remove, take, warning } of repairs) {
      if (remove !== undefined) await addresses.remove(remove);
      // Who holds it by now is a Service that was written since.
      const done = take === undefined || (await addresses.take(take.name, take.owner));
      if (warning !== undefined && done) await this.#warn(warning);
    }
    await this.#repairPorts(ports, holdersOf(known));
  }

  async #repairPorts(
    held: Awaited<ReturnType<ClaimKeys['held']>>,
    used: ReadonlyMap<string, readonly string[]>,
  ): Promise<void> {
    const { nodePorts, logger } = this.#options;
    const suspects = new Map<string, number>();
    for (const { value, owner, revision } of held) {
      if (used.get(value)?.includes(owner) === true) continue;
      if (this.#suspects.get(value) !== revision) suspects.set(value, revision);
      else {
        logger.warn({ value, owner }, 'gives back a node port that no Service holds');
        await nodePorts.release(value, owner, revision);
      }
    }
    const known = new Set(held.map(({ value }) => value));
    for (const [value, owners] of used) {
      if (owners.length > 1) logger.error({ value, owners }, 'node port of several Services');
      if (known.has(value)) continue;
      const [namespace = '', name = ''] = owners[0]!.split('/');
      logger.warn({ value, namespace, name }, 'claims a node port that a Service holds');
      await nodePorts.take(value, { namespace, name });
    }
    this.#suspects = suspects;
  }

  async #warn({ regarding, reason, action, note }: RepairWarning): Promise<void> {
    const { clock, logger, record } = this.#options;
    const { apiVersion, kind } = regarding;
    const { name = '', namespace = 'default', uid, resourceVersion } = regarding.metadata;
    logger.warn({ kind, namespace, name, reason }, note);
    await record(`/apis/events.k8s.io/v1/namespaces/${namespace}/events`, {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { generateName: `${name}.`, namespace },
      eventTime: formatMicroTime(clock.now()),
      reportingController: REPORTER,
      reportingInstance: REPORTER,
      action,
      reason,
      note,
      type: 'Warning',
      regarding: {
        apiVersion,
        kind,
        name,
        uid,
        resourceVersion,
        namespace: regarding.metadata.namespace,
      },
    });
  }
}

/** Port → who holds it: one, unless something went wrong. */
function holdersOf(services: readonly Service[]): Map<string, string[]> {
  const used = new Map<string, string[]>();
  for (const { metadata, spec } of services) {
    const owner = ownerText({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' });
    for (const port of claimsOf(spec).nodePorts) used.set(port, [...(used.get(port) ?? []), owner]);
  }
  return used;
}
