/** `wherry logs`: what a component wrote, whether it is a process of its own or not. */
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { tailLines } from '../../platform/node/files/file-tail.ts';
import { consoleLine } from '../../platform/node/logger.ts';
import type { ProcessContext } from '../../platform/node/process.ts';
import { ClusterError } from '../failure.ts';
import { clusterPaths } from '../paths.ts';

export interface LogsFlags {
  readonly dataDir: string;
  readonly follow: boolean;
  readonly tail?: number;
  readonly output: 'console' | 'json';
}

/** Parts of a cluster in one process, as their lines name them. */
const embedded = ['store', 'apiserver', 'controllers', 'scheduler', 'kubelet'];

/** Without a component: the lines of all of a cluster in one process. */
export async function logs(
  context: ProcessContext,
  component: string | undefined,
  flags: LogsFlags,
): Promise<number> {
  const paths = clusterPaths(flags.dataDir);
  const names = await realDisk.list(`${flags.dataDir}/logs`);
  const own = component !== undefined && names.includes(`${component}.log`);
  const path = own ? paths.logFile(component) : paths.clusterLog;
  const separate = names.filter((name) => !/^(up|wherry)\.log/.test(name));
  if (!own && !names.includes('wherry.log')) {
    const known = separate.map((name) => name.replace(/\.log$/, '')).join(', ');
    throw new ClusterError(
      known === ''
        ? `no cluster has written logs in ${flags.dataDir}; name its data directory with --data-dir`
        : `name a component: ${known}`,
    );
  }
  if (!own && component !== undefined && !embedded.includes(component)) {
    throw new ClusterError(
      `there is no component ${JSON.stringify(component)}; there are ${embedded.join(', ')}`,
    );
  }
  const lines = tailLines(path, {
    follow: flags.follow,
    signal: context.terminated,
    clock: realClock,
    keep: (line) => own || component === undefined || componentOf(line) === component,
    ...(flags.tail === undefined ? {} : { lines: flags.tail }),
  });
  for await (const line of lines) {
    context.out(flags.output === 'json' ? `${line}\n` : readable(line));
  }
  return 0;
}

function componentOf(line: string): string | undefined {
  try {
    return (JSON.parse(line) as { component?: string }).component;
  } catch {
    return undefined;
  }
}

/** A line that is no JSON (a stack trace, Node.js' own words) is shown as it is. */
function readable(line: string): string {
  try {
    return consoleLine(line);
  } catch {
    return `${line}\n`;
  }
}
