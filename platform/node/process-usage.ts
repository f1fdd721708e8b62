import { readdirSync, readFileSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';

/** What the process has used of the machine so far, and when it began (Unix seconds). */
export function processUsage(): {
  readonly residentBytes: number;
  /** Of V8, in use. */
  readonly heapBytes: number;
  readonly commandLine: readonly string[];
  readonly cpuSeconds: number;
  readonly startedAtSeconds: number;
  /** What runs it, for example "node v20.19.0". */
  readonly runtime: string;
  /** These are 0 where there is no /proc. */
  readonly virtualBytes: number;
  readonly openFiles: number;
  readonly maxOpenFiles: number;
  /** Over the network; of all processes that share it, as Prometheus' libraries count. */
  readonly receivedBytes: number;
  readonly transmittedBytes: number;
} {
  const { user, system } = process.cpuUsage();
  const octets = networkOctets();
  return {
    residentBytes: process.memoryUsage.rss(),
    heapBytes: getHeapStatistics().used_heap_size,
    commandLine: process.argv,
    cpuSeconds: (user + system) / 1e6,
    startedAtSeconds: performance.timeOrigin / 1000,
    runtime: `node ${process.version}`,
    virtualBytes: fact('status', /^VmSize:\s+(\d+) kB/m) * 1024,
    openFiles: openFiles(),
    maxOpenFiles: fact('limits', /^Max open files\s+(\d+)/m),
    receivedBytes: octets.get('InOctets') ?? 0,
    transmittedBytes: octets.get('OutOctets') ?? 0,
  };
}

function fact(file: string, pattern: RegExp): number {
  try {
    return Number(pattern.exec(readFileSync(`/proc/self/${file}`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** The kernel's table: a line of names, a line of numbers. */
function networkOctets(): ReadonlyMap<string, number> {
  try {
    const lines = readFileSync('/proc/self/net/netstat', 'latin1').split('\n');
    const [names, values] = lines
      .filter((line) => line.startsWith('IpExt:'))
      .map((line) => line.split(' '));
    return new Map(names?.map((name, i) => [name, Number(values?.[i])]));
  } catch {
    return new Map();
  }
}

function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}
