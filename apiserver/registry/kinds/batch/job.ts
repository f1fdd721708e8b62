import { humanDuration } from '../../../../api/duration.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { jobs } from '../../../../api/resources.ts';
import { parseTime } from '../../../../api/time.ts';
import type { Job, JobSpec } from '../../../../api/types/batch-v1.ts';
import type { ResourceDeclaration, TablePrinter } from '../../declaration.ts';
import {
  age,
  ageColumn,
  column,
  containerCells,
  formatSelector,
  nameColumn,
  wideColumn,
} from '../cells.ts';
import { statusSubresource } from '../status-subresource.ts';
import { defaultTemplate } from '../workload/template.ts';
import { isTrue } from './conditions.ts';
import { generateSelector } from './job-selector.ts';
import { validateJobStatusUpdate } from './job-status.ts';
import { validateJob, validateJobUpdate } from './job-validation.ts';
import { isChanged } from '../workload/template-warnings.ts';
import { oddPodName } from '../pod/warnings.ts';
import { jobWarnings } from './job-warnings.ts';

const MAX_INT32 = 2 ** 31 - 1;

/** What a Job and the template of a CronJob have in common. */
export function defaultJobTemplate(spec: Mutable<JobSpec>): void {
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  }
  defaultTemplate(spec);
}

/** A Job without labels gets those of its pods: the same, so that they stay the same. */
function labelAsPods({ metadata, spec }: Mutable<Job>): void {
  const { labels } = spec.template.metadata ?? {};
  if (labels !== undefined && Object.keys(metadata.labels ?? {}).length === 0) {
    metadata.labels = labels;
  }
}

function applyDefaults(job: Mutable<Job>): void {
  const spec = (job.spec ??= {} as Mutable<JobSpec>);
  if (spec.parallelism === undefined) {
    spec.parallelism = 1;
    spec.completions ??= 1;
  }
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : MAX_INT32;
  defaultJobTemplate(spec);
  labelAsPods(job);
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  spec.podReplacementPolicy ??=
    spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  spec.manualSelector ??= false;
}

function completions({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function duration({ status }: Job, nowMs: number): string {
  const start = parseTime(status?.startTime ?? '');
  if (start === undefined) return '';
  return humanDuration((parseTime(status?.completionTime ?? '') ?? nowMs) - start);
}

function phase(job: Job): string {
  if (isTrue(job, 'Complete')) return 'Complete';
  if (isTrue(job, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const others = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'];
  return others.find((type) => isTrue(job, type)) ?? 'Running';
}

const printer: TablePrinter<Job> = {
  columns: [
    nameColumn,
    column('Status'),
    column('Completions'),
    column('Duration'),
    ageColumn,
    wideColumn('Containers'),
    wideColumn('Images'),
    wideColumn('Selector'),
  ],
  cells: (job, nowMs) => [
    job.metadata.name ?? '',
    phase(job),
    completions(job),
    duration(job, nowMs),
    age(job, nowMs),
    ...containerCells(job.spec.template?.spec?.containers),
    formatSelector(job.spec.selector),
  ],
};

export const job = {
  type: jobs,
  singular: 'job',
  categories: ['all'],
  hasStatus: true,
  hasGeneration: true,
  defaultPropagation: 'Orphan',
  deletionWarning:
    'child pods are preserved by default when jobs are deleted; set ' +
    'propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress ' +
    'this warning',

  applyDefaults,
  prepareForCreate(object) {
    object.status = {};
    const { metadata, spec } = object;
    const shared = metadata.labels === spec.template.metadata?.labels;
    if (spec.manualSelector !== true) generateSelector(object);
    if (shared) delete metadata.labels;
    labelAsPods(object);
  },
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  warnings(object, old) {
    if (old !== undefined && !isChanged(object, old)) return [];
    const naming = old === undefined ? oddPodName(object.metadata.name) : [];
    return [...naming, ...jobWarnings(object.spec, 'spec')];
  },

  selectableFields: {
    'status.successful': ({ status }) => String(status?.succeeded ?? 0),
  },
  printer,
  subresources: [{ ...statusSubresource<Job>(), validateUpdate: validateJobStatusUpdate }],
} satisfies ResourceDeclaration<Job>;
