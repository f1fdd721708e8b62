/** `wherry scheduler`: real effects for the scheduler. */
import type { Command } from 'commander';
import { componentKubeconfigs } from '../client/kubeconfig.ts';
import { untilReady } from '../client/serving/component-handler.ts';
import { connectComponent } from '../client/serving/connect.ts';
import { serveComponent } from '../client/serving/start.ts';
import { type Lifecycle, withLifecycle } from '../platform/lifecycle.ts';
import type { OutgoingHttp } from '../platform/net/outgoing-http.ts';
import { Metrics } from '../platform/metrics/metrics.ts';
import { realEffects } from '../platform/node/effects.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import type { Logger } from '../platform/logger.ts';
import { loadModule } from '../platform/node/load-module.ts';
import { createLogger } from '../platform/node/logger.ts';
import { type ProcessContext, whenAborted } from '../platform/node/process.ts';
import { realRandom } from '../platform/node/random.ts';
import { uuid } from '../platform/random.ts';
import { type SchedulerFlags, schedulerFlags } from './flags.ts';
import type { LoadedConfiguration } from './config/load.ts';
import { startScheduler } from './scheduler.ts';

type Configured = Pick<LoadedConfiguration, 'leaderElect' | 'kubeconfig'> & {
  readonly lease?: LoadedConfiguration['lease'];
  readonly options: Partial<LoadedConfiguration['options']>;
};

/** Only what was asked for is loaded: most schedulers run on defaults. */
async function configured(
  { config, plugins }: SchedulerFlags,
  logger: Logger,
  parts: Lifecycle,
): Promise<Configured> {
  if (config === undefined) {
    if (plugins.length > 0) throw new Error('--plugins needs --config, which enables plugins');
    return { leaderElect: false, options: {} };
  }
  const { loadConfiguration } = await import('./config/load.ts');
  return loadConfiguration(config, plugins, {
    ...realEffects(logger),
    disk: realDisk,
    loadModule,
    timeLimit: async () => (await import('../platform/node/time-limit.ts')).realTimeLimit(),
    http: () => outgoing(parts),
  });
}

async function outgoing(parts: Lifecycle): Promise<OutgoingHttp> {
  const { outgoingHttp } = await import('../platform/node/net/outgoing-http.ts');
  const http = outgoingHttp();
  await parts.start(() => ({ stop: () => http.close() }));
  return http;
}

async function run(
  flags: SchedulerFlags,
  context: ProcessContext,
  parts: Lifecycle,
): Promise<void> {
  const logger = createLogger({ level: flags.logLevel, name: 'scheduler' });
  const from = await configured(flags, logger, parts);
  const named = flags.kubeconfig ?? from.kubeconfig;
  const paths = componentKubeconfigs(named, context.env['KUBECONFIG']);
  const metrics = new Metrics();
  const identified = { userAgent: 'kube-scheduler/wherry', metrics };
  const { client } = await connectComponent(paths, identified, parts);
  const lost = new AbortController();
  const identity = `wherry_${uuid(realRandom, 'leader election identity')}`;
  const leaderElect = flags.leaderElect ?? from.leaderElect;
  const { schedulerName, percentageOfNodesToScore } = flags;
  let ready = leaderElect;
  const serving = await parts.start(() =>
    serveComponent(flags, { metrics, client, logger, readyz: [untilReady(() => ready)] }),
  );
  const running = await parts.start(() =>
    startScheduler({
      ...realEffects(logger),
      client,
      metrics,
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
  ready = true;
  if (!context.terminated.aborted) context.notifyReady(serving.url);
  await stopped;
  if (lost.signal.aborted) throw new Error('leader election lost');
}

/** Runs until the process is told to stop; rejects with one clear error if it cannot start. */
export function schedulerCommand(context: ProcessContext): Command {
  return schedulerFlags().action((flags: SchedulerFlags) =>
    withLifecycle((parts) => run(flags, context, parts)),
  );
}
