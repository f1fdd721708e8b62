/** How long a node where a set's pods fail again and again waits for its next one. */
import { uidOf } from '../../api/meta.ts';
import type { DaemonSet } from '../../api/types/apps-v1.ts';
import type { Clock } from '../../platform/clock.ts';

const FIRST_MS = 1000;
const MAX_MS = 900_000;

interface Failure {
  readonly delayMs: number;
  readonly untilMs: number;
}

export class EndedBackoff {
  readonly #clock: Clock;
  /** By the set's uid, then the node: as many as there are nodes, dropped with the set. */
  readonly #failures = new Map<string, Map<string, Failure>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  holds(set: DaemonSet, node: string): boolean {
    const failure = this.#failures.get(uidOf(set))?.get(node);
    return failure !== undefined && failure.untilMs > this.#clock.monotonic();
  }

  /** A pod failed there and is removed: the one after the next has to wait longer. */
  ended(set: DaemonSet, node: string): void {
    const nodes = this.#failures.get(uidOf(set)) ?? new Map<string, Failure>();
    const now = this.#clock.monotonic();
    const last = nodes.get(node);
    const fresh = last === undefined || now - last.untilMs > 2 * MAX_MS;
    const delayMs = fresh ? FIRST_MS : Math.min(last.delayMs * 2, MAX_MS);
    nodes.set(node, { delayMs, untilMs: now + delayMs });
    this.#failures.set(uidOf(set), nodes);
  }

  /** Until the next node may be tried again, if one waits. */
  nextMs(uid: string): number | undefined {
    const now = this.#clock.monotonic();
    const waits = [...(this.#failures.get(uid)?.values() ?? [])]
      .map(({ untilMs }) => untilMs - now)
      .filter((ms) => ms > 0);
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  forget(uid: string): void {
    this.#failures.delete(uid);
  }
}
