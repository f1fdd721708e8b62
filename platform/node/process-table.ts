/** The machine's processes as Linux tells of them below /proc; elsewhere there are none to see. */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import type { ProcessId, ProcessUse } from '../processes.ts';

/** The fields of /proc/<pid>/stat after the name, which may hold anything; from the state on. */
export function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

export const START_FIELD = 19;

/** Further fields of it, as proc(5) counts them, less three. */
const PARENT_FIELD = 1;
const SESSION_FIELD = 3;
const CPU_FIELDS = [11, 12, 13, 14];
const PAGES_FIELD = 21;
/** Linux tells programs of CPU time in hundredths of a second, whatever it counts in itself. */
const TICKS_PER_SECOND = 100;

export function uses(): readonly ProcessUse[] {
  const bytesOfPage = pageBytes();
  return pids().flatMap((pid) => {
    const stat = statOf(pid);
    if (stat === undefined) return [];
    const field = (at: number): number => Number(stat[at]);
    const ticks = CPU_FIELDS.reduce((sum, at) => sum + field(at), 0);
    return [
      {
        id: { pid, startTime: stat[START_FIELD]! },
        parent: field(PARENT_FIELD),
        session: field(SESSION_FIELD),
        cpuSeconds: ticks / TICKS_PER_SECOND,
        memoryBytes: field(PAGES_FIELD) * bytesOfPage,
      },
    ];
  });
}

/** See proc(5), Pss of smaps_rollup. */
export function memoryShare({ pid, startTime }: ProcessId): number | undefined {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    const [, kib] = /^Pss:\s+(\d+) kB/m.exec(rollup) ?? [];
    // Else the number is another process's by now.
    const isSame = statOf(pid)?.[START_FIELD] === startTime;
    return kib === undefined || !isSame ? undefined : Number(kib) * 1024;
  } catch {
    return undefined;
  }
}

let knownPageBytes: number | undefined;

/** Of the machine: 4 KiB on most, up to 64 KiB on arm64. */
function pageBytes(): number {
  knownPageBytes ??= readPageBytes();
  return knownPageBytes;
}

const USUAL_PAGE_BYTES = 4096;

/** Told with each of a process's mappings; the first is enough. */
function readPageBytes(): number {
  try {
    const file = openSync('/proc/self/smaps', 'r');
    try {
      const start = Buffer.alloc(4096);
      const text = start.toString('latin1', 0, readSync(file, start));
      const [, kib] = /^KernelPageSize:\s+(\d+) kB/m.exec(text) ?? [];
      return kib === undefined ? USUAL_PAGE_BYTES : Number(kib) * 1024;
    } finally {
      closeSync(file);
    }
  } catch {
    return USUAL_PAGE_BYTES;
  }
}

export function identify(pid: number): ProcessId {
  return { pid, startTime: statOf(pid)?.[START_FIELD] ?? '' };
}

export function withVariable(name: string): readonly { id: ProcessId; value: string }[] {
  const wanted = `\0${name}=`;
  return pids().flatMap((pid) => {
    const environment = `\0${environmentOf(pid)}`;
    const at = environment.indexOf(wanted);
    if (at < 0 || pid === process.pid) return [];
    const from = at + wanted.length;
    const end = environment.indexOf('\0', from);
    const value = environment.slice(from, end < 0 ? undefined : end);
    return [{ id: identify(pid), value }];
  });
}

function pids(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

export function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return children === '' ? [] : children.split(' ').map(Number);
  } catch {
    return [];
  }
}

export function commandLineOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return undefined;
  }
}
