import type { JobSpec } from '../../../../api/types/batch-v1.ts';
import { podWarnings } from '../pod/warnings.ts';

const MANY_COMPLETIONS = 100_000;
const MANY_AT_ONCE = 10_000;

/** What is odd about a Job, or a template of Jobs, that is taken all the same. */
export function jobWarnings(spec: JobSpec, field: string): string[] {
  const { completionMode, completions = 0, parallelism = 0, template = {} } = spec;
  const tooMany =
    completionMode === 'Indexed' && completions > MANY_COMPLETIONS && parallelism > MANY_AT_ONCE;
  const said =
    'In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than ' +
    '10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail';
  return [...(tooMany ? [`${field}: ${said}`] : []), ...podWarnings(template, `${field}.template`)];
}
