import { readdirSync, readFileSync } from 'node:fs';

/** What the process has used of the machine so far, and when it began (Unix seconds). */
export function processUsage(): {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  readonly startedAtSeconds: number;
  /** What runs it, for example "node v20.19.0". */
  readonly runtime: string;
  /** These are 0 where there is no /proc. */
  readonly virtualBytes: number;
  readonly openFiles: number;
  readonly maxOpenFiles: number;
} {
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
    startedAtSeconds: performance.timeOrigin / 1000,
    runtime: `node ${process.version}`,
    virtualBytes: fact('status', /^VmSize:\s+(\d+) kB/m) * 1024,
    openFiles: openFiles(),
    maxOpenFiles: fact('limits', /^Max open files\s+(\d+)/m),
  };
}

function fact(file: string, pattern: RegExp): number {
  try {
    return Number(pattern.exec(readFileSync(`/proc/self/${file}`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}
