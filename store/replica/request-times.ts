import { exponential, Histogram } from '../../platform/metrics/histogram.ts';
import type { CommandType } from '../mvcc/command.ts';

export interface RequestTime {
  readonly type: CommandType;
  readonly success: boolean;
  readonly seconds: Histogram;
}

/** How long commands took from their proposal to their answer. */
export class RequestTimes {
  readonly #times = new Map<CommandType, { readonly ok: RequestTime; readonly bad: RequestTime }>();

  observe(type: CommandType, success: boolean, seconds: number): void {
    let times = this.#times.get(type);
    if (times === undefined) {
      times = { ok: timeOf(type, true), bad: timeOf(type, false) };
      this.#times.set(type, times);
    }
    (success ? times.ok : times.bad).seconds.observe(seconds);
  }

  /** Those that have been observed. */
  get all(): readonly RequestTime[] {
    return [...this.#times.values()]
      .flatMap(({ ok, bad }) => [ok, bad])
      .filter(({ seconds }) => seconds.count > 0);
  }
}

/** 0.1 ms, doubling to 52 s, as etcd's other durations of requests. */
const timeOf = (type: CommandType, success: boolean): RequestTime => ({
  type,
  success,
  seconds: new Histogram(exponential(0.0001, 2, 20)),
});
