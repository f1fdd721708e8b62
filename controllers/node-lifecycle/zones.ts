/**
 * How fast pods may be moved away from nodes that are not ready. When many nodes of a zone fail
 * at once, the fault is more likely in the network or in the control plane than in the nodes:
 * then little or nothing is evicted.
 *
 * - A zone with some failed nodes: one node in ten seconds.
 * - More than two, and 55 % of the zone: one in 100 s where the zone has more than 50 nodes, else
 *   none.
 * - Every node of every zone: none, and evictions under way are called off.
 */
import { nameOf } from '../../api/meta.ts';
import type { Node } from '../../api/types/core-v1.ts';
import { TokenBucket } from '../../client/rate-limiter.ts';
import { nodeReady } from '../runtime/nodes.ts';

export type ZoneState = 'normal' | 'partial' | 'full';
export type Permission = 'now' | 'later' | 'never';

const UNHEALTHY_SHARE = 0.55;
const LARGE_ZONE = 50;
const EVICTION_MS = 10_000;
const CAREFUL_EVICTION_MS = 100_000;
/** Its operator expects such a node to come and go. */
const APART = 'node.kubernetes.io/exclude-disruption';
/** An outage shows itself within this time of its first node. */
const OUTAGE_MS = 5000;

export function zoneState(ready: number, notReady: number): ZoneState {
  if (ready === 0 && notReady > 0) return 'full';
  const share = notReady / (ready + notReady);
  return notReady > 2 && share >= UNHEALTHY_SHARE ? 'partial' : 'normal';
}

/** Time between two nodes of one zone; undefined for none at all. */
export function evictionIntervalMs(state: ZoneState, size: number): number | undefined {
  if (state !== 'partial') return EVICTION_MS;
  return size > LARGE_ZONE ? CAREFUL_EVICTION_MS : undefined;
}

export function zoneOf({ metadata: { labels } }: Node): string {
  const region = labels?.['topology.kubernetes.io/region'] ?? '';
  return `${region}/${labels?.['topology.kubernetes.io/zone'] ?? ''}`;
}

class Zone {
  readonly nodes = new Set<string>();
  /** Since when (monotonic) they have not been ready. */
  readonly notReady = new Map<string, number>();
  /** Those that say nothing of the zone. */
  readonly apart = new Set<string>();
  #limit: { readonly intervalMs: number; readonly bucket: TokenBucket } | undefined;

  /** Of the nodes that count. */
  get size(): number {
    return this.nodes.size - this.apart.size;
  }

  get state(): ZoneState {
    let notReady = this.notReady.size;
    for (const name of this.apart) if (this.notReady.has(name)) notReady--;
    return zoneState(this.size - notReady, notReady);
  }

  tryEvict(now: number): boolean {
    const intervalMs = evictionIntervalMs(this.state, this.size);
    if (intervalMs === undefined) return false;
    if (this.#limit?.intervalMs !== intervalMs) {
      this.#limit = { intervalMs, bucket: new TokenBucket(1, intervalMs, now) };
    }
    return this.#limit.bucket.tryTake(now);
  }
}

export class Zones {
  readonly #zones = new Map<string, Zone>();
  readonly #zoneOfNode = new Map<string, string>();
  /** Of those that count. */
  #size = 0;
  #notReady = 0;

  /** True if no node that counts is ready anywhere. */
  get allFailed(): boolean {
    return this.#notReady > 0 && this.#notReady === this.#size;
  }

  set(node: Node, now: number): void {
    const name = nameOf(node);
    const zoneName = zoneOf(node);
    const since = this.#find(name)?.notReady.get(name);
    this.remove(name);
    this.#zoneOfNode.set(name, zoneName);
    const zone = this.#zones.get(zoneName) ?? new Zone();
    this.#zones.set(zoneName, zone);
    zone.nodes.add(name);
    const counts = node.metadata.labels?.[APART] === undefined;
    if (counts) this.#size++;
    else zone.apart.add(name);
    if (nodeReady(node)) return;
    zone.notReady.set(name, since ?? now);
    if (counts) this.#notReady++;
  }

  remove(name: string): void {
    const zone = this.#find(name);
    if (zone === undefined) return;
    const counts = !zone.apart.delete(name);
    if (counts) this.#size--;
    if (zone.notReady.delete(name) && counts) this.#notReady--;
    zone.nodes.delete(name);
    if (zone.nodes.size === 0) this.#zones.delete(this.#zoneOfNode.get(name)!);
    this.#zoneOfNode.delete(name);
  }

  /** Asks to evict from a node that is not ready; "now" uses up the zone's turn. */
  mayEvict(name: string, now: number): Permission {
    if (this.allFailed) return 'never';
    const zone = this.#find(name);
    const since = zone?.notReady.get(name);
    if (zone === undefined || since === undefined || now - since < OUTAGE_MS) return 'later';
    return zone.tryEvict(now) ? 'now' : 'later';
  }

  #find(name: string): Zone | undefined {
    const zone = this.#zoneOfNode.get(name);
    return zone === undefined ? undefined : this.#zones.get(zone);
  }
}
