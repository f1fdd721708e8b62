import { describe, expect, test } from 'vitest';
import {
  created,
  createErrors,
  row,
  type Sent,
  updateErrors,
  written,
} from '../../../../test/support/kinds.ts';
import { cronJob } from './cronjob.ts';
import { job } from './job.ts';

const podSpec: Sent = { containers: [{ name: 'c', image: 'work:1' }], restartPolicy: 'Never' };
const template: Sent = { spec: podSpec };
const metadata = { name: 'pi', uid: 'u1' };
const sent = (spec: Sent = {}): Sent => ({ metadata, spec: { template, ...spec } });

describe('Job', () => {
  test('runs one pod once, unless it says otherwise', () => {
    const { spec, status } = created(job, sent());
    expect(spec).toMatchObject({
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      manualSelector: false,
    });
    expect(status).toEqual({});
    const queue = created(job, sent({ parallelism: 3 }));
    expect(queue.spec.completions).toBeUndefined();
    const perIndex = created(job, sent({ backoffLimitPerIndex: 1 }));
    expect(perIndex.spec.backoffLimit).toBe(2_147_483_647);
  });

  test('knows its pods by its uid', () => {
    const { metadata: own, spec } = created(job, sent());
    const labels = {
      'controller-uid': 'u1',
      'job-name': 'pi',
      'batch.kubernetes.io/controller-uid': 'u1',
      'batch.kubernetes.io/job-name': 'pi',
    };
    expect(spec.selector).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': 'u1' } });
    expect(spec.template.metadata!.labels).toEqual(labels);
    expect(own.labels).toEqual(labels);
  });

  test.each<[string, Sent, string[]]>([
    ['good', {}, []],
    [
      'less than none',
      { parallelism: -1, completions: -1, activeDeadlineSeconds: -1, backoffLimit: -1 },
      ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit'].map(
        (name) => `spec.${name}: Invalid value: -1: must be greater than or equal to 0`,
      ),
    ],
    [
      'pods that run for ever',
      { template: { spec: { ...podSpec, restartPolicy: 'Always' } } },
      ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
    ],
    [
      'limits per index without indexes',
      { maxFailedIndexes: 1 },
      [
        'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
        'spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode',
      ],
    ],
    [
      'indexes without an end',
      { completionMode: 'Indexed', parallelism: 100_001 },
      [
        'spec.completions: Required value: when completion mode is Indexed',
        'spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed',
      ],
    ],
    [
      'an unknown mode and replacement',
      { completionMode: 'Random', podReplacementPolicy: 'Never' },
      [
        'spec.completionMode: Unsupported value: "Random": supported values: "NonIndexed", "Indexed"',
        'spec.podReplacementPolicy: Unsupported value: "Never": supported values: "Failed", "TerminatingOrFailed"',
      ],
    ],
    [
      'another controller',
      { managedBy: 'me' },
      [
        'spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")',
      ],
    ],
    [
      'rules of failure',
      {
        podFailurePolicy: {
          rules: [
            { action: 'Give up' },
            {
              action: 'FailJob',
              onExitCodes: { operator: 'In', containerName: 'x', values: [3, 0, 3] },
              onPodConditions: [{ type: 'DisruptionTarget', status: 'Maybe' }],
            },
            { action: 'FailIndex', onExitCodes: { operator: '', values: [] } },
          ],
        },
      },
      [
        'spec.podFailurePolicy.rules[0].action: Unsupported value: "Give up": supported values: "Count", "FailIndex", "FailJob", "Ignore"',
        'spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
        'spec.podFailurePolicy.rules[1].onExitCodes.containerName: Invalid value: "x": must be one of the container or initContainer names in the pod template',
        'spec.podFailurePolicy.rules[1].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator',
        'spec.podFailurePolicy.rules[1].onExitCodes.values[2]: Duplicate value: 3',
        'spec.podFailurePolicy.rules[1].onExitCodes.values: Invalid value: [3,0,3]: must be ordered',
        'spec.podFailurePolicy.rules[1].onPodConditions[0].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"',
        'spec.podFailurePolicy.rules[1]: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported',
        'spec.podFailurePolicy.rules[2].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set',
        'spec.podFailurePolicy.rules[2].onExitCodes.operator: Required value: valid values: ["In" "NotIn"]',
        'spec.podFailurePolicy.rules[2].onExitCodes.values: Invalid value: []: at least one value is required',
      ],
    ],
    [
      'rules of success',
      {
        completionMode: 'Indexed',
        completions: 3,
        successPolicy: {
          rules: [
            {},
            { succeededIndexes: '0,2-1' },
            { succeededIndexes: '0-1', succeededCount: 3 },
            { succeededIndexes: '3', succeededCount: 4 },
          ],
        },
      },
      [
        'spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified',
        'spec.successPolicy.rules[1].succeededIndexes: Invalid value: "0,2-1": error parsing succeededIndexes: non-increasing order, previous: 2, current: 1',
        'spec.successPolicy.rules[2].succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)',
        'spec.successPolicy.rules[3].succeededIndexes: Invalid value: "3": error parsing succeededIndexes: too large index: "3"',
        'spec.successPolicy.rules[3].succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of specified completions)',
        'spec.successPolicy.rules[3].succeededCount: Invalid value: 4: must be less than or equal to 0 (the number of indexes in the specified succeededIndexes field)',
      ],
    ],
    [
      'labels of another job',
      { template: { metadata: { labels: { 'job-name': 'other' } }, spec: podSpec } },
      [
        'spec.template.metadata.labels[job-name]: Invalid value: {"controller-uid":"u1","job-name":"other","batch.kubernetes.io/controller-uid":"u1","batch.kubernetes.io/job-name":"pi"}: must be \'pi\'',
      ],
    ],
    [
      'a selector of its own that misses',
      { manualSelector: true, selector: { matchLabels: { a: 'b' } } },
      [
        'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
      ],
    ],
    [
      'a manual selector that is not there',
      { manualSelector: true },
      [
        'spec.selector: Required value',
        'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
      ],
    ],
  ])('%s', (_title, spec, errors) => {
    expect(createErrors(job, sent(spec))).toEqual(errors);
  });

  test('what its pods were made from does not change', () => {
    const old = created(job, sent());
    expect(updateErrors(job, old, ({ spec }) => (spec.completions = 2))).toEqual([
      'spec.completions: Invalid value: 2: field is immutable',
    ]);
    const [error] = updateErrors(job, old, ({ spec }) => {
      spec.template.spec!.nodeSelector = { disk: 'ssd' };
    });
    expect(error).toMatch(/^spec\.template: Invalid value: \{.*\}: field is immutable$/);
    expect(updateErrors(job, old, ({ spec }) => (spec.parallelism = 2))).toEqual([]);
  });

  test('before it starts, a suspended Job can be sent elsewhere', () => {
    const old = created(job, sent({ suspend: true }));
    const errors = updateErrors(job, old, ({ spec }) => {
      spec.template.spec!.nodeSelector = { disk: 'ssd' };
      spec.template.spec!.affinity = { nodeAffinity: {} };
    });
    expect(errors).toEqual([]);
  });

  test('an indexed Job grows with its parallelism', () => {
    const old = created(job, sent({ completionMode: 'Indexed', completions: 2, parallelism: 2 }));
    const grow = (completions: number) =>
      updateErrors(job, old, ({ spec }) => Object.assign(spec, { completions, parallelism: 4 }));
    expect(grow(4)).toEqual([]);
    expect(grow(3)).toEqual([
      'spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism',
    ]);
  });

  const condition = (type: string) => ({ type, status: 'True' });

  test.each<[string, [Sent, Sent], string[]]>([
    [
      'ends without having begun',
      [{}, { active: 1, conditions: [condition('Complete')] }],
      [
        'status.completionTime: Required value: completionTime is required for Complete jobs',
        'status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
        'status.active: Invalid value: 1: active>0 is invalid for finished job',
        'status.startTime: Required value: startTime is required for finished job',
      ],
    ],
    [
      'goes back',
      [
        { failed: 2, succeeded: 1, conditions: [condition('FailureTarget')] },
        { failed: 1, ready: 1 },
      ],
      [
        'status.ready: Invalid value: 1: cannot set more ready pods than active',
        'status.conditions: Invalid value: cannot disable the terminal FailureTarget=True condition',
        'status.failed: Invalid value: 1: cannot decrease the failed counter',
        'status.succeeded: Invalid value: 0: cannot decrease the succeeded counter',
      ],
    ],
    [
      'both ways at once',
      [{}, { conditions: [condition('SuccessCriteriaMet'), condition('FailureTarget')] }],
      [
        'status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and FailureTarget=true conditions',
      ],
    ],
    [
      'indexes of a job that has none',
      [{}, { completedIndexes: '0' }],
      [
        'status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode',
      ],
    ],
    ['progress', [{ succeeded: 1 }, { succeeded: 2, active: 1, ready: 1 }], []],
  ])('a status that %s', (_title, [before, status], errors) => {
    const parent = { ...created(job, sent()), status: before };
    const result = written(job, 'status', { parent, sent: { metadata: {}, status } });
    expect(result.errors).toEqual(errors);
  });

  test('rows', () => {
    const times = { startTime: '2026-11-21T11:59:00Z', completionTime: '2026-11-21T11:59:40Z' };
    const status = { ...times, succeeded: 1, conditions: [condition('Complete')] };
    expect(row(job, { ...sent({ completions: 1 }), status })).toMatchObject({
      Status: 'Complete',
      Completions: '1/1',
      Duration: '40s',
    });
    const running = { ...sent({ parallelism: 3 }), status: { startTime: times.startTime } };
    expect(row(job, running)).toMatchObject({
      Status: 'Running',
      Completions: '0/1 of 3',
      Duration: '60s',
    });
  });
});

describe('CronJob', () => {
  const cron = (spec: Sent = {}, name = 'nightly'): Sent => ({
    metadata: { name },
    spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template } }, ...spec },
  });

  test('defaults', () => {
    const { spec, status } = created(cronJob, cron());
    expect(spec).toMatchObject({
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
    expect(spec.jobTemplate.spec).not.toHaveProperty('completions');
    expect(status).toEqual({});
  });

  test.each<[string, Sent, string[]]>([
    ['good', cron({ timeZone: 'Europe/Berlin', schedule: '*/15 9-17 * * mon-fri' }), []],
    ['an hour of its own', cron({ schedule: '@every 1h30m' }), []],
    ['no schedule', cron({ schedule: '' }), ['spec.schedule: Required value']],
    [
      'too few fields',
      cron({ schedule: '0 3 * *' }),
      ['spec.schedule: Invalid value: "0 3 * *": expected exactly 5 fields, found 4: [0 3 * *]'],
    ],
    [
      'no number',
      cron({ schedule: 'x 3 * * *' }),
      [
        'spec.schedule: Invalid value: "x 3 * * *": failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax',
      ],
    ],
    [
      'out of range',
      cron({ schedule: '0 24 * * *' }),
      ['spec.schedule: Invalid value: "0 24 * * *": end of range (24) above maximum (23): 24'],
    ],
    [
      'a zone in the schedule',
      cron({ schedule: 'TZ=UTC 0 3 * * *' }),
      [
        'spec.schedule: Invalid value: "TZ=UTC 0 3 * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
      ],
    ],
    [
      'an unknown zone and policy',
      cron({ timeZone: 'Mars/Olympus', concurrencyPolicy: 'Wait', startingDeadlineSeconds: -1 }),
      [
        'spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0',
        'spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus',
        'spec.concurrencyPolicy: Unsupported value: "Wait": supported values: "Allow", "Forbid", "Replace"',
      ],
    ],
    [
      'a selector for jobs to come',
      cron({ jobTemplate: { spec: { template, selector: {}, manualSelector: true } } }),
      [
        'spec.jobTemplate.spec.selector: Invalid value: {}: `selector` will be auto-generated',
        'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
      ],
    ],
    [
      'a long name',
      cron({}, 'n'.repeat(53)),
      [`metadata.name: Invalid value: "${'n'.repeat(53)}": must be no more than 52 characters`],
    ],
  ])('%s', (_title, object, errors) => {
    expect(createErrors(cronJob, object)).toEqual(errors);
  });

  test('rows', () => {
    const status = { active: [{}], lastScheduleTime: '2026-11-21T11:58:00Z' };
    expect(row(cronJob, { ...cron({ suspend: false }), status })).toMatchObject({
      Schedule: '0 3 * * *',
      Timezone: '<none>',
      Suspend: 'False',
      Active: 1,
      'Last Schedule': '2m',
      Images: 'work:1',
      Selector: '<none>',
    });
  });
});
