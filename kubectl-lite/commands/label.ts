import { UsageError } from '../usage-error.ts';
import { metadataCommand } from './metadata-change.ts';

export const label = metadataCommand({
  what: 'label',
  field: 'labels',
  manager: 'kubectl-label',
  refuse(taken) {
    const [[key, value]] = taken as [readonly [string, string]];
    return new UsageError(`'${key}' already has a value (${value}), and --overwrite is false`);
  },
  // kubectl tells by the size of the object whether something was taken away.
  operation(before, after, overwrite) {
    const [old, now] = [JSON.stringify(before), JSON.stringify(after)];
    if (old === now) return 'not labeled';
    return !overwrite && now.length < old.length ? 'unlabeled' : 'labeled';
  },
});
