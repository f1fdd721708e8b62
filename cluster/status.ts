import { humanDuration } from '../api/duration.ts';
import type { Verdict } from './verdict.ts';

/** The table of `wherry status`, and below it a line for each part that is not well. */
export function statusTable(verdicts: readonly Verdict[], nowMs: number): string {
  const rows = verdicts.map(({ component, condition }) => {
    const { name, pid, address = '-', restarts, startedAt } = component;
    const uptime = condition === 'dead' ? '-' : humanDuration(nowMs - startedAt);
    return [name, condition, String(pid), uptime, address, String(restarts)];
  });
  const header = ['COMPONENT', 'STATE', 'PID', 'UPTIME', 'ADDRESS', 'RESTARTS'];
  const widths = header.map((_, i) => Math.max(...[header, ...rows].map((row) => row[i]!.length)));
  const lines = [header, ...rows].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]! + 3))
      .join('')
      .trimEnd(),
  );
  const troubles = verdicts.flatMap(({ says }) => (says === undefined ? [] : `! ${says}`));
  const below = troubles.length === 0 ? [] : ['', ...troubles];
  return [...lines, ...below].map((line) => `${line}\n`).join('');
}
