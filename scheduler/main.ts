/** `wherry scheduler`: real effects for the scheduler. */
import type { Command } from 'commander';
import { connectionOf, loadKubeconfig } from '../client/kubeconfig-connection.ts';
import { KubeconfigError } from '../client/kubeconfig.ts';
import { createClient } from '../client/rest.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/disk.ts';
import { connectHttp } from '../platform/node/http-client.ts';
import { createLogger } from '../platform/node/logger.ts';
import { type ProcessContext, whenAborted } from '../platform/node/process.ts';
import { realRandom } from '../platform/node/random.ts';
import { uuid } from '../platform/random.ts';
import { type SchedulerFlags, schedulerFlags } from './flags.ts';
import { startScheduler } from './scheduler.ts';

function kubeconfigPaths(flags: SchedulerFlags, context: ProcessContext): readonly string[] {
  if (flags.kubeconfig !== undefined) return [flags.kubeconfig];
  const named = (context.env['KUBECONFIG'] ?? '').split(':').filter((path) => path !== '');
  if (named.length > 0) return named;
  throw new KubeconfigError('no kubeconfig: give --kubeconfig or set KUBECONFIG');
}

async function run(
  flags: SchedulerFlags,
  context: ProcessContext,
  parts: Lifecycle,
): Promise<void> {
  const logger = createLogger({ level: flags.logLevel, name: 'scheduler' });
  const config = await loadKubeconfig(realDisk, kubeconfigPaths(flags, context));
  const connection = connectHttp(await connectionOf(realDisk, config));
  await parts.start(() => ({ stop: () => connection.close() }));
  const client = createClient({
    handler: connection.handler,
    userAgent: 'wherry-scheduler',
    clock: realClock,
  });
  const lost = new AbortController();
  const identity = `wherry_${uuid(realRandom, 'leader election identity')}`;
  const running = await parts.start(() =>
    startScheduler({
      ...{ client, clock: realClock, random: realRandom, logger },
      schedulerName: flags.schedulerName,
      percentageOfNodesToScore: flags.percentageOfNodesToScore,
      ...(flags.leaderElect ? { leaderElect: { identity } } : {}),
      onLost: () => lost.abort(),
    }),
  );
  const stopped = Promise.race([whenAborted(context.terminated), whenAborted(lost.signal)]);
  // A candidate that waits for its turn is doing what it should: it is ready without leading.
  await (flags.leaderElect ? undefined : Promise.race([running.ready(), stopped]));
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
