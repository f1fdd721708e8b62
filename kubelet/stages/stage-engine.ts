import { uidOf } from '../../api/meta.ts';
import type { Node, Pod } from '../../api/types/core-v1.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { Random } from '../../platform/random.ts';
import { matches } from './matches.ts';
import type { Stage } from './stage.ts';

export interface StageEngineOptions<T extends Pod | Node> {
  /** All of them of that kind. */
  readonly stages: readonly Stage[];
  readonly clock: Clock;
  readonly random: Random;
  /** Does what is to happen to an object; never throws. */
  readonly apply: (stage: Stage, object: T) => void;
}

interface Course<T> {
  object: T;
  /** The stage it waits for. */
  next: { readonly stage: Stage; readonly timer: Timer } | undefined;
  /** Stages that have come since they last began to match: they come again after a pause. */
  readonly past: Set<Stage>;
}

/**
 * When which stage comes. An object waits for one stage at a time: of those that match, one by
 * weight and chance. It comes after its delay if it matches all that time, and again only when
 * it has not matched in between.
 */
export class StageEngine<T extends Pod | Node> {
  readonly #options: StageEngineOptions<T>;
  /** By uid. At most one timer per object. */
  readonly #courses = new Map<string, Course<T>>();

  constructor(options: StageEngineOptions<T>) {
    this.#options = options;
  }

  seen(object: T): void {
    const uid = uidOf(object);
    const course = this.#courses.get(uid) ?? { object, next: undefined, past: new Set<Stage>() };
    this.#courses.set(uid, course);
    course.object = object;
    this.#consider(course);
  }

  gone(object: T): void {
    this.#courses.get(uidOf(object))?.next?.timer.cancel();
    this.#courses.delete(uidOf(object));
  }

  stop(): void {
    for (const { next } of this.#courses.values()) next?.timer.cancel();
    this.#courses.clear();
  }

  #consider(course: Course<T>): void {
    const { stages, clock } = this.#options;
    const matching = stages.filter((stage) => matches(stage, course.object));
    for (const stage of course.past) if (!matching.includes(stage)) course.past.delete(stage);
    const waited = course.next?.stage;
    if (waited !== undefined && matching.includes(waited)) return;
    course.next?.timer.cancel();
    course.next = undefined;
    const stage = this.#choose(matching.filter((each) => !course.past.has(each)));
    if (stage === undefined) return;
    const timer = clock.after(this.#delay(stage), () => this.#come(course, stage));
    course.next = { stage, timer };
  }

  #come(course: Course<T>, stage: Stage): void {
    course.next = undefined;
    course.past.add(stage);
    this.#options.apply(stage, course.object);
    this.#consider(course);
  }

  #delay({ name, delay: { durationMs, jitterMs } }: Stage): number {
    if (jitterMs === 0) return durationMs;
    return durationMs + this.#options.random.below(jitterMs + 1, `delay of stage ${name}`);
  }

  #choose(stages: readonly Stage[]): Stage | undefined {
    if (stages.length < 2) return stages[0];
    const total = stages.reduce((sum, { weight }) => sum + weight, 0);
    let drawn = this.#options.random.below(total, 'stage');
    return stages.find(({ weight }) => (drawn -= weight) < 0);
  }
}
