import { rounded } from '../api/long-integer.ts';
import type { Clock, Timer } from '../platform/clock.ts';
import { type ContainerRecord, isUp } from './container-record.ts';

/** What is left to a container whose turn comes when the grace is over. */
const LEAST_GRACE_SECONDS = 2;

export interface SidecarTurnsOptions {
  readonly clock: Clock;
  readonly records: () => readonly ContainerRecord[];
  /** Asks that one to end; again perhaps, with the same grace or less. */
  readonly stop: (index: number, graceSeconds: number) => void;
}

/**
 * Sidecars of a pod that ends are asked to end one after another, the last first, each when the
 * regular containers and the sidecars after it have ended; all that are left, when the grace is
 * over (KEP-753). The grace is the whole pod's.
 */
export class SidecarTurns {
  readonly #options: SidecarTurnsOptions;
  /** By the steady clock; undefined until the pod ends. */
  #deadlineMs: number | undefined;
  #timer: Timer | undefined;

  constructor(options: SidecarTurnsOptions) {
    this.#options = options;
  }

  /** The pod ends; called again, it may only shorten the grace. */
  begin(graceSeconds: number): void {
    const { clock } = this.#options;
    const deadlineMs = clock.monotonic() + rounded(graceSeconds) * 1000;
    this.#deadlineMs = Math.min(deadlineMs, this.#deadlineMs ?? deadlineMs);
    this.look();
  }

  /** Something has ended. */
  look(): void {
    this.cancel();
    if (this.#deadlineMs === undefined) return;
    const { clock, records, stop } = this.#options;
    const all = records();
    const sidecars = [...all.keys()].filter((i) => all[i]!.kind === 'sidecar' && isUp(all[i]!));
    const leftMs = this.#deadlineMs - clock.monotonic();
    const leastMs = LEAST_GRACE_SECONDS * 1000;
    if (leftMs <= 0) return sidecars.forEach((i) => stop(i, LEAST_GRACE_SECONDS));
    const last = sidecars.at(-1);
    if (last === undefined) return;
    const mustWait = all.some((each) => each.kind === 'regular' && isUp(each));
    if (!mustWait) stop(last, Math.max(leftMs, leastMs) / 1000);
    this.#timer = clock.after(leftMs, () => this.look());
  }

  /** Nobody is asked any more. */
  cancel(): void {
    this.#timer?.cancel();
  }
}
