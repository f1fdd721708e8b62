import { UsageError } from '../usage-error.ts';
import { metadataCommand } from './metadata-change.ts';

export const annotate = metadataCommand({
  what: 'annotation',
  field: 'annotations',
  manager: 'kubectl-annotate',
  refuse(taken) {
    const shown = taken.map(([key, value]) => `'${key}' already has a value (${value})`);
    return new UsageError(
      `--overwrite is false but found the following declared annotation(s): ${shown.join('; ')}`,
    );
  },
  operation: () => 'annotated',
});
