import type { Disk } from '../platform/files/disk.ts';
import { ClusterError } from './failure.ts';
import { clusterPaths, type ClusterPaths } from './paths.ts';

/** One component as `wherry status` shows it. */
export interface ComponentState {
  readonly name: string;
  readonly pid: number;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  /** Starts after the first. */
  readonly restarts: number;
  readonly ready: boolean;
  /** How the process before it ended: "SIGKILL", "exit code 1". */
  readonly ended?: string;
  /** Where it listens, if it does. */
  readonly address?: string;
}

/** What a running `wherry up` says of itself, in `<data-dir>/run.json`. */
export interface RunState {
  readonly mode: 'embedded' | 'separate';
  /** The process of `wherry up`: the supervisor, or everything. */
  readonly pid: number;
  readonly startedAt: number;
  readonly server: string;
  readonly components: readonly ComponentState[];
}

/** Undefined if no cluster ran here, or the last one stopped cleanly. */
export async function readRunState(disk: Disk, paths: ClusterPaths): Promise<RunState | undefined> {
  const bytes = await disk.read(paths.runState);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as RunState;
  } catch (error) {
    throw new Error(`${paths.runState} is damaged; remove it and start again`, { cause: error });
  }
}

/** The state of a cluster that runs; rejects with a {@link ClusterError} if none does. */
export async function runningCluster(
  of: { readonly disk: Disk; readonly isAlive: (pid: number) => boolean },
  dataDir: string,
): Promise<RunState> {
  const state = await readRunState(of.disk, clusterPaths(dataDir));
  if (state !== undefined && of.isAlive(state.pid)) return state;
  throw new ClusterError(
    `no cluster is running with its data in ${dataDir}; start one with \`wherry up\`, ` +
      'or name its data directory with --data-dir',
  );
}

export async function writeRunState(
  disk: Disk,
  paths: ClusterPaths,
  state: RunState,
): Promise<void> {
  const text = `${JSON.stringify(state, null, 2)}\n`;
  await disk.write(paths.runState, text, { durable: false });
}

export async function clearRunState(disk: Disk, paths: ClusterPaths): Promise<void> {
  await disk.remove(paths.runState);
}
