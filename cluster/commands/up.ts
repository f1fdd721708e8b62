/** `wherry up`: runs a cluster in the foreground until it is told to stop. */
import { birthOf, isAlive, startDetached } from '../../platform/node/child-process.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { realPath } from '../../platform/node/files/real-path.ts';
import { needPorts } from '../../platform/node/net/free-ports.ts';
import { createLogger } from '../../platform/node/logger.ts';
import { type ProcessContext, whenAborted } from '../../platform/node/process.ts';
import { traceScope } from '../../platform/node/trace-scope.ts';
import { sleep, type Timer } from '../../platform/clock.ts';
import type { Running } from '../../platform/lifecycle.ts';
import { ClusterError } from '../failure.ts';
import { type ClusterOptions, HOST, nodeNames } from '../options.ts';
import { clusterPaths } from '../paths.ts';
import { EXAMPLE, hints, stopHint } from '../hints.ts';
import { peerPorts, portsOf } from '../ports.ts';
import {
  clearRunState,
  type ComponentState,
  readRunState,
  type RunState,
  writeRunState,
} from '../run-state.ts';
import { openTopology, type StoreMember } from '../topology.ts';
import type { UpFlags } from '../up-flags.ts';
import { VERSION } from '../version.ts';

/** How long a process that was just killed may take to be gone. */
const DYING_MS = 300;
/** How long the components of a killed cluster may take to notice and end. */
const ORPHANS_MS = 15_000;
/** When what could not be written is tried again. */
const REWRITE_MS = 1_000;
/** How long a cluster in the background may take to start. */
const DETACHED_READY_MS = 60_000;

/** `given` tells of a flag whether the user said it, by itself or as a variable. */
export async function up(
  context: ProcessContext,
  said: UpFlags,
  given: (flag: string) => boolean,
): Promise<number> {
  const flags = await withConfigFile(said, given);
  await refuseSecond(flags.dataDir);
  const members = await membersOf(flags);
  if (flags.detach) return detach(context, flags.dataDir);
  const processes =
    flags.separate || flags.apiservers > 1 || members.length > 1 || flags.extraArgs !== undefined;
  return foreground(context, { ...flags, separate: processes, members });
}

interface Settled extends UpFlags {
  readonly members: readonly StoreMember[];
}

async function foreground(context: ProcessContext, flags: Settled): Promise<number> {
  const startedAt = realClock.now();
  const begun = realClock.monotonic();
  const paths = clusterPaths(flags.dataDir);
  const announced: ComponentState[] = [];
  const stopping = whenAborted(context.terminated).then(() => context.out('Stopping …\n'));
  const announce = (component: string, address?: string): void => {
    if (context.terminated.aborted) return;
    const ms = Math.round(realClock.monotonic() - begun);
    context.out(`  ${component.padEnd(12)} ready  ${(address ?? '').padEnd(26)} ${ms} ms\n`);
    const where = address === undefined ? {} : { address };
    const { pid } = context;
    announced.push({ name: component, pid, startedAt, restarts: 0, ready: true, ...where });
  };
  const starter = flags.separate ? startProcesses : startInProcess;
  const cluster = await starter(context, flags, announce).catch((error: unknown) => {
    // Ctrl-C in a terminal ends the components of a start, too.
    if (!context.terminated.aborted) throw error;
    return undefined;
  });
  try {
    if (cluster !== undefined && !context.terminated.aborted) {
      const { server } = cluster;
      if (!flags.separate) {
        const { pid } = context;
        const mode = 'embedded';
        await publish(flags.dataDir, { mode, pid, startedAt, server, components: announced });
      }
      const seconds = ((realClock.monotonic() - begun) / 1000).toFixed(2);
      if (flags.runtime === 'process') context.out(NOT_ISOLATED);
      context.out(
        `\nReady in ${seconds} s: ${server}\n${await shown(paths.kubeconfig, 'in another terminal')}Stop with Ctrl-C.\n`,
      );
      await Promise.race([stopping, cluster.failed]);
    }
  } finally {
    await cluster?.stop();
    await clearRunState(realDisk, paths, context.pid);
  }
  context.out('Stopped.\n');
  return 0;
}

async function withConfigFile(said: UpFlags, given: (flag: string) => boolean): Promise<UpFlags> {
  if (said.config === undefined) return said;
  const { readConfigFile } = await import('../config-file.ts');
  const file = Object.entries(await readConfigFile(realDisk, said.config));
  return { ...said, ...Object.fromEntries(file.filter(([name]) => !given(name))) };
}

async function membersOf(flags: UpFlags): Promise<readonly StoreMember[]> {
  const { storePort, storeMembers, etcdServers } = flags;
  const record = await openTopology(realDisk, clusterPaths(flags.dataDir), {
    ...(storeMembers === undefined ? {} : { storeMembers }),
    ...(etcdServers === undefined ? {} : { etcdServers }),
    peerPorts: (count) => peerPorts(storePort, count),
    startedBy: VERSION,
  });
  return record.storeMembers;
}

/** Starts this same command line in the background and waits until it is ready; Ctrl-C ends it. */
async function detach(context: ProcessContext, dataDir: string): Promise<number> {
  const paths = clusterPaths(dataDir);
  const args = context.argv.filter((arg) => arg !== '-d' && arg !== '--detach');
  const logFile = paths.logFile('up');
  const child = startDetached(context.script, args, { logFile });
  const deadline = realClock.monotonic() + DETACHED_READY_MS;
  for (;;) {
    const state = await readRunState(realDisk, paths);
    if (state !== undefined && state.pid === child.pid && state.server !== '') {
      context.out(`Ready: ${state.server} (pid ${state.pid})\n${await shown(paths.kubeconfig)}`);
      context.out(stopHint(dataDir));
      return 0;
    }
    const ended = child.exit();
    if (context.terminated.aborted) {
      child.kill('SIGTERM');
      throw new ClusterError('stopped before the cluster was ready');
    }
    if (ended === undefined && realClock.monotonic() < deadline) {
      await sleep(realClock, 20);
      continue;
    }
    const said = Buffer.from((await realDisk.read(logFile)) ?? []).toString('utf8');
    const last = said.trimEnd().split('\n').at(-1) ?? '';
    if (ended === undefined) child.kill('SIGTERM');
    const why = ended === undefined ? `not ready after ${DETACHED_READY_MS / 1000} s` : last;
    throw new ClusterError(`${why.replace(/^error: /, '')} (see ${logFile})`);
  }
}

interface UpCluster extends Running {
  readonly server: string;
  /** Rejects when the cluster cannot go on. */
  readonly failed: Promise<never>;
}

type Starter = (
  context: ProcessContext,
  flags: Settled,
  announce: (component: string, address?: string) => void,
) => Promise<UpCluster>;

const startInProcess: Starter = async (context, flags, announce) => {
  const { startEmbedded } = await import('../embedded/start.ts');
  const logger = createLogger({
    level: flags.logLevel,
    name: 'wherry',
    file: clusterPaths(flags.dataDir).clusterLog,
  });
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<never>((_resolve, reject) => (fail = reject));
  failed.catch(() => {});
  let started = false;
  void whenAborted(context.terminated).then(() => {
    // A start cannot be broken off, and may wait for an etcd that is silent.
    if (!started) context.endSoon?.(new ClusterError('was stopped before it was ready'));
  });
  const cluster = await startEmbedded({
    ...clusterOptions(flags),
    env: context.env,
    logger,
    announce,
    trace: traceScope({ every: flags.logLevel === 'debug' }),
    onFailure: (error) => {
      context.endSoon?.(error);
      fail(error);
    },
  }).catch(explain(flags));
  started = true;
  return { server: cluster.server, failed, stop: () => cluster.stop() };
};

const startProcesses: Starter = async (context, flags, announce) => {
  // A component that cannot listen says so only once it has started, some seconds later.
  await needPorts(HOST, portsOf(flags)).catch(explain(flags));
  const { startSeparate } = await import('../separate.ts');
  const startedAt = realClock.now();
  let server = '';
  const logger = createLogger({ level: flags.logLevel, name: 'wherry' });
  let writing = Promise.resolve();
  let again: Timer | undefined;
  let latest: readonly ComponentState[] = [];
  // A full disk ends components, not who starts them again once there is space.
  const write = (): void => {
    again?.cancel();
    const state = { mode: 'separate', pid: context.pid, startedAt, server } as const;
    writing = writing
      .then(() => publish(flags.dataDir, { ...state, components: latest }))
      .catch((error: unknown) => {
        logger.warn({ error }, 'cannot write what `wherry status` reads; trying again');
        again = realClock.after(REWRITE_MS, write);
      });
  };
  const cluster = await startSeparate({
    ...clusterOptions(flags),
    logger,
    announce,
    terminated: context.terminated,
    script: context.script,
    storeMembers: flags.members,
    apiservers: flags.apiservers,
    ...(flags.extraArgs === undefined ? {} : { extraArgs: flags.extraArgs }),
    onChange(components) {
      latest = components;
      write();
    },
  }).catch(async (error: Error) => {
    await writing;
    await clearRunState(realDisk, clusterPaths(flags.dataDir), context.pid);
    return explain(flags)(error);
  });
  server = cluster.server;
  write();
  await writing;
  const stop = async (): Promise<void> => {
    await cluster.stop();
    await writing;
    again?.cancel();
  };
  return { server, failed: new Promise<never>(() => {}), stop };
};

function clusterOptions(flags: UpFlags): ClusterOptions {
  return {
    dataDir: flags.dataDir,
    port: flags.port,
    storePort: flags.storePort,
    nodes: nodeNames(flags.nodes),
    controlPlaneNode: flags.controlPlaneNode,
    runtime: flags.runtime,
    stages: flags.stages,
    without: flags.without,
    ...(flags.etcdServers === undefined ? {} : { etcdServers: flags.etcdServers }),
    ...schedulerOptions(flags),
  };
}

function schedulerOptions({ schedulerConfig, schedulerPlugins }: UpFlags) {
  if (schedulerConfig === undefined && schedulerPlugins !== undefined)
    throw new ClusterError('--scheduler-plugins needs --scheduler-config, which enables plugins');
  return {
    ...(schedulerConfig === undefined ? {} : { schedulerConfig }),
    ...(schedulerPlugins === undefined ? {} : { schedulerPlugins }),
  };
}

async function publish(dataDir: string, state: RunState): Promise<void> {
  const born = <P extends { readonly pid: number }>(part: P): P & { birth?: number } => {
    const birth = birthOf(part.pid);
    return birth === undefined ? part : { ...part, birth };
  };
  const components = state.components.map(born);
  const folder = await realPath(dataDir);
  await writeRunState(realDisk, clusterPaths(dataDir), born({ ...state, folder, components }));
}

/** One cluster per data directory; what is left of a killed one has to be gone first. */
async function refuseSecond(dataDir: string): Promise<void> {
  const state = await readRunState(realDisk, clusterPaths(dataDir));
  if (state === undefined) return;
  const patience = realClock.monotonic() + DYING_MS;
  while (isAlive(state)) {
    if (realClock.monotonic() < patience) {
      await sleep(realClock, 20);
      continue;
    }
    throw new ClusterError(
      `a cluster with its data in ${dataDir} is running already (pid ${state.pid}, ` +
        `${state.server}); use it, stop it with \`wherry down\`, or choose another --data-dir`,
    );
  }
  const deadline = realClock.monotonic() + ORPHANS_MS;
  while (state.components.some(isAlive)) {
    if (realClock.monotonic() > deadline) {
      const pids = state.components.filter(isAlive).map((c) => `${c.name} ${c.pid}`);
      throw new ClusterError(
        `components of a killed cluster are still running: ${pids.join(', ')}`,
      );
    }
    await sleep(realClock, 50);
  }
}

/** A port that is taken, with the flag that chooses another; the rest speaks for itself. */
function explain(flags: Settled): (error: Error) => never {
  return (error) => {
    const port = /EADDRINUSE.*:(\d+)/.exec(error.message)?.[1];
    if (port === undefined) throw error;
    const ofStore =
      flags.storePort > 0 &&
      Number(port) >= flags.storePort &&
      Number(port) < flags.storePort + 2 * flags.members.length;
    const flag = ofStore ? '--store-port' : '--port';
    throw new ClusterError(`port ${port} is in use; choose another with ${flag} (0: any free one)`);
  };
}

const NOT_ISOLATED =
  '\nContainers are processes of this machine, with your rights: whoever may create pods may run ' +
  'programs here.\n';

const shown = async (kubeconfig: string, where?: string): Promise<string> =>
  hints({ kubeconfig, where, example: (await realDisk.read(EXAMPLE)) !== undefined });
