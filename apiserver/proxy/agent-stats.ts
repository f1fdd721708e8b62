/**
 * What nodes' agents have measured, for metrics.k8s.io. In: a node. Out: its agent's
 * /stats/summary, asked for at most once in five seconds however many want to know.
 */
import type { NodeSummary } from '../../api/stats-summary.ts';
import type { Node } from '../../api/types/core-v1.ts';
import type { Clock } from '../../platform/clock.ts';
import { ExpiringCache } from '../../platform/expiring-cache.ts';
import type { NodeStats } from '../registry/node-stats.ts';
import type { NodePassages } from './passages.ts';

/** Agents measure every ten seconds. */
const KEPT_MS = 5000;
const MOST_KEPT = 1000;
/** As metrics-server waits for a node. */
const TIMEOUT_MS = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;

export class AgentStats implements NodeStats {
  readonly #clock: Clock;
  readonly #passages: Pick<NodePassages, 'read'>;
  readonly #kept: ExpiringCache<Promise<NodeSummary | undefined>>;

  constructor(clock: Clock, passages: Pick<NodePassages, 'read'>) {
    this.#clock = clock;
    this.#passages = passages;
    this.#kept = new ExpiringCache(clock, MOST_KEPT);
  }

  of(node: Node): Promise<NodeSummary | undefined> {
    const name = node.metadata.name ?? '';
    const kept = this.#kept.get(name);
    if (kept !== undefined) return kept;
    const asked = this.#ask(node).catch(() => undefined);
    this.#kept.set(name, asked, KEPT_MS);
    return asked;
  }

  async #ask(node: Node): Promise<NodeSummary | undefined> {
    const late = new AbortController();
    const timer = this.#clock.after(TIMEOUT_MS, () => late.abort());
    try {
      const { status, body } = await this.#passages.read(node, '/stats/summary', late.signal);
      const parts: Uint8Array[] = [];
      let bytes = 0;
      for await (const part of body) {
        bytes += part.length;
        if (bytes > MAX_BYTES) return undefined;
        parts.push(part);
      }
      return status === 200 ? summaryOf(Buffer.concat(parts).toString()) : undefined;
    } finally {
      timer.cancel();
    }
  }
}

/** What an agent says is anybody's text; what is no summary counts as none. */
function summaryOf(text: string): NodeSummary | undefined {
  const value = JSON.parse(text) as Partial<NodeSummary> | null;
  const isSummary = typeof value?.node === 'object' && Array.isArray(value.pods);
  return isSummary ? (value as NodeSummary) : undefined;
}
