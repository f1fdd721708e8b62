/**
 * Makes the claims on Service addresses and node ports agree with the Services: a server that was
 * killed between a claim and its write leaves a value that nobody has, and a store that was
 * restored or written by others may lack one. Kubernetes calls this the repair loop.
 */
import type { Service } from '../../api/types/core-v1.ts';
import { type Clock, sleep } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Running } from '../../platform/lifecycle.ts';
import { claimsOf } from '../registry/kinds/service/reserve.ts';
import { type ClaimKeys, ownerText } from '../storage/claim-keys.ts';

/** kube-apiserver's. Longer than any request may take, which {@link ClaimRepair} relies on. */
const INTERVAL_MS = 3 * 60_000;

const RANGES = ['clusterIPs', 'nodePorts'] as const;
type Range = (typeof RANGES)[number];

export interface ClaimRepairOptions {
  readonly claims: Readonly<Record<Range, ClaimKeys>>;
  /** All Services, not older than the call. */
  readonly services: () => Promise<readonly Service[]>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Only what two passes in a row found unused is given back: the first may have met a write. */
export class ClaimRepair implements Running {
  readonly #options: ClaimRepairOptions;
  readonly #stopping = new AbortController();
  /** `range value` → the claim's revision, of what the last pass found unused. */
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
    for (;;) {
      await sleep(clock, INTERVAL_MS, signal);
      if (signal.aborted) return;
      try {
        await this.#pass();
      } catch (error) {
        if (!signal.aborted) logger.warn({ error }, 'claims of Services were not checked');
      }
    }
  }

  async #pass(): Promise<void> {
    const { claims, services, logger } = this.#options;
    // The claims first: a Service that is written meanwhile is then seen with what it holds.
    const held = {
      clusterIPs: await claims.clusterIPs.held(),
      nodePorts: await claims.nodePorts.held(),
    };
    const used = usedBy(await services());
    const suspects = new Map<string, number>();
    for (const range of RANGES) {
      for (const { value, owner, revision } of held[range]) {
        if (used[range].get(value)?.includes(owner) === true) continue;
        const suspect = `${range} ${value}`;
        if (this.#suspects.get(suspect) !== revision) suspects.set(suspect, revision);
        else await this.#giveBack(range, { value, owner, revision });
      }
      const known = new Set(held[range].map(({ value }) => value));
      for (const [value, owners] of used[range]) {
        if (owners.length > 1) logger.error({ range, value, owners }, 'held by several Services');
        if (!known.has(value)) await this.#take(range, value, owners[0]!);
      }
    }
    this.#suspects = suspects;
  }

  async #giveBack(range: Range, claim: { value: string; owner: string; revision: number }) {
    const { value, owner, revision } = claim;
    this.#options.logger.warn({ range, value, owner }, 'gives back what no Service holds');
    await this.#options.claims[range].release(value, owner, revision);
  }

  async #take(range: Range, value: string, owner: string): Promise<void> {
    const [namespace = '', name = ''] = owner.split('/');
    this.#options.logger.warn({ range, value, owner }, 'claims what a Service holds');
    await this.#options.claims[range].take(value, { namespace, name });
  }
}

/** Value → who holds it: one, unless something went wrong. */
type Holders = Map<string, string[]>;

function usedBy(services: readonly Service[]): Record<Range, Holders> {
  const used: Record<Range, Holders> = { clusterIPs: new Map(), nodePorts: new Map() };
  for (const { metadata, spec } of services) {
    const owner = ownerText({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' });
    const claimed = claimsOf(spec);
    for (const range of RANGES)
      for (const value of claimed[range])
        used[range].set(value, [...(used[range].get(value) ?? []), owner]);
  }
  return used;
}
