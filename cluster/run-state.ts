import { realPath } from '../platform/node/files/real-path.ts';
import type { KnownProcess } from '../platform/node/child-process.ts';
import type { Disk } from '../platform/files/disk.ts';
import { ClusterError } from './failure.ts';
import { clusterPaths, type ClusterPaths } from './paths.ts';

/** One component as `wherry status` shows it. */
export interface ComponentState {
  readonly name: string;
  readonly pid: number;
  /** Tells the process from a later one with its id, where that can be known. */
  readonly birth?: number | undefined;
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
  /** As of a component. */
  readonly birth?: number | undefined;
  readonly startedAt: number;
  /** The data directory as it was at the start. */
  readonly folder?: string | undefined;
  readonly server: string;
  readonly components: readonly ComponentState[];
}

/** Undefined if no cluster ran here, the last one stopped cleanly, or this is a copy of one. */
export async function readRunState(disk: Disk, paths: ClusterPaths): Promise<RunState | undefined> {
  const state = await parsed(disk, paths);
  const { folder } = state ?? {};
  if (folder === undefined || folder === (await realPath(paths.dataDir))) return state;
  // Moved, it is this one still; of two, the one in its place is meant.
  const original = await parsed(disk, clusterPaths(folder)).catch(() => undefined);
  const isCopy = original?.pid === state?.pid && original?.startedAt === state?.startedAt;
  return isCopy ? undefined : state;
}

async function parsed(disk: Disk, { runState }: ClusterPaths): Promise<RunState | undefined> {
  const bytes = await disk.read(runState);
  if (bytes === undefined) return undefined;
  try {
    const state = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<RunState> | null;
    if (isRunState(state)) return state;
    throw new Error('fields are missing');
  } catch (cause) {
    throw new ClusterError(`${runState} is damaged; remove it and start again`, { cause });
  }
}

function isRunState(state: Partial<RunState> | null): state is RunState {
  const { pid, server, components } = state ?? {};
  return typeof pid === 'number' && typeof server === 'string' && Array.isArray(components);
}

/** The state of a cluster that runs; rejects with a {@link ClusterError} if none does. */
export async function runningCluster(
  of: { readonly disk: Disk; readonly isAlive: (process: KnownProcess) => boolean },
  dataDir: string,
): Promise<RunState> {
  const state = await readRunState(of.disk, clusterPaths(dataDir));
  if (state !== undefined && of.isAlive(state)) return state;
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

/**
 * At the end of the cluster whose process that is. One that was started after the folder had been
 * removed under this one has a state of its own there, which stays.
 */
export async function clearRunState(disk: Disk, paths: ClusterPaths, pid: number): Promise<void> {
  const state = await readRunState(disk, paths).catch(() => undefined);
  if (state === undefined || state.pid === pid) await disk.remove(paths.runState);
}
