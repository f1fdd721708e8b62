/** What a CronJob is to do now, decided from what the caches show. */
import { CronScheduleError, parseCronSchedule } from '../../api/cron-schedule.ts';
import { deepEqual } from '../../api/deep.ts';
import { rounded } from '../../api/long-integer.ts';
import { type Draft, nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import { formatTime } from '../../api/time.ts';
import type { CronJob, CronJobStatus, Job } from '../../api/types/batch-v1.ts';
import type { EventText } from '../../client/event-recorder.ts';
import { controllerReference } from '../runtime/claim.ts';
import { timeOf } from '../runtime/pods.ts';
import { nextTime, type OffsetAt, offsetIn } from './next-time.ts';

const SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
const MANY_MISSED = 100;
/** Later than the time itself, so that it has surely come. */
const SLACK_MS = 100;

export interface CronJobState {
  readonly cronJob: CronJob;
  /** Those it owns. */
  readonly jobs: readonly Job[];
  readonly nowMs: number;
}

export interface CronJobPlan {
  readonly create?: Draft<Job>;
  readonly remove: readonly Job[];
  readonly status: CronJobStatus;
  readonly events: readonly EventText[];
  readonly requeueAfterMs?: number;
}

type Schedule = (afterMs: number) => number | undefined;

function endOf({ status }: Job): string | undefined {
  return status?.conditions?.find(
    (each) => each.status === 'True' && (each.type === 'Complete' || each.type === 'Failed'),
  )?.type;
}

export function planCronJob(state: CronJobState): CronJobPlan {
  const { cronJob, nowMs } = state;
  const base = observed(state);
  if (cronJob.metadata.deletionTimestamp !== undefined || cronJob.spec.suspend === true)
    return base;
  const schedule = scheduleOf(cronJob);
  if ('reason' in schedule) return { ...base, events: [...base.events, schedule] };
  const next = schedule.next(nowMs);
  if (next === undefined) return { ...base, events: [...base.events, neverComes(cronJob)] };
  const { due, missed } = dueTime(cronJob, schedule.next, nowMs);
  const events = [...base.events];
  if (missed > MANY_MISSED) events.push(tooMany);
  const idle = { ...base, requeueAfterMs: next - nowMs + SLACK_MS, events };
  if (due === undefined) return idle;
  const name = jobName(cronJob, due);
  const started = base.status.active?.some((active) => active.name === name);
  if (started || timeOf(cronJob.status?.lastScheduleTime) === due) return idle;
  return start({ state, idle, due, offsetMs: schedule.offsetAt(due) });
}

const jobName = (cronJob: CronJob, due: number): string =>
  `${nameOf(cronJob)}-${Math.floor(due / 60_000)}`;

/** Forbid waits for the one that runs; Replace ends it. */
function start(to: {
  readonly state: CronJobState;
  readonly idle: CronJobPlan;
  readonly due: number;
  /** Of the local time that the schedule is in. */
  readonly offsetMs: number;
}): CronJobPlan {
  const { idle, due, offsetMs } = to;
  const { cronJob, jobs } = to.state;
  const { active: listed, ...status } = idle.status;
  const active = jobs.filter((job) => listed?.some(({ uid }) => uid === uidOf(job)));
  const policy = cronJob.spec.concurrencyPolicy;
  if (policy === 'Forbid' && active.length > 0) {
    const message =
      'Not starting job because prior execution is running and concurrency policy is Forbid';
    const event: EventText = { type: 'Normal', reason: 'JobAlreadyActive', message };
    return { ...idle, events: [...idle.events, event] };
  }
  const replaced = policy === 'Replace' ? active : [];
  const create = newJob(cronJob, due, offsetMs);
  return {
    ...idle,
    create,
    remove: [...idle.remove, ...replaced],
    status: {
      ...status,
      ...(listed === undefined || policy === 'Replace' ? {} : { active: listed }),
      lastScheduleTime: formatTime(due),
    },
  };
}

/** The time is told as the CronJob's zone has it. */
function localTime(ms: number, offsetMs: number): string {
  if (offsetMs === 0) return formatTime(ms);
  const minutes = Math.abs(offsetMs) / 60_000;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const zone = `${offsetMs < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
  return formatTime(ms + offsetMs).replace('Z', zone);
}

function newJob(cronJob: CronJob, due: number, offsetMs: number): Draft<Job> {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  return {
    metadata: {
      namespace: namespaceOf(cronJob),
      name: jobName(cronJob, due),
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      annotations: { ...metadata?.annotations, [SCHEDULED_AT]: localTime(due, offsetMs) },
      ownerReferences: [controllerReference(cronJob)],
    },
    spec: spec ?? { template: {} },
  };
}

function scheduleOf({
  spec,
}: CronJob): { readonly next: Schedule; readonly offsetAt: OffsetAt } | EventText {
  let offsetAt: OffsetAt;
  try {
    offsetAt = offsetIn(spec.timeZone);
  } catch {
    const message = `invalid timeZone: ${JSON.stringify(spec.timeZone)}: unknown time zone`;
    return { type: 'Warning', reason: 'UnknownTimeZone', message };
  }
  try {
    const schedule = parseCronSchedule(spec.schedule);
    return { next: (afterMs) => nextTime(schedule, afterMs, offsetAt), offsetAt };
  } catch (error) {
    if (!(error instanceof CronScheduleError)) throw error;
    const message = `unparseable schedule: ${JSON.stringify(spec.schedule)} : ${error.message}`;
    return { type: 'Warning', reason: 'UnparseableSchedule', message };
  }
}

/** The latest time that has come since the last start, and how many have. */
function dueTime(cronJob: CronJob, next: Schedule, nowMs: number) {
  const { metadata, spec, status } = cronJob;
  const since = timeOf(status?.lastScheduleTime ?? metadata.creationTimestamp) ?? nowMs;
  const deadline = spec.startingDeadlineSeconds;
  const earliest =
    deadline === undefined ? since : Math.max(since, nowMs - rounded(deadline) * 1000);
  let due: number | undefined;
  let missed = 0;
  for (let at = next(earliest); at !== undefined && at <= nowMs; at = next(at)) {
    due = at;
    missed++;
    // What comes between need not be counted: it is searched for from near the end.
    if (missed > MANY_MISSED) return { due: latest(next, at, nowMs), missed };
  }
  return { due, missed };
}

/** The last time up to now, found by halving what is left. */
function latest(next: Schedule, knownMs: number, nowMs: number): number {
  let [low, high] = [knownMs, nowMs];
  while (high - low > 1000) {
    const middle = Math.floor((low + high) / 2);
    const at = next(middle);
    if (at !== undefined && at <= nowMs) low = at;
    else high = middle;
  }
  return low;
}

/** Of a date that no year has. Kubernetes notices it by the time between two that never come. */
const neverComes = ({ spec: { schedule } }: CronJob): EventText => ({
  type: 'Warning',
  reason: 'InvalidSchedule',
  message:
    `invalid schedule: ${schedule} : ` +
    'time difference between two schedules is less than 1 second',
});

const tooMany: EventText = {
  type: 'Warning',
  reason: 'TooManyMissedTimes',
  message:
    'too many missed start times. Set or decrease .spec.startingDeadlineSeconds ' +
    'or check clock skew',
};

/** The status as the Jobs are, and the history beyond its limits. */
function observed({ cronJob, jobs }: CronJobState): CronJobPlan {
  const { status = {}, spec } = cronJob;
  const events: EventText[] = [];
  const byUid = new Map(jobs.map((job) => [job.metadata.uid, job]));
  for (const { uid, name } of status.active ?? []) {
    const job = byUid.get(uid ?? '');
    const end = job && endOf(job);
    if (job !== undefined && end === undefined) continue;
    events.push(
      job === undefined
        ? { type: 'Normal', reason: 'MissingJob', message: `Active job went missing: ${name}` }
        : {
            type: 'Normal',
            reason: 'SawCompletedJob',
            message: `Saw completed job: ${name}, condition: ${end}`,
          },
    );
  }
  const active = (status.active ?? []).filter(({ uid }) => {
    const job = byUid.get(uid ?? '');
    return job !== undefined && endOf(job) === undefined;
  });
  for (const job of unexpected(cronJob, jobs)) {
    const message = `Saw a job that the controller did not create or forgot: ${nameOf(job)}`;
    events.push({ type: 'Warning', reason: 'UnexpectedJob', message });
  }
  const successes = jobs.filter((job) => endOf(job) === 'Complete');
  const failures = jobs.filter((job) => endOf(job) === 'Failed');
  const times = [status.lastSuccessfulTime, ...successes.map((job) => job.status?.completionTime)];
  const lastSuccessfulTime = times
    .filter((time) => time !== undefined)
    .sort()
    .at(-1);
  return {
    events,
    remove: [
      ...beyond(successes, spec.successfulJobsHistoryLimit ?? 3),
      ...beyond(failures, spec.failedJobsHistoryLimit ?? 1),
    ],
    status: {
      ...(active.length === 0 ? {} : { active }),
      ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }),
      ...(status.lastScheduleTime === undefined
        ? {}
        : { lastScheduleTime: status.lastScheduleTime }),
    },
  };
}

/** Those that run and that its status does not list: made by hand, or just before a crash. */
export function unexpected({ status }: CronJob, jobs: readonly Job[]): readonly Job[] {
  return jobs.filter(
    (job) =>
      endOf(job) === undefined && !status?.active?.some(({ uid }) => uid === job.metadata.uid),
  );
}

const startOf = ({ status, metadata }: Job): string =>
  status?.startTime ?? metadata.creationTimestamp ?? '';

function beyond(jobs: readonly Job[], limit: number): readonly Job[] {
  const oldestFirst = [...jobs].sort(
    (a, b) => startOf(a).localeCompare(startOf(b)) || nameOf(a).localeCompare(nameOf(b)),
  );
  return oldestFirst.slice(0, Math.max(0, jobs.length - limit));
}

export function referenceTo(job: Job) {
  const { apiVersion, kind, metadata } = job;
  const { resourceVersion } = metadata;
  return {
    apiVersion,
    kind,
    namespace: namespaceOf(job),
    name: nameOf(job),
    uid: uidOf(job),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

/** References carry a version that does not matter. */
export function sameStatus(a: CronJobStatus | undefined, b: CronJobStatus): boolean {
  const shown = ({ active = [], lastScheduleTime, lastSuccessfulTime }: CronJobStatus) => [
    active.map(({ uid }) => uid).sort(),
    lastScheduleTime ?? '',
    lastSuccessfulTime ?? '',
  ];
  return deepEqual(shown(a ?? {}), shown(b));
}
