import type { Place } from '../place.ts';
import { type Scenario, template } from '../scenario.ts';

const forEver = template('work', { spec: 'restartPolicy: Never' });
const ending = template('work', {
  annotations: { 'wherry.io/run-seconds': '0' },
  spec: 'restartPolicy: Never',
});

const cronJob = (more: string, pods = ending): string => `
apiVersion: batch/v1
kind: CronJob
metadata: { name: tick }
spec:
  schedule: "* * * * *"
  ${more}
  jobTemplate:
    spec:
      ${pods.trim().replaceAll('\n', '\n    ')}`;

/** At the turn of the year, so that both managers find the same time missed. */
const yearly = (more: string, pods = forEver): string =>
  cronJob(more, pods).replace('* * * * *', '0 0 1 1 *');

/** One that slept since some years, then woke up. */
async function wakeUp(at: Place, manifest: string, years: number): Promise<void> {
  await at.create(manifest);
  const lastScheduleTime = `${new Date().getUTCFullYear() - years}-01-01T00:00:00Z`;
  await at.merge('CronJob/status', 'tick', { status: { lastScheduleTime } });
  await at.merge('CronJob', 'tick', { spec: { suspend: false } });
}

/**
 * One whose job of New Year runs for ever, and whose next time is over, too: the last of December,
 * which the day before New Year cannot be, so that it is another job whatever today is.
 */
async function missAnother(at: Place, concurrencyPolicy: string): Promise<void> {
  await wakeUp(at, yearly(`suspend: true\n  concurrencyPolicy: ${concurrencyPolicy}`), 1);
  await at.untilAll('Job', ([job]) => job?.status?.ready === 1);
  await at.until('CronJob', 'tick', ({ status }) => status?.active !== undefined);
  await at.merge('CronJob', 'tick', { spec: { schedule: '0 0 31 12 *' } });
  const lastScheduleTime = `${new Date().getUTCFullYear() - 2}-01-01T00:00:00Z`;
  await at.merge('CronJob/status', 'tick', { status: { lastScheduleTime } });
}

export const cronJobScenarios: readonly Scenario[] = [
  {
    name: 'cron job that missed a time',
    async run(at) {
      await wakeUp(at, yearly('suspend: true'), 1);
      await at.until('CronJob', 'tick', ({ status }) => status?.active !== undefined);
      await at.untilAll('Job', ([job]) => job?.status?.ready === 1);
    },
  },
  {
    name: 'cron job that missed some, in a time zone',
    async run(at) {
      await wakeUp(at, yearly('suspend: true\n  timeZone: Asia/Tokyo'), 5);
      await at.untilAll('Job', ([job]) => job?.status?.ready === 1);
    },
  },
  {
    name: 'cron job that is too late to start',
    async run(at) {
      await wakeUp(at, yearly('suspend: true\n  startingDeadlineSeconds: 100'), 3);
      await new Promise((resolve) => setTimeout(resolve, 3000));
    },
  },
  {
    name: 'cron job that missed more than it can count',
    async run(at) {
      const daily = yearly('suspend: true').replace('0 0 1 1 *', '0 0 1 * *');
      await wakeUp(at, daily, 20);
      await at.untilEvent('TooManyMissedTimes');
      await at.untilAll('Job', ([job]) => job?.status?.ready === 1);
    },
  },
  {
    name: 'cron job that is late, but not too late',
    async run(at) {
      await wakeUp(at, yearly(`suspend: true\n  startingDeadlineSeconds: ${86_400 * 500}`), 3);
      await at.untilAll('Job', ([job]) => job?.status?.ready === 1);
    },
  },
  {
    name: 'cron job that waits for the one that runs',
    async run(at) {
      await missAnother(at, 'Forbid');
      await at.untilEvent('JobAlreadyActive');
    },
  },
  {
    name: 'cron job that replaces the one that runs',
    async run(at) {
      await missAnother(at, 'Replace');
      await at.untilEvent('SuccessfulDelete');
      await at.untilAll('Job', (jobs) => jobs.length === 1 && jobs[0]!.status?.ready === 1);
      await at.untilAll('Pod', (pods) => pods.length === 1);
    },
  },
  {
    name: 'cron job that runs beside the one that runs',
    async run(at) {
      await missAnother(at, 'Allow');
      await at.untilAll(
        'Job',
        (jobs) => jobs.filter((job) => job.status?.ready === 1).length === 2,
      );
    },
  },
  {
    name: 'cron job that is deleted while its job runs',
    async run(at) {
      await wakeUp(at, yearly('suspend: true'), 1);
      await at.untilAll('Job', ([job]) => job?.status?.ready === 1);
      await at.delete('CronJob', 'tick', { propagationPolicy: 'Background' });
      await at.untilAll('Job', (jobs) => jobs.length === 0);
      await at.untilAll('Pod', (pods) => pods.length === 0);
    },
  },
  {
    name: 'cron job that is suspended',
    async run(at) {
      await at.create(cronJob('suspend: true'));
    },
  },
  {
    name: 'cron job of which somebody else made a job',
    async run(at) {
      await at.create(cronJob('suspend: true'));
      const { metadata } = await at.get('CronJob', 'tick');
      await at.create(`
apiVersion: batch/v1
kind: Job
metadata:
  name: by-hand
  annotations: { cronjob.kubernetes.io/instantiate: manual }
  ownerReferences:
    - { apiVersion: batch/v1, kind: CronJob, name: tick, uid: ${metadata.uid}, controller: true }
spec:
  ${forEver.trim()}`);
      await at.untilEvent('UnexpectedJob');
      await at.until('Job', 'by-hand', ({ status }) => status?.ready === 1);
    },
  },
  {
    name: 'cron job with a time zone nobody knows, refused by the server',
    async run(at) {
      await at.create(cronJob('timeZone: Etc/Nowhere')).catch(() => {});
    },
  },
  {
    name: 'cron job that starts a job',
    async run(at) {
      await at.create(cronJob('successfulJobsHistoryLimit: 1'));
      await at.untilEvent('SawCompletedJob');
      await at.merge('CronJob', 'tick', { spec: { suspend: true } });
      await at.until('CronJob', 'tick', ({ status }) => status?.active === undefined);
    },
  },
];
