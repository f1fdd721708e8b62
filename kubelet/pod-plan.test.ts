import { describe, expect, it } from 'vitest';
import type { Container, PodSpec } from '../api/types/core-v1.ts';
import { aPod } from '../test/support/scheduling.ts';
import { newRecords, restartDelayMs, type ContainerRecord } from './container-record.ts';
import { isFinished, planPod } from './pod-plan.ts';

/** A record's state in a word: "waiting", "starting" (its startup probe fails yet), "running", "ok" or "failed", "@<crashes>" after it. */
function records(spec: Partial<PodSpec>, ...states: string[]): ContainerRecord[] {
  return newRecords(aPod(spec)).map((record, i) => {
    const [word = '', crashes = '1'] = states[i]!.split('@');
    if (word === 'waiting') return record;
    if (word === 'running') return { ...record, phase: 'running', started: true, id: `${i}` };
    if (word === 'starting') return { ...record, phase: 'running', id: `${i}` };
    const exitCode = word === 'ok' ? 0 : 1;
    return {
      ...record,
      phase: 'ended',
      id: `${i}`,
      crashes: Number(crashes),
      exit: { exitCode, finishedAt: '1970-01-01T00:00:00Z' },
    };
  });
}

const container = (name: string, restartPolicy?: string): Container => ({
  name,
  ...(restartPolicy === undefined ? {} : { restartPolicy }),
});
const two = { containers: [container('a'), container('b')] };
const staged = { initContainers: [container('i'), container('j')], ...two };
const withSidecar = { initContainers: [container('s', 'Always'), container('i')], ...two };

interface Case {
  readonly name: string;
  readonly spec: Partial<PodSpec>;
  readonly states: string[];
  readonly start?: number[];
  readonly stop?: number[];
  readonly wakeAtMs?: number;
}

const cases: Case[] = [
  { name: 'all containers at once', spec: two, states: ['waiting', 'waiting'], start: [0, 1] },
  {
    name: 'the first init container alone',
    spec: staged,
    states: ['waiting', 'waiting', 'waiting', 'waiting'],
    start: [0],
  },
  {
    name: 'nothing while an init container runs',
    spec: staged,
    states: ['running', 'waiting', 'waiting', 'waiting'],
  },
  {
    name: 'the next init container after the first',
    spec: staged,
    states: ['ok', 'waiting', 'waiting', 'waiting'],
    start: [1],
  },
  {
    name: 'the containers after the last init container',
    spec: staged,
    states: ['ok', 'ok', 'waiting', 'waiting'],
    start: [2, 3],
  },
  {
    name: 'a failed init container again, after its backoff',
    spec: staged,
    states: ['failed@2', 'waiting', 'waiting', 'waiting'],
    wakeAtMs: 10_000,
  },
  {
    name: 'nothing more after a failed init container that may not restart',
    spec: { ...staged, restartPolicy: 'Never' },
    states: ['failed', 'waiting', 'waiting', 'waiting'],
  },
  {
    name: 'an init container beside a running sidecar',
    spec: withSidecar,
    states: ['running', 'waiting', 'waiting', 'waiting'],
    start: [1],
  },
  {
    name: 'nothing after a sidecar that its startup probe has not let through',
    spec: withSidecar,
    states: ['starting', 'waiting', 'waiting', 'waiting'],
  },
  {
    name: 'a sidecar that ended, also when all runs',
    spec: withSidecar,
    states: ['ok', 'ok', 'running', 'running'],
    start: [0],
  },
  {
    name: 'the end of sidecars whose pod is done',
    spec: { ...withSidecar, restartPolicy: 'Never' },
    states: ['running', 'ok', 'ok', 'failed'],
    stop: [0],
  },
  { name: 'a first restart at once', spec: two, states: ['failed', 'running'], start: [0] },
  { name: 'Always restarts success too', spec: two, states: ['ok', 'running'], start: [0] },
  {
    name: 'OnFailure restarts failures only',
    spec: { ...two, restartPolicy: 'OnFailure' },
    states: ['ok', 'failed'],
    start: [1],
  },
  {
    name: 'the earliest of several backoffs',
    spec: two,
    states: ['failed@4', 'failed@3'],
    wakeAtMs: 20_000,
  },
];

describe('planPod', () => {
  it.each(cases)('$name', ({ spec, states, start = [], stop = [], wakeAtMs }) => {
    const plan = planPod(aPod(spec), records(spec, ...states), 0);
    expect(plan).toEqual({ start, stop, wakeAtMs });
  });
});

describe('isFinished', () => {
  it('is for pods whose containers ended and do not restart', () => {
    const never = { ...two, restartPolicy: 'Never' };
    expect(isFinished(aPod(never), records(never, 'ok', 'failed'))).toBe(true);
    expect(isFinished(aPod(never), records(never, 'ok', 'running'))).toBe(false);
    expect(isFinished(aPod(two), records(two, 'ok', 'ok'))).toBe(false);
  });
});

describe('restartDelayMs', () => {
  it('is 0, then 10 s, doubled up to 5 min', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 50].map((crashes) => restartDelayMs(crashes) / 1000);
    expect(delays).toEqual([0, 10, 20, 40, 80, 160, 300, 300, 300]);
  });
});
