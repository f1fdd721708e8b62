import { humanDuration } from '../api/duration.ts';
import type { RunState } from './run-state.ts';

/** The table of `wherry status`. `isAlive` tells whether a process still exists. */
export function statusTable(
  state: RunState,
  { nowMs, isAlive }: { readonly nowMs: number; readonly isAlive: (pid: number) => boolean },
): string {
  const rows = state.components.map((component) => {
    const alive = isAlive(component.pid);
    const condition = !alive ? 'dead' : component.ready ? 'ready' : 'starting';
    const uptime = alive ? humanDuration(nowMs - component.startedAt) : '-';
    const address = component.address ?? '-';
    return [
      component.name,
      condition,
      String(component.pid),
      uptime,
      address,
      String(component.restarts),
    ];
  });
  const header = ['COMPONENT', 'STATE', 'PID', 'UPTIME', 'ADDRESS', 'RESTARTS'];
  const widths = header.map((_, i) => Math.max(...[header, ...rows].map((row) => row[i]!.length)));
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]! + 3))
        .join('')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
