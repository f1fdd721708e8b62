/** `wherry controllers`: real effects for the controller manager. */
import type { Command } from 'commander';
import { componentKubeconfigs } from '../client/kubeconfig.ts';
import { untilReady } from '../client/serving/component-handler.ts';
import { connectComponent } from '../client/serving/connect.ts';
import { serveComponent } from '../client/serving/start.ts';
import type { RestClient } from '../client/rest.ts';
import { sleep } from '../platform/clock.ts';
import { type Lifecycle, withLifecycle } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logger.ts';
import { Metrics } from '../platform/metrics/metrics.ts';
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import { realCiphers } from '../platform/node/crypto/ciphers.ts';
import { hmacSha256 } from '../platform/node/crypto/crypto.ts';
import { createLogger } from '../platform/node/logger.ts';
import { type ProcessContext, whenAborted } from '../platform/node/process.ts';
import { realRandom } from '../platform/node/random.ts';
import { realTokenKeys } from '../platform/node/crypto/token-keys.ts';
import { realX509 } from '../platform/node/crypto/x509.ts';
import { realEffects } from '../platform/node/effects.ts';
import { uuid } from '../platform/random.ts';
import { type ControllersFlags, controllersFlags } from './flags.ts';
import { type LeaderElectOptions, startControllers } from './manager.ts';
import type { ClusterSigning } from './runtime/controller.ts';
import { enabledControllers } from './table.ts';

const POLL_MS = 200;

/** Waits for the server to be ready: components may start in any order. */
async function whenReady(client: RestClient, logger: Logger, signal: AbortSignal): Promise<void> {
  let told = false;
  while (!signal.aborted) {
    try {
      await client.getPath('/readyz');
      return;
    } catch (error) {
      if (!told) logger.info({ err: error }, 'waiting for the API server');
      told = true;
      await sleep(realClock, POLL_MS, signal);
    }
  }
}

async function textOf(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const bytes = await realDisk.read(path);
  if (bytes === undefined) throw new Error(`${path} does not exist`);
  return Buffer.from(bytes).toString();
}

/** Undefined without both files; a key of another certificate is refused at once. */
async function signingOf(flags: ControllersFlags): Promise<ClusterSigning | undefined> {
  const certificate = await textOf(flags.clusterSigningCertFile);
  const privateKey = await textOf(flags.clusterSigningKeyFile);
  if (certificate === undefined || privateKey === undefined) return undefined;
  const ca = { certificate, privateKey };
  if (!realX509.keyMatches(ca))
    throw new Error('--cluster-signing-key-file does not belong to --cluster-signing-cert-file');
  return { x509: realX509, ca };
}

function candidacy(flags: ControllersFlags): LeaderElectOptions {
  const leaseMs = flags.leaderElectLeaseDuration;
  const renewMs = flags.leaderElectRenewDeadline;
  if (renewMs >= leaseMs)
    throw new Error(
      '--leader-elect-renew-deadline must be less than --leader-elect-lease-duration',
    );
  return {
    identity: `wherry_${uuid(realRandom, 'leader election identity')}`,
    lease: {
      namespace: flags.leaderElectResourceNamespace,
      name: flags.leaderElectResourceName,
    },
    timing: { leaseMs, renewMs, retryMs: flags.leaderElectRetryPeriod },
  };
}

async function run(
  flags: ControllersFlags,
  context: ProcessContext,
  parts: Lifecycle,
): Promise<void> {
  // Before anything is connected: a misspelt name should not wait for a server.
  enabledControllers(flags.controllers);
  const logger = createLogger({ level: flags.logLevel, name: 'controllers' });
  const paths = componentKubeconfigs(flags.kubeconfig, context.env['KUBECONFIG']);
  const metrics = new Metrics();
  const identified = { userAgent: 'kube-controller-manager/wherry', metrics };
  const { client, ca } = await connectComponent(paths, identified, parts);
  const rootCa = (await textOf(flags.rootCaFile)) ?? Buffer.from(ca ?? []).toString();
  const privateKey = await textOf(flags.serviceAccountPrivateKeyFile);
  const key = privateKey === undefined ? undefined : realTokenKeys.signing(privateKey);
  const signing = await signingOf(flags);
  let ready = flags.leaderElect;
  const serving = await parts.start(() =>
    serveComponent(flags, { metrics, client, logger, readyz: [untilReady(() => ready)] }),
  );
  await whenReady(client, logger, context.terminated);
  if (context.terminated.aborted) return;
  const lost = new AbortController();
  const running = await parts.start(() =>
    startControllers({
      ...realEffects(logger),
      client,
      metrics,
      controllers: flags.controllers,
      ...(rootCa === '' ? {} : { rootCa }),
      ...(key === undefined ? {} : { signToken: (claims) => key.sign(claims) }),
      hmacSha256,
      fingerprint: realCiphers.fingerprint,
      standardStorageClass: flags.standardStorageClass,
      ...(signing === undefined ? {} : { signing }),
      ...(flags.leaderElect ? { leaderElect: candidacy(flags) } : {}),
      ...(flags.concurrentSyncs === undefined ? {} : { concurrency: flags.concurrentSyncs }),
      ...(flags.legacyServiceAccountTokenCleanUpPeriod === undefined
        ? {}
        : { legacyTokenPeriodMs: flags.legacyServiceAccountTokenCleanUpPeriod }),
      ...(flags.terminatedPodGcThreshold === undefined
        ? {}
        : { endedPodThreshold: flags.terminatedPodGcThreshold }),
      onLost: () => lost.abort(),
    }),
  );
  const stopped = Promise.race([whenAborted(context.terminated), whenAborted(lost.signal)]);
  // A candidate that waits for its turn is doing what it should: it is ready without leading.
  await (flags.leaderElect ? undefined : Promise.race([running.ready(), stopped]));
  ready = true;
  if (!context.terminated.aborted) context.notifyReady(serving.url);
  await stopped;
  if (lost.signal.aborted) throw new Error('leader election lost');
}

/** Runs until the process is told to stop; rejects with one clear error if it cannot start. */
export function controllersCommand(context: ProcessContext): Command {
  return controllersFlags().action((flags: ControllersFlags) =>
    withLifecycle((parts) => run(flags, context, parts)),
  );
}
