import { CronScheduleError, parseCronSchedule } from '../../../../api/cron-schedule.ts';
import { type FieldError, invalid, notSupported, required } from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { cronJobs } from '../../../../api/resources.ts';
import type { CronJob, CronJobSpec, JobTemplateSpec } from '../../../../api/types/batch-v1.ts';
import type { ResourceDeclaration, TablePrinter } from '../../declaration.ts';
import {
  age,
  ageColumn,
  boolText,
  column,
  containerCells,
  formatSelector,
  nameColumn,
  NONE,
  since,
  wideColumn,
} from '../cells.ts';
import { nonNegative, oneOf } from '../checks.ts';
import { statusSubresource } from '../status-subresource.ts';
import { defaultJobTemplate } from './job.ts';
import { validateJobTemplateSpec } from './job-validation.ts';
import { isChanged } from '../workload/template-warnings.ts';
import { oddPodName } from '../pod/warnings.ts';
import { jobWarnings } from './job-warnings.ts';

/** A Job's name is that of its CronJob and eleven characters more. */
const MAX_NAME_LENGTH = 52;

function applyDefaults(cronJob: Mutable<CronJob>): void {
  const spec = (cronJob.spec ??= {} as Mutable<CronJobSpec>);
  spec.concurrencyPolicy ||= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  const template = (spec.jobTemplate ??= {});
  template.metadata ??= {};
  defaultJobTemplate((template.spec ??= {} as Mutable<NonNullable<JobTemplateSpec['spec']>>));
}

function validateSchedule({ schedule }: CronJobSpec): FieldError[] {
  const field = 'spec.schedule';
  if (!schedule) return [required(field)];
  const errors: FieldError[] = [];
  try {
    parseCronSchedule(schedule);
  } catch (error) {
    if (!(error instanceof CronScheduleError)) throw error;
    errors.push(invalid(field, schedule, error.message));
  }
  if (schedule.includes('TZ')) {
    const detail = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
    errors.push(invalid(field, schedule, detail));
  }
  return errors;
}

function isKnownZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}

/** One part of "America/Argentina/Ushuaia". */
const ZONE_PART = /^[A-Za-z.\-_0-9+]{1,14}$/;

function validateTimeZone(timeZone: string | undefined): FieldError[] {
  const field = 'spec.timeZone';
  if (timeZone === undefined) return [];
  const fail = (detail: string): FieldError[] => [invalid(field, timeZone, detail)];
  if (timeZone === '') return fail('timeZone must be nil or non-empty string');
  const odd = timeZone
    .split('/')
    .some((part) => part === '.' || part === '..' || part.startsWith('-') || !ZONE_PART.test(part));
  if (odd) return fail(`unknown time zone ${timeZone}`);
  if (timeZone.toLowerCase() === 'local') {
    return fail(
      'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
    );
  }
  return isKnownZone(timeZone) ? [] : fail(`unknown time zone ${timeZone}`);
}

/** Jobs made from it get a selector of their own. */
function validateTemplate({ spec }: JobTemplateSpec): FieldError[] {
  if (spec === undefined) return [];
  const field = 'spec.jobTemplate.spec';
  const errors = validateJobTemplateSpec(spec, field);
  if (spec.selector !== undefined) {
    errors.push(invalid(`${field}.selector`, spec.selector, '`selector` will be auto-generated'));
  }
  if (spec.manualSelector === true) {
    errors.push(notSupported(`${field}.manualSelector`, true, ['nil', 'false']));
  }
  return errors;
}

function validate({ metadata, spec }: CronJob): FieldError[] {
  const policies = { field: 'spec.concurrencyPolicy' };
  const errors = [
    ...validateSchedule(spec),
    ...nonNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'),
    ...validateTimeZone(spec.timeZone),
    ...oneOf(spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace'], policies),
    ...validateTemplate(spec.jobTemplate),
    ...nonNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit'),
    ...nonNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit'),
  ];
  const { name = '' } = metadata;
  if (name.length <= MAX_NAME_LENGTH) return errors;
  const detail = `must be no more than ${MAX_NAME_LENGTH} characters`;
  return [...errors, invalid('metadata.name', name, detail)];
}

const printer: TablePrinter<CronJob> = {
  columns: [
    nameColumn,
    column('Schedule'),
    column('Timezone'),
    column('Suspend', 'boolean'),
    column('Active', 'integer'),
    column('Last Schedule'),
    ageColumn,
    wideColumn('Containers'),
    wideColumn('Images'),
    wideColumn('Selector'),
  ],
  cells: (cronJob, nowMs) => {
    const { metadata, spec, status } = cronJob;
    const { template, selector } = spec.jobTemplate?.spec ?? {};
    return [
      metadata.name ?? '',
      spec.schedule,
      spec.timeZone ?? NONE,
      boolText(spec.suspend),
      status?.active?.length ?? 0,
      status?.lastScheduleTime ? since(status.lastScheduleTime, nowMs) : NONE,
      age(cronJob, nowMs),
      ...containerCells(template?.spec?.containers),
      formatSelector(selector),
    ];
  },
};

function warnings(object: CronJob, old?: CronJob): string[] {
  const { schedule = '', jobTemplate } = object.spec;
  const spec = jobTemplate?.spec;
  const jobs = spec === undefined ? [] : jobWarnings(spec, 'spec.jobTemplate.spec');
  if (old === undefined) return [...oddPodName(object.metadata.name), ...jobs];
  const zones = 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/';
  const said =
    'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, ' +
    `see ${zones} for more details`;
  return [...(isChanged(object, old) ? jobs : []), ...(schedule.includes('TZ') ? [said] : [])];
}

export const cronJob = {
  type: cronJobs,
  singular: 'cronjob',
  shortNames: ['cj'],
  categories: ['all'],
  hasStatus: true,
  hasGeneration: true,

  applyDefaults,
  prepareForCreate(object) {
    object.status = {};
  },
  validate,
  warnings,

  printer,
  subresources: [{ ...statusSubresource<CronJob>(), validateUpdate: () => [] }],
} satisfies ResourceDeclaration<CronJob>;
