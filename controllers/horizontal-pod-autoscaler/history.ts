import {
  DOWNSCALE_STABILIZATION_MS,
  type Recommendation,
  type ScaleEvent,
  type ScalingHistory,
} from './behavior.ts';

/** The longest window or period that the API admits is an hour. */
const KEPT_MS = Math.max(3_600_000, DOWNSCALE_STABILIZATION_MS);
/** One every 15 s for an hour, and some that come early. */
const KEPT = 512;

interface History {
  recommendations: Recommendation[];
  ups: ScaleEvent[];
  downs: ScaleEvent[];
}

function recent<T extends { readonly atMs: number }>(entries: readonly T[], nowMs: number): T[] {
  return entries.filter(({ atMs }) => atMs > nowMs - KEPT_MS).slice(-KEPT);
}

/**
 * What each autoscaler recommended and did, in this process's time: after a restart, nothing is
 * scaled down before its window has passed again.
 */
export class Histories {
  readonly #byKey = new Map<string, History>();

  /** Times are monotonic. One not known yet begins with the replicas there are. */
  of(key: string, now: { readonly current: number; readonly nowMs: number }): ScalingHistory {
    let history = this.#byKey.get(key);
    if (history === undefined) {
      const first = { replicas: now.current, atMs: now.nowMs };
      history = { recommendations: [first], ups: [], downs: [] };
      this.#byKey.set(key, history);
    }
    return history;
  }

  recommended(key: string, replicas: number, nowMs: number): void {
    const history = this.#byKey.get(key);
    if (history === undefined) return;
    history.recommendations.push({ replicas, atMs: nowMs });
    history.recommendations = recent(history.recommendations, nowMs);
  }

  scaled(key: string, change: number, nowMs: number): void {
    const history = this.#byKey.get(key);
    if (history === undefined || change === 0) return;
    const event = { change: Math.abs(change), atMs: nowMs };
    if (change > 0) history.ups = recent([...history.ups, event], nowMs);
    else history.downs = recent([...history.downs, event], nowMs);
  }

  forget(key: string): void {
    this.#byKey.delete(key);
  }
}
