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
/** metrics-server asks ahead; here somebody waits for the answer, and for all other nodes. */
const PATIENCE_MS = 2000;
/** A silent agent is asked on, but waited for again only after so long, or once it answered. */
const SILENT_MS = 60_000;
const MAX_BYTES = 16 * 1024 * 1024;

export class AgentStats implements NodeStats {
  readonly #clock: Clock;
  readonly #passages: Pick<NodePassages, 'read'>;
  readonly #kept: ExpiringCache<Promise<NodeSummary | undefined>>;
  /** Those that took too long, by name. */
  readonly #silent: ExpiringCache<true>;

  constructor(clock: Clock, passages: Pick<NodePassages, 'read'>) {
    this.#clock = clock;
    this.#passages = passages;
    this.#kept = new ExpiringCache(clock, MOST_KEPT);
    this.#silent = new ExpiringCache(clock, MOST_KEPT);
  }

  /** Undefined if the agent does not answer soon, or nothing that is a summary. */
  of(node: Node): Promise<NodeSummary | undefined> {
    const name = node.metadata.name ?? '';
    const asked = this.#kept.get(name) ?? this.#begin(name, node);
    // What it has said by now wins.
    if (this.#silent.get(name)) return Promise.race([asked, Promise.resolve(undefined)]);
    return this.#soon(name, asked);
  }

  #begin(name: string, node: Node): Promise<NodeSummary | undefined> {
    const asked = this.#ask(node).then(
      (summary) => {
        this.#silent.delete(name);
        return summary;
      },
      () => undefined,
    );
    this.#kept.set(name, asked, KEPT_MS);
    return asked;
  }

  #soon(name: string, asked: Promise<NodeSummary | undefined>): Promise<NodeSummary | undefined> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(PATIENCE_MS, () => {
        this.#silent.set(name, true, SILENT_MS);
        resolve(undefined);
      });
      void asked.then((summary) => {
        timer.cancel();
        resolve(summary);
      });
    });
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
