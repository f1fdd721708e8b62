import { describe, expect, it } from 'vitest';
import { formatTime } from '../../api/time.ts';
import type { Job, JobSpec, JobStatus } from '../../api/types/batch-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { delayMs, noFailures } from './backoff.ts';
import { formatIndexes, parseIndexes } from './indexes.ts';
import { type JobPlan, planJob } from './plan.ts';
import { FINALIZER, newPod } from './pods.ts';

const NOW = 1_700_000_000_000;

function job(spec: Partial<JobSpec>, status: JobStatus = {}): Job {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace: 'd', name: 'work', uid: 'u' },
    spec: {
      ...{ parallelism: 1, completions: 1, backoffLimit: 6 },
      template: { spec: { containers: [{ name: 'main', image: 'i' }], restartPolicy: 'Never' } },
      ...spec,
    },
    status: { startTime: formatTime(NOW - 60_000), ...status },
  };
}

/** "a Running", "b Failed 42", "c Succeeded #3", "d Running deleted", "e Failed counted". */
function pod(text: string): Pod {
  const [name, phase, ...rest] = text.split(' ');
  const index = /#(\d+)/.exec(text)?.[1];
  const tries = /tries=(\d+)/.exec(text)?.[1];
  const exitCode = Number(rest.find((word) => /^\d+$/.test(word)) ?? (phase === 'Failed' ? 1 : 0));
  const finishedAt = formatTime(NOW - 3_000_000);
  const annotations = {
    ...(index === undefined ? {} : { 'batch.kubernetes.io/job-completion-index': index }),
    ...(tries === undefined ? {} : { 'batch.kubernetes.io/job-index-failure-count': tries }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ namespace: 'd', name: name!, uid: name!, annotations },
      finalizers: rest.includes('free') ? [] : [FINALIZER],
      ...(rest.includes('deleted')
        ? { deletionTimestamp: formatTime(NOW), deletionGracePeriodSeconds: 30 }
        : {}),
    },
    spec: { containers: [] },
    status: {
      phase: phase!,
      containerStatuses: [
        {
          ...{ name: 'main', image: '', imageID: '', ready: false, restartCount: 0 },
          ...(phase === 'Running' ? {} : { state: { terminated: { exitCode, finishedAt } } }),
        },
      ],
    },
  };
}

const plan = (of: Job, pods: readonly string[]): JobPlan =>
  planJob({ job: of, pods: pods.map(pod), failures: noFailures, current: true, nowMs: NOW });

function shown({ create, remove, abandon, status }: JobPlan): string {
  const conditions = (status.conditions ?? []).filter((each) => each.status === 'True');
  return [
    ...create.map(({ index }) => `+${index ?? ''}`),
    ...remove.map(({ metadata }) => `-${metadata.name}`),
    ...abandon.map(({ metadata }) => `~${metadata.name}`),
    ...conditions.map(({ type, reason }) => `${type}:${reason}`),
  ].join(' ');
}

const failJob = {
  rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } }],
};
const ignore = {
  rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [42] } }],
};
const indexed = { completionMode: 'Indexed', completions: 3, parallelism: 2 };
const perIndex = { ...indexed, backoffLimitPerIndex: 1 };
const met = (type: string, reason: string) => ({
  conditions: [{ type, status: 'True', reason, message: '' }],
});
const started = { startTime: formatTime(NOW - 60_000) };
const done = 'SuccessCriteriaMet:CompletionsReached';
const failed = (reason: string) => `FailureTarget:${reason}`;

describe('the next step of a Job', () => {
  it.each<[string, Job, string[], string]>([
    ['begins', job({}), [], '+'],
    ['makes as many as may run', job({ completions: 5, parallelism: 3 }), ['a Running'], '+ +'],
    [
      'makes no more than are left',
      job({ completions: 3, parallelism: 3 }, { succeeded: 2 }),
      [],
      '+',
    ],
    ['waits', job({}), ['a Running'], ''],
    [
      'ends those too many',
      job({ parallelism: 1, completions: 5 }),
      ['a Running', 'b Running'],
      '~a',
    ],
    ['is met by the last success', job({}), ['a Succeeded'], done],
    [
      'is complete when all are counted',
      job({}, { succeeded: 1, ...met('SuccessCriteriaMet', 'CompletionsReached') }),
      ['a Succeeded free'],
      `${done} Complete:CompletionsReached`,
    ],
    ['retries at once after an old failure', job({}), ['a Failed'], '+'],
    [
      'fails beyond its limit',
      job({ backoffLimit: 0 }),
      ['a Failed'],
      failed('BackoffLimitExceeded'),
    ],
    [
      'fails when its time is over',
      job({ activeDeadlineSeconds: 30 }),
      ['a Running'],
      `-a ${failed('DeadlineExceeded')}`,
    ],
    [
      'is failed once its pods are gone',
      job({}, { ...started, ...met('FailureTarget', 'DeadlineExceeded') }),
      [],
      `${failed('DeadlineExceeded')} Failed:DeadlineExceeded`,
    ],
    [
      'is not failed before',
      job({}, met('FailureTarget', 'DeadlineExceeded')),
      ['a Running deleted'],
      failed('DeadlineExceeded'),
    ],
    ['suspended ends its pods', job({ suspend: true }), ['a Running'], '~a Suspended:JobSuspended'],
    ['without completions works till a success', job({ completions: undefined as never }), [], '+'],
    [
      'without completions lets others finish',
      job({ completions: undefined as never, parallelism: 3 }),
      ['a Succeeded', 'b Running'],
      '',
    ],
    [
      'fails by rule',
      job({ podFailurePolicy: failJob }),
      ['a Failed 42'],
      failed('PodFailurePolicy'),
    ],
    ['ignores by rule', job({ podFailurePolicy: ignore, backoffLimit: 0 }), ['a Failed 42'], '+'],
    [
      'replaces only what has failed',
      job({ podReplacementPolicy: 'Failed' }),
      ['a Running deleted'],
      '',
    ],
    ['numbers its pods', job(indexed), [], '+0 +1'],
    ['fills indexes', job(indexed), ['a Succeeded #0', 'b Running #2'], '+1'],
    ['ends twins', job(indexed), ['a Running #0', 'b Running #0'], '~b'],
    [
      'is met by some indexes',
      job({ ...indexed, successPolicy: { rules: [{ succeededIndexes: '0' }] } }),
      ['a Succeeded #0', 'b Running #1'],
      '-b SuccessCriteriaMet:SuccessPolicy',
    ],
    ['tries an index again', job(perIndex), ['a Failed #0 tries=0', 'b Running #1'], '+0'],
    ['gives an index up', job(perIndex), ['a Failed #0 tries=1', 'b Running #1'], '+2'],
    [
      'fails at the limit of all before it tries an index again',
      job({ ...perIndex, backoffLimit: 0 }),
      ['a Failed #0 tries=0', 'b Running #1'],
      `-b ${failed('BackoffLimitExceeded')}`,
    ],
    [
      'fails with its indexes',
      job({ ...perIndex, completions: 1 }),
      ['a Failed #0 tries=1'],
      failed('FailedIndexes'),
    ],
    [
      'fails with too many indexes',
      job({ ...perIndex, maxFailedIndexes: 0 }),
      ['a Failed #0 tries=1', 'b Running #1'],
      `-b ${failed('MaxFailedIndexesExceeded')}`,
    ],
  ])('%s', (_, ...[of, pods, wanted]) => {
    expect(shown(plan(of, pods))).toBe(wanted);
  });

  it('waits after failures, twice as long each time', () => {
    const failures = { count: 2, lastMs: NOW - 5000 };
    const { create, requeueAfterMs } = planJob({
      ...{ job: job({}), pods: [], failures, current: true, nowMs: NOW },
    });
    expect([create, requeueAfterMs]).toEqual([[], 15_000]);
    expect([0, 1, 2, 3, 30].map(delayMs)).toEqual([0, 10_000, 20_000, 40_000, 600_000]);
  });

  it('does nothing on a cache that is behind', () => {
    const state = { job: job({}), pods: [], failures: noFailures, current: false, nowMs: NOW };
    expect(planJob(state).create).toEqual([]);
  });
});

describe('counting', () => {
  it('tells what rules said of pods that are let go of, once', () => {
    const of = { completions: 3, podFailurePolicy: ignore };
    expect(plan(job(of), ['a Failed 42', 'b Failed 1', 'c Running']).ruled).toEqual(['Ignore']);
    const rules = [...ignore.rules, { ...ignore.rules[0]!, action: 'FailJob' }];
    const counted = { uncountedTerminatedPods: { failed: ['a'] } };
    const known = job({ podFailurePolicy: { rules } }, counted);
    expect(plan(known, ['a Failed 42']).ruled).toEqual([]);
  });

  it.each<[string, Job, string[]]>([
    ['pods_created', job({}), []],
    ['tracking', job({}), ['a Running']],
    ['pods_deleted', job({}), ['a Running', 'b Running']],
    ['pods_deleted', job({ suspend: true }), []],
    ['reconciling', job({}), ['a Succeeded']],
  ])('tells what it does: %s', (action, of, pods) => {
    expect(plan(of, pods).action).toBe(action);
  });

  it('lets go of what a met policy ends, without counting it as failed', () => {
    const met = job({ ...indexed, successPolicy: { rules: [{ succeededIndexes: '0' }] } });
    const pods = ['a Succeeded #0', 'b Running #1', 'c Pending #2', 'd Running #2 deleted'];
    const { release, remove, status } = plan(met, pods);
    expect(release.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c', 'd']);
    expect(remove.map(({ metadata }) => metadata.name)).toEqual(['b', 'c']);
    expect(status.uncountedTerminatedPods).toEqual({ failed: ['d'] });
  });

  it('goes through the uids of finished pods, each once', () => {
    const first = plan(job({ completions: 9 }), ['a Succeeded', 'b Failed']);
    expect(first.status).toMatchObject({
      succeeded: 0,
      failed: 0,
      uncountedTerminatedPods: { succeeded: ['a'], failed: ['b'] },
    });
    expect(first.release.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    const again = plan(job({ completions: 9 }, first.status), ['a Succeeded', 'b Failed']);
    expect(again.status.uncountedTerminatedPods).toEqual(first.status.uncountedTerminatedPods);
    const settled = plan(job({ completions: 9 }, first.status), ['a Succeeded free']);
    expect(settled.status).toMatchObject({ succeeded: 1, failed: 1, uncountedTerminatedPods: {} });
    expect(settled.release).toEqual([]);
  });

  it.each([{ completions: 3 }, indexed])(
    'is not repeated for a pod that ends well after it was given up: %o',
    (spec) => {
      const work = job(spec, { uncountedTerminatedPods: { failed: ['a'] } });
      const after = plan(work, ['a Succeeded #0 deleted']);
      expect(after.status).toMatchObject({ uncountedTerminatedPods: { failed: ['a'] } });
      expect(after.status.uncountedTerminatedPods?.succeeded).toBeUndefined();
      expect(after.status.completedIndexes ?? '').toBe('');
      expect(after.release.map(({ metadata }) => metadata.name)).toEqual(['a']);
    },
  );

  it('keeps the indexes that completed', () => {
    const { status } = plan(job(indexed), ['a Succeeded #0', 'b Succeeded #2']);
    expect(status).toMatchObject({ succeeded: 2, completedIndexes: '0,2' });
  });

  const noRetry = { ...indexed, backoffLimitPerIndex: 0 };
  it.each<[string, Partial<JobSpec>, string[], string, string]>([
    [
      'two that fail together',
      { ...noRetry, completions: 2 },
      ['a Failed #0', 'b Failed #1'],
      '0,1',
      'FailedIndexes',
    ],
    [
      'three that fail together',
      { ...noRetry, parallelism: 3 },
      ['a Failed #0', 'b Failed #1', 'c Failed #2'],
      '0-2',
      'FailedIndexes',
    ],
    [
      'the one beside two that completed',
      noRetry,
      ['a Succeeded #0', 'b Failed #1', 'c Succeeded #2'],
      '1',
      'FailedIndexes',
    ],
    [
      'those beyond the maximum, not the one that might have been tried again',
      { ...perIndex, maxFailedIndexes: 0 },
      ['a Failed #0 tries=1', 'b Failed #1 tries=0'],
      '0',
      'MaxFailedIndexesExceeded',
    ],
    [
      'what failed before a pod failed the Job',
      { ...noRetry, podFailurePolicy: failJob },
      ['a Failed #0', 'b Failed #1 42'],
      '0,1',
      'PodFailurePolicy',
    ],
  ])('keeps the indexes that failed when the Job does: %s', (_, ...rest) => {
    const [spec, pods, wanted, reason] = rest;
    const of = job(spec);
    const deciding = plan(of, pods);
    expect(shown(deciding)).toBe(failed(reason));
    expect(deciding.status.failedIndexes).toBe(wanted);
    // And when the pods are counted, in the end.
    const free = pods.map((text) => `${text} free`);
    const settled = plan(job(spec, deciding.status), free);
    expect(shown(settled)).toBe(`${failed(reason)} Failed:${reason}`);
    expect(settled.status.failedIndexes).toBe(wanted);
    expect(settled.status.failed).toBe(pods.filter((text) => text.includes('Failed')).length);
  });

  it('writes sets of indexes shortly', () => {
    const text = '1,3-5,7,8';
    expect(formatIndexes(parseIndexes(text, 100))).toBe(text);
    expect([...parseIndexes('0-9', 3)]).toEqual([0, 1, 2]);
  });
});

it('gives an indexed pod its number', () => {
  const draft = newPod(job(indexed), { index: 2, failures: { counted: 1, ignored: 0 } });
  expect(draft).toMatchObject({
    metadata: {
      generateName: 'work-2-',
      labels: { 'batch.kubernetes.io/job-completion-index': '2' },
      annotations: { 'batch.kubernetes.io/job-index-failure-count': '1' },
      finalizers: [FINALIZER],
    },
    spec: { hostname: 'work-2', containers: [{ env: [{ name: 'JOB_COMPLETION_INDEX' }] }] },
  });
});

describe('a Job that fails', () => {
  it('counts what still runs as failed, and lets it go', () => {
    const { status, release } = plan(job({ activeDeadlineSeconds: 30 }), ['a Running']);
    expect(status.uncountedTerminatedPods).toEqual({ failed: ['a'] });
    expect(release.map(({ metadata }) => metadata.name)).toEqual(['a']);
  });
});
