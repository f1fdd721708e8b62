/** `wherry scheduler`: real effects for the scheduler. */
import type { Command } from 'commander';
import { connectionOf, loadKubeconfig } from '../client/kubeconfig-connection.ts';
import { componentKubeconfigs } from '../client/kubeconfig.ts';
import { createClient } from '../client/rest.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/disk.ts';
import { connectHttp } from '../platform/node/http-client.ts';
import type { Logger } from '../platform/logger.ts';
import { loadModule } from '../platform/node/load-module.ts';
import { createLogger } from '../platform/node/logger.ts';
import { type ProcessContext, whenAborted } from '../platform/node/process.ts';
import { realRandom } from '../platform/node/random.ts';
import { uuid } from '../platform/random.ts';
import { type SchedulerFlags, schedulerFlags } from './flags.ts';
import type { PluginFactory } from './registry.ts';
import { type LeaderElectOptions, type SchedulerOptions, startScheduler } from './scheduler.ts';

/** Only what was asked for is loaded: most schedulers run on defaults. */
async function configured(flags: SchedulerFlags, logger: Logger): Promise<Configured> {
  const { config, plugins } = flags;
  if (config === undefined) {
    if (plugins.length > 0) throw new Error('--plugins needs --config, which enables plugins');
    return { leaderElect: false, options: {} };
  }
  const { readConfiguration, ConfigurationError } = await import('./config/configuration.ts');
  const { buildProfiles } = await import('./config/profiles.ts');
  const { ownPlugins } = await import('./config/own-plugins.ts');
  const text = await realDisk.read(config);
  if (text === undefined) throw new ConfigurationError(`no file ${config}`);
  const read = readConfiguration(Buffer.from(text).toString('utf8'));
  const handle = { clock: realClock, random: realRandom, logger };
  const own = new Map<string, PluginFactory>();
  for (const file of plugins)
    for (const [name, make] of ownPlugins(file, await loadModule(file), handle))
      own.set(name, make);
  const { leaderElection: lease, profiles, percentageOfNodesToScore } = read;
  return {
    ...(read.kubeconfig === undefined ? {} : { kubeconfig: read.kubeconfig }),
    leaderElect: lease.leaderElect,
    lease: {
      lease: { namespace: lease.resourceNamespace, name: lease.resourceName },
      timing: { leaseMs: lease.leaseMs, renewMs: lease.renewMs, retryMs: lease.retryMs },
    },
    options: {
      percentageOfNodesToScore,
      backoff: { initialMs: read.initialBackoffMs, maxMs: read.maxBackoffMs },
      profiles: (parts) => buildProfiles(profiles, parts, own),
    },
  };
}

interface Configured {
  readonly kubeconfig?: string;
  readonly leaderElect: boolean;
  readonly lease?: Omit<LeaderElectOptions, 'identity'>;
  readonly options: Pick<
    SchedulerOptions,
    'percentageOfNodesToScore' | 'backoff' | 'profiles' | 'schedulerName'
  >;
}

async function run(
  flags: SchedulerFlags,
  context: ProcessContext,
  parts: Lifecycle,
): Promise<void> {
  const logger = createLogger({ level: flags.logLevel, name: 'scheduler' });
  const from = await configured(flags, logger);
  const named = flags.kubeconfig ?? from.kubeconfig;
  const paths = componentKubeconfigs(named, context.env['KUBECONFIG']);
  const config = await loadKubeconfig(realDisk, paths);
  const connection = connectHttp(await connectionOf(realDisk, config));
  await parts.start(() => ({ stop: () => connection.close() }));
  const client = createClient({
    handler: connection.handler,
    userAgent: 'wherry-scheduler',
    clock: realClock,
  });
  const lost = new AbortController();
  const identity = `wherry_${uuid(realRandom, 'leader election identity')}`;
  const leaderElect = flags.leaderElect ?? from.leaderElect;
  const { schedulerName, percentageOfNodesToScore } = flags;
  const running = await parts.start(() =>
    startScheduler({
      ...{ client, clock: realClock, random: realRandom, logger },
      ...from.options,
      ...(schedulerName === undefined ? {} : { schedulerName }),
      ...(percentageOfNodesToScore === undefined ? {} : { percentageOfNodesToScore }),
      ...(leaderElect ? { leaderElect: { identity, ...from.lease } } : {}),
      onLost: () => lost.abort(),
    }),
  );
  const stopped = Promise.race([whenAborted(context.terminated), whenAborted(lost.signal)]);
  // A candidate that waits for its turn is doing what it should: it is ready without leading.
  await (leaderElect ? undefined : Promise.race([running.ready(), stopped]));
  if (!context.terminated.aborted) context.notifyReady();
  await stopped;
  if (lost.signal.aborted) throw new Error('leader election lost');
}

/** Runs until the process is told to stop; rejects with one clear error if it cannot start. */
export function schedulerCommand(context: ProcessContext): Command {
  return schedulerFlags().action(async (flags: SchedulerFlags) => {
    const parts = new Lifecycle();
    try {
      await run(flags, context, parts);
    } finally {
      await parts.stop();
    }
  });
}
