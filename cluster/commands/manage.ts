/** `wherry status`, `restart` and `down`: what is done to a cluster that `wherry up` runs. */
import type { Clock } from '../../platform/clock.ts';
import { sleep } from '../../platform/clock.ts';
import type { Disk } from '../../platform/files/disk.ts';
import type { KnownProcess } from '../../platform/node/child-process.ts';
import type { DiskSpace } from '../../platform/node/files/disk-space.ts';
import { spaceFinding } from '../doctor/space.ts';
import { ClusterError } from '../failure.ts';
import { clusterPaths } from '../paths.ts';
import { type ComponentState, runningCluster, type RunState } from '../run-state.ts';
import { statusTable } from '../status.ts';

/** The operating system's processes, as far as these commands touch them. */
export interface Processes {
  readonly isAlive: (process: KnownProcess) => boolean;
  readonly isStopped: (pid: number) => boolean;
  /** False if there is no such process. */
  readonly signal: (pid: number, signal: 'SIGTERM' | 'SIGKILL') => boolean;
  /** Ends what killed node agents of that folder left running; tells how many processes. */
  readonly endLeftovers: (folder: string) => Promise<number>;
}

export interface ManageContext {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly processes: Processes;
  /** Of the disk that the folder is on. */
  readonly space: (folder: string) => Promise<DiskSpace>;
  out(text: string): void;
}

const POLL_MS = 50;
/** A component that was killed is started again at once; the rest is its own start. */
const RESTART_MS = 60_000;
const DOWN_MS = 30_000;

/** Exit code 0 if all of it answers and is ready. */
export async function status(context: ManageContext, dataDir: string): Promise<number> {
  const state = await running(context, dataDir);
  const [{ probeAll }, { adminConnections }] = await Promise.all([
    import('../probe.ts'),
    import('../admin-connection.ts'),
  ]);
  const connect = await adminConnections(clusterPaths(dataDir), { trusting: true });
  const { isAlive, isStopped } = context.processes;
  const { clock, disk } = context;
  const verdicts = await probeAll(state, { clock, disk, dataDir, isAlive, isStopped, connect });
  const mode = state.mode === 'embedded' ? 'all in one process' : 'a process each';
  context.out(`Cluster at ${state.server}, ${mode}, data in ${dataDir}\n\n`);
  context.out(statusTable(verdicts, context.clock.now()));
  if (verdicts.every(({ condition }) => condition === 'ready')) return 0;
  const space = spaceFinding(await context.space(dataDir), dataDir);
  if (space.verdict === 'failed') context.out(`! ${space.what}: ${space.says}\n`);
  return 1;
}

/** Kills a component hard and waits until its successor is ready. */
export async function restart(
  context: ManageContext,
  dataDir: string,
  name: string | undefined,
): Promise<number> {
  const state = await running(context, dataDir);
  if (state.mode === 'embedded') {
    throw new ClusterError(
      'this cluster runs in one process, whose parts cannot be restarted alone; ' +
        'start it with `wherry up --separate` for that',
    );
  }
  if (name === undefined) throw new ClusterError(`which component? There are ${namesOf(state)}`);
  const before = componentOf(state, name);
  context.processes.signal(before.pid, 'SIGKILL');
  const successor = await until(context, RESTART_MS, async () => {
    const now = componentOf(await running(context, dataDir), name);
    return now.pid !== before.pid && now.ready ? now : undefined;
  });
  if (successor === undefined) {
    throw new ClusterError(
      `${name} was killed but is not ready again after ${RESTART_MS / 1000} s; ` +
        `see ${clusterPaths(dataDir).logFile(name)}`,
    );
  }
  context.out(`${name} killed (pid ${before.pid}) and started again (pid ${successor.pid})\n`);
  return 0;
}

export async function down(context: ManageContext, dataDir: string): Promise<number> {
  const folder = clusterPaths(dataDir).nodes;
  const state = await running(context, dataDir).catch(async (error: unknown) => {
    const ended = await context.processes.endLeftovers(folder);
    if (ended === 0) throw error;
    context.out(`no cluster was running; ended ${ended} processes that its containers had left\n`);
    return undefined;
  });
  if (state === undefined) return 0;
  context.processes.signal(state.pid, 'SIGTERM');
  const gone = await until(context, DOWN_MS, () =>
    Promise.resolve(context.processes.isAlive(state) ? undefined : true),
  );
  if (gone === undefined) {
    throw new ClusterError(
      `the cluster (pid ${state.pid}) is still running after ${DOWN_MS / 1000} s; ` +
        `\`kill -9 ${state.pid}\` ends it, and nothing acknowledged is lost`,
    );
  }
  context.out('stopped\n');
  return 0;
}

export async function kubeconfig(context: ManageContext, dataDir: string): Promise<number> {
  const path = clusterPaths(dataDir).kubeconfig;
  const text = await context.disk.read(path);
  if (text === undefined) {
    throw new ClusterError(
      `there is no ${path}; start a cluster with \`wherry up\`, or name its data directory with ` +
        '--data-dir',
    );
  }
  context.out(Buffer.from(text).toString('utf8'));
  return 0;
}

const running = ({ disk, processes }: ManageContext, dataDir: string): Promise<RunState> =>
  runningCluster({ disk, isAlive: processes.isAlive }, dataDir);

function componentOf(state: RunState, name: string): ComponentState {
  const found = state.components.find((component) => component.name === name);
  if (found !== undefined) return found;
  throw new ClusterError(
    `there is no component ${JSON.stringify(name)}; there are ${namesOf(state)}`,
  );
}

const namesOf = ({ components }: RunState): string => components.map(({ name }) => name).join(', ');

/** Polls until `probe` yields something, or undefined after `timeoutMs`. */
async function until<T>(
  { clock }: ManageContext,
  timeoutMs: number,
  probe: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const deadline = clock.monotonic() + timeoutMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined || clock.monotonic() >= deadline) return found;
    await sleep(clock, POLL_MS);
  }
}
