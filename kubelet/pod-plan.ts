import type { Pod } from '../api/types/core-v1.ts';
import { restartAtMs, restarts, type ContainerRecord } from './container-record.ts';

/** What the agent has to do next for a pod; nothing of it waits for anything else of it. */
export interface PodPlan {
  /** Indexes of records to start, or to start again. */
  readonly start: readonly number[];
  /** Indexes of records to stop: sidecars whose pod has done its work. */
  readonly stop: readonly number[];
  /** When to plan again although nothing happened, in wall-clock milliseconds. */
  readonly wakeAtMs: number | undefined;
}

const isOver = (pod: Pod, record: ContainerRecord): boolean =>
  record.phase === 'ended' && !restarts(pod, record);

const failed = ({ exit }: ContainerRecord): boolean => exit !== undefined && exit.exitCode !== 0;

/** An init container that ended badly and will not be tried again ends the pod. */
export function initFailed(pod: Pod, records: readonly ContainerRecord[]): boolean {
  return records.some((each) => each.kind === 'init' && isOver(pod, each) && failed(each));
}

/** True if all that the pod is for has ended for good. */
export function isFinished(pod: Pod, records: readonly ContainerRecord[]): boolean {
  return (
    initFailed(pod, records) ||
    records.every((each) => each.kind !== 'regular' || isOver(pod, each))
  );
}

/** True if the containers after this init container may start. */
function letsOthersStart(record: ContainerRecord): boolean {
  if (record.kind === 'sidecar') return record.phase === 'running' && record.started;
  return record.phase === 'ended' && !failed(record);
}

class Planner {
  readonly start: number[] = [];
  wakeAtMs: number | undefined;
  readonly #pod: Pod;
  readonly #nowMs: number;

  constructor(pod: Pod, nowMs: number) {
    this.#pod = pod;
    this.#nowMs = nowMs;
  }

  consider(record: ContainerRecord, index: number): void {
    if (record.phase === 'waiting') this.start.push(index);
    if (record.phase !== 'ended' || !restarts(this.#pod, record)) return;
    const atMs = restartAtMs(record);
    if (atMs <= this.#nowMs) this.start.push(index);
    else this.wakeAtMs = Math.min(this.wakeAtMs ?? atMs, atMs);
  }
}

/**
 * Init containers one after another, each sidecar as soon as the one before it runs, then all
 * regular containers together; whatever ended and is to run again, when its backoff is over.
 */
export function planPod(pod: Pod, records: readonly ContainerRecord[], nowMs: number): PodPlan {
  if (isFinished(pod, records)) {
    const stop = records.flatMap((each, i) =>
      each.phase === 'running' || each.phase === 'starting' ? [i] : [],
    );
    return { start: [], stop, wakeAtMs: undefined };
  }
  const planner = new Planner(pod, nowMs);
  const initialized = records.some((each) => each.kind === 'regular' && each.phase !== 'waiting');
  for (const [i, record] of records.entries()) {
    if (record.kind === 'ephemeral') continue;
    if (record.kind === 'regular' || record.kind === 'sidecar' || !initialized)
      if (!(record.kind === 'init' && letsOthersStart(record))) planner.consider(record, i);
    if (!initialized && record.kind !== 'regular' && !letsOthersStart(record)) break;
  }
  // These look into a pod whatever state it is in.
  for (const [i, record] of records.entries())
    if (record.kind === 'ephemeral') planner.consider(record, i);
  return { start: planner.start, stop: [], wakeAtMs: planner.wakeAtMs };
}
