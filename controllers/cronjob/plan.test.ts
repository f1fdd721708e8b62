import { describe, expect, it } from 'vitest';
import { parseCronSchedule } from '../../api/cron-schedule.ts';
import { formatTime, parseTime } from '../../api/time.ts';
import type { CronJob, CronJobSpec, CronJobStatus, Job } from '../../api/types/batch-v1.ts';
import { nextTime, offsetIn } from './next-time.ts';
import { planCronJob } from './plan.ts';

const at = (text: string): number => parseTime(text)!;

describe('the next time of a schedule', () => {
  it.each<[string, string, string, string | undefined]>([
    ['*/5 * * * *', 'UTC', '2026-11-21T10:02:30Z', '2026-11-21T10:05:00Z'],
    ['0 3 * * *', 'Europe/Berlin', '2026-11-21T10:00:00Z', '2026-11-22T02:00:00Z'],
    ['0 0 29 2 *', 'UTC', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['0 0 13 * 5', 'UTC', '2026-11-21T00:00:00Z', '2026-11-27T00:00:00Z'],
    ['0 0 * * 1', 'UTC', '2026-11-21T00:00:00Z', '2026-11-23T00:00:00Z'],
    ['@every 90s', 'UTC', '2026-11-21T00:00:00Z', '2026-11-21T00:01:30Z'],
    // Clocks jump from 2:00 to 3:00 on 2026-03-29: there is no 2:30 that day.
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-30T00:30:00Z'],
    // And from 3:00 to 2:00 on 2026-10-25: 2:30 comes twice, and counts once.
    ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z', '2026-10-25T00:30:00Z'],
    ['0 0 30 2 *', 'UTC', '2026-01-01T00:00:00Z', undefined],
  ])('%s in %s after %s', (schedule, zone, ...[after, wanted]) => {
    const next = nextTime(parseCronSchedule(schedule), at(after), offsetIn(zone));
    expect(next === undefined ? undefined : formatTime(next)).toBe(wanted);
  });
});

const NOW = at('2026-11-21T10:00:05Z');

function cronJob(spec: Partial<CronJobSpec> = {}, status?: CronJobStatus): CronJob {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: {
      ...{ namespace: 'd', name: 'tick', uid: 'u' },
      creationTimestamp: '2026-11-21T09:59:30Z',
    },
    spec: { schedule: '* * * * *', jobTemplate: { spec: { template: {} } }, ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

/** "a", "b Complete 3": ended, having started so many minutes ago. */
function job(text: string): Job {
  const [name, type, minutes = '0'] = text.split(' ');
  const startTime = formatTime(NOW - Number(minutes) * 60_000);
  const conditions = type === undefined ? [] : [{ type, status: 'True' }];
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace: 'd', name: name!, uid: name! },
    spec: { template: {} },
    status: {
      conditions,
      startTime,
      ...(type === 'Complete' ? { completionTime: startTime } : {}),
    },
  };
}

function shown(of: CronJob, jobs: readonly string[]): string {
  const { create, remove, events } = planCronJob({
    ...{ cronJob: of, jobs: jobs.map(job), nowMs: NOW },
  });
  return [
    ...(create === undefined ? [] : [`+${create.metadata.name}`]),
    ...remove.map(({ metadata }) => `-${metadata.name}`),
    ...events.map(({ reason }) => reason),
  ].join(' ');
}

const due = `tick-${Math.floor(NOW / 60_000)}`;
const kept = ['s1 Complete 4', 's2 Complete 3', 's3 Complete 2', 's4 Complete 1'];
const since = (lastScheduleTime: string): CronJobStatus => ({ lastScheduleTime });
const named = (name: string): CronJobStatus => ({ active: [{ uid: name, name }] });
const running = named('a');

describe('the next step of a CronJob', () => {
  it.each<[string, CronJob, string[], string]>([
    ['starts what is due', cronJob(), [], `+${due}`],
    ['starts it once', cronJob({}, since('2026-11-21T10:00:00Z')), [], ''],
    [
      'takes up what it began before it died: its name is taken',
      cronJob(),
      [due],
      `+${due} UnexpectedJob`,
    ],
    ['starts it once, its status being ahead', cronJob({}, named(due)), [due], ''],
    [
      'leaves alone what somebody else made of it',
      cronJob({ suspend: true }),
      ['by-hand', 'ended Complete 1'],
      'UnexpectedJob',
    ],
    [
      'does not wait for what somebody else made of it',
      cronJob({ concurrencyPolicy: 'Forbid' }),
      ['by-hand'],
      `+${due} UnexpectedJob`,
    ],
    ['starts none while suspended', cronJob({ suspend: true }), [], ''],
    ['starts the last of those missed', cronJob({}, since('2026-11-21T09:30:00Z')), [], `+${due}`],
    [
      'tells of very many missed',
      cronJob({}, since('2026-11-19T10:00:00Z')),
      [],
      `+${due} TooManyMissedTimes`,
    ],
    [
      'starts none too late',
      cronJob(
        { startingDeadlineSeconds: 2, schedule: '0 10 * * *' },
        since('2026-11-20T10:00:00Z'),
      ),
      [],
      '',
    ],
    ['lets several run', cronJob({}, running), ['a'], `+${due}`],
    ['waits for one', cronJob({ concurrencyPolicy: 'Forbid' }, running), ['a'], 'JobAlreadyActive'],
    ['replaces one', cronJob({ concurrencyPolicy: 'Replace' }, running), ['a'], `+${due} -a`],
    [
      'keeps a history',
      cronJob({ suspend: true }),
      [...kept, 'f1 Failed 2', 'f2 Failed 1'],
      '-s1 -f1',
    ],
    ['sees the end', cronJob({ suspend: true }, running), ['a Complete 1'], 'SawCompletedJob'],
    ['misses one that is gone', cronJob({ suspend: true }, running), [], 'MissingJob'],
    ['needs a known zone', cronJob({ timeZone: 'Mars/Base' }), [], 'UnknownTimeZone'],
    ['needs a schedule', cronJob({ schedule: 'now' }), [], 'UnparseableSchedule'],
    ['needs a date that comes', cronJob({ schedule: '59 23 31 2 *' }), [], 'InvalidSchedule'],
  ])('%s', (_, ...[of, jobs, wanted]) => {
    expect(shown(of, jobs)).toBe(wanted);
  });

  it('is written down', () => {
    const { status, requeueAfterMs } = planCronJob({
      ...{ cronJob: cronJob({}, running), jobs: [job('a'), job('b Complete 2')], nowMs: NOW },
    });
    expect(status).toMatchObject({
      active: [{ name: 'a', uid: 'a' }],
      lastScheduleTime: '2026-11-21T10:00:00Z',
      lastSuccessfulTime: '2026-11-21T09:58:05Z',
    });
    expect(requeueAfterMs).toBe(55_100);
  });
});

it.each([
  [undefined, '2026-11-21T10:00:00Z'],
  ['Asia/Kolkata', '2026-11-21T15:30:00+05:30'],
  ['America/New_York', '2026-11-21T05:00:00-05:00'],
])('a Job tells in the time of its zone what it was scheduled for: %s', (timeZone, told) => {
  const of = cronJob(timeZone === undefined ? {} : { timeZone });
  const { create } = planCronJob({ cronJob: of, jobs: [], nowMs: NOW });
  const annotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
  expect(create?.metadata.annotations?.[annotation]).toBe(told);
});
