import { type StatusError, statusError } from '../status.ts';
import type { ApplyConflict, Conflict } from './apply.ts';
import type { Manager } from './managers.ts';
import { printPath } from './path-element.ts';

/** 409, in the words that clients show and tools parse. */
export function conflictStatus({ conflicts }: ApplyConflict): StatusError {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${printManager(manager)}`,
    field: printPath(path),
  }));
  return statusError('Conflict', messageOf(conflicts), { causes });
}

function messageOf(conflicts: readonly Conflict[]): string {
  if (conflicts.length === 1) {
    const { manager, path } = conflicts[0]!;
    const where = `conflict with ${printManager(manager)}: ${printPath(path)}`;
    return `Apply failed with 1 conflict: ${where}`;
  }
  const lines: string[] = [];
  let last: Manager | undefined;
  for (const { manager, path } of conflicts) {
    if (manager !== last) lines.push(`conflicts with ${printManager(manager)}:`);
    last = manager;
    lines.push(`- ${printPath(path)}`);
  }
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

function printManager({ name, operation, apiVersion, subresource }: Manager): string {
  const through = subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`;
  const using = operation === 'Update' ? ` using ${apiVersion}` : '';
  return `${JSON.stringify(name)}${through}${using}`;
}
