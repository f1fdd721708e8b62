/** `wherry apiserver`: real effects for one API server, from the command line to the last stop. */
import type { Command } from 'commander';
import { buildMetrics } from '../api/build-metrics.ts';
import { type Lifecycle, withLifecycle } from '../platform/lifecycle.ts';
import type { OutgoingHttp } from '../platform/net/outgoing-http.ts';
import type { Logger } from '../platform/logger.ts';
import { appendFile, standardOutput } from '../platform/node/files/append-file.ts';
import { realCiphers } from '../platform/node/crypto/ciphers.ts';
import { Metrics } from '../platform/metrics/metrics.ts';
import { processMetrics } from '../platform/node/process-metrics.ts';
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import { hostAddress, hostname } from '../platform/node/net/host-address.ts';
import { realGzip, realHttpServer } from '../platform/node/net/http-server.ts';
import { createLogger } from '../platform/node/logger.ts';
import { outgoingHttp } from '../platform/node/net/outgoing-http.ts';
import { busyMs, nextTurn } from '../platform/node/next-turn.ts';
import { type ProcessContext, whenAborted } from '../platform/node/process.ts';
import { realPrograms } from '../platform/node/programs.ts';
import { realTokenKeys } from '../platform/node/crypto/token-keys.ts';
import { realUpstream } from '../platform/node/net/upstream.ts';
import { traceScope } from '../platform/node/trace-scope.ts';
import type { TraceScope } from '../platform/trace-scope.ts';
import { realX509 } from '../platform/node/crypto/x509.ts';
import { realEffects } from '../platform/node/effects.ts';
import type { ConnectSocket } from '../platform/net/unary-calls.ts';
import type { TlsMaterial } from '../platform/net/http-server.ts';
import type { Kv } from '../store/kv.ts';
import { identityOn } from './bootstrap/identity-lease.ts';
import { componentAt } from './component-checks.ts';
import { chosenPlugins, enabledPlugins } from './admission/plugins.ts';
import { type AccessFiles, accessOptions, readAccessFiles } from './options/access-options.ts';
import { followAccessFiles } from './options/access-reload.ts';
import { type AuditEffects, auditWebhook } from './options/audit-option.ts';
import { FlagFiles } from './options/flag-files.ts';
import { withGivenCertificate } from './options/cert-dir.ts';
import { readAdmissionConfiguration } from './options/admission-config.ts';
import { kindsFor } from './beta-kinds.ts';
import { startEncryption } from './options/encryption-option.ts';
import { type ApiServerFlags, apiserverFlags } from './options/flags.ts';
import { admissionOf } from './options/admission-option.ts';
import { nodeWay } from './options/node-way.ts';
import {
  certificateNames,
  dialledUrl,
  servingTls,
  writeKubeconfig,
} from './options/serving-option.ts';
import type { Effects } from '../platform/effects.ts';
import type { FlowLimits } from './flow-limits.ts';
import { serve } from './http/serve.ts';
import { AuditLog } from './pipeline/audit/audit-log.ts';
import type { AuditBackend } from './pipeline/audit/backend.ts';
import { ensurePki } from './pki/pki.ts';
import type { Component } from './registry/components.ts';
import { readDescriptions } from './openapi-source.ts';
import { startApiServer } from './server.ts';
import type { ApiServer } from './server-options.ts';

export interface ConnectOptions extends Effects {
  readonly endpoints: readonly string[];
  /** PEM texts. */
  readonly tls: {
    readonly ca?: string | undefined;
    readonly certificate?: string | undefined;
    readonly privateKey?: string | undefined;
  };
  readonly trace?: TraceScope | undefined;
}

/** How the store is reached: `connectEtcd` of store/client, or a twin. */
export type ConnectStore = (options: ConnectOptions) => Kv;

const files = new FlagFiles(realDisk, { programs: realPrograms, clock: realClock });
const pkiEffects = { disk: realDisk, clock: realClock, x509: realX509 };

async function etcdTls(flags: ApiServerFlags) {
  const [ca, own] = await Promise.all([
    files.optional('etcd-cafile', flags.etcdCafile),
    files.keyPair(
      { flag: 'etcd-certfile', path: flags.etcdCertfile },
      { flag: 'etcd-keyfile', path: flags.etcdKeyfile },
    ),
  ]);
  return { ca, ...own };
}

/** Without a policy nothing is logged; backends are stopped when no request can come any more. */
async function auditOf(
  flags: ApiServerFlags,
  { auditPolicy: policy }: AccessFiles,
  effects: AuditEffects,
) {
  const { auditLogPath: path } = flags;
  const backends: AuditBackend[] = [];
  const webhook = await auditWebhook(flags, files, effects);
  if (policy?.unknown !== undefined)
    effects.logger.warn({ error: policy.unknown }, 'audit policy contains errors');
  if (policy !== undefined && path !== undefined) {
    const sink = path === '-' ? standardOutput : await appendFile(path, rotationOf(flags));
    backends.push(new AuditLog(sink, effects.logger, flags.auditLogMode));
  }
  if (policy !== undefined && webhook !== undefined) backends.push(webhook);
  return {
    options: policy === undefined || backends.length === 0 ? undefined : { policy, backends },
    stop: async () => {
      await Promise.all(backends.map((each) => each.stop()));
    },
  };
}

const MEBIBYTE = 1024 * 1024;
const DAY_MS = 86_400_000;

const rotationOf = (flags: ApiServerFlags) => ({
  maxBytes: flags.auditLogMaxsize * MEBIBYTE,
  maxBackups: flags.auditLogMaxbackup,
  maxAgeMs: flags.auditLogMaxage * DAY_MS,
});

/** gRPC is loaded where keys are a service's: the first call of one waits for it. */
const lazySocket: ConnectSocket = (path, clock) => {
  const calls = import('../store/client/socket-calls.ts').then(({ connectSocket }) =>
    connectSocket(path, clock),
  );
  return {
    call: async (...call) => (await calls).call(...call),
    close: () => void calls.then((connected) => connected.close()),
  };
};

const limitsOf = (flags: ApiServerFlags): FlowLimits => ({
  priorityAndFairness: flags.enablePriorityAndFairness,
  maxRequestsInFlight: flags.maxRequestsInflight,
  maxMutatingRequestsInFlight: flags.maxMutatingRequestsInflight,
  busyMs,
});

interface Surroundings {
  readonly context: ProcessContext;
  readonly connect: ConnectStore;
  /** What is started, to be stopped in reverse by the caller. */
  readonly parts: Lifecycle;
}

function processRegistry(): Metrics {
  const metrics = new Metrics();
  buildMetrics(metrics);
  processMetrics(metrics);
  return metrics;
}

function componentsOf(flags: ApiServerFlags, http: OutgoingHttp): readonly Component[] {
  const about = { http, clock: realClock };
  return [
    componentAt('controller-manager', { ...about, url: flags.controllerManagerUrl }),
    componentAt('scheduler', { ...about, url: flags.schedulerUrl }),
  ];
}

const { fingerprint } = realCiphers;
const host = { fingerprint, identity: identityOn(hostname(), fingerprint) };

/** What encryption at rest takes of this host. */
const ciphers = { ciphers: realCiphers, connect: lazySocket, server: hostname() };

/** How others are asked, and what is passed on to them. */
async function startOutgoing(parts: Lifecycle) {
  const [http, upstream] = [outgoingHttp(), realUpstream()];
  for (const each of [http, upstream]) await parts.start(() => ({ stop: () => each.close() }));
  return { http, upstream, clock: realClock, tokenKeys: realTokenKeys };
}

const advertisedBy = (flags: ApiServerFlags): string | undefined =>
  flags.advertiseAddress ?? hostAddress();

function advertise(server: ApiServer, flags: ApiServerFlags, port: number): void {
  const address = advertisedBy(flags);
  const isTold = flags.endpointReconcilerType !== 'none';
  if (address !== undefined) server.advertise({ address, port }, isTold);
}

async function run(said: ApiServerFlags, { context, connect, parts }: Surroundings): Promise<void> {
  const flags = await withGivenCertificate(realDisk, said);
  const level = (flags.v ?? 0) >= 4 ? 'debug' : flags.logLevel;
  const logger: Logger = createLogger({ level, name: 'apiserver' });
  const effects = realEffects(logger);
  const choice = admissionOf(flags);
  const enabled = enabledPlugins(choice);
  const [given, storeTls, configuration] = await Promise.all([
    readAccessFiles(flags, files),
    etcdTls(flags),
    readAdmissionConfiguration(flags.admissionControlConfigFile, files, enabled),
  ]);
  const admissionPlugins = { ...choice, configuration };
  // Flags first: a mistake in one must not leave half-made certificates behind.
  chosenPlugins(admissionPlugins);
  const names = certificateNames(flags, advertisedBy(flags));
  const pki = await ensurePki({ folder: flags.certDir, ...pkiEffects, names });
  const next = (): Promise<TlsMaterial> => servingTls(flags, pki, { files, given });
  const tls = await next();
  const outside = await startOutgoing(parts);
  const access = await accessOptions(flags, given, { pki, ...outside });
  const audit = await parts.start(() => auditOf(flags, given, { ...effects, http: outside.http }));
  const trace = traceScope({ every: level === 'debug' });
  const metrics = processRegistry();
  const sealing = { ...effects, ...ciphers, metrics, files };
  await parts.start(() => followAccessFiles(flags, given.outside, { ...sealing, ...outside }));
  const encryption = await startEncryption(flags, given, { files, parts, effects: sealing });
  const kv = connect({ endpoints: flags.etcdServers, tls: storeTls, ...effects, trace });
  await parts.start(() => ({ stop: () => kv.close() }));
  const nodes = await nodeWay(flags, { files, pki, upstream: outside.upstream });
  const server = await parts.start(() =>
    startApiServer({
      ...effects,
      metrics,
      trace,
      ...access,
      encryption,
      nodes,
      kv,
      ...host,
      audit: audit.options,
      kinds: kindsFor(flags.runtimeConfig),
      outgoing: outside.http,
      components: componentsOf(flags, outside.http),
      serviceClusterIpRange: flags.serviceClusterIpRange,
      serviceNodePortRange: flags.serviceNodePortRange,
      admissionPlugins,
      nextTurn,
      limits: limitsOf(flags),
      requestTimeoutMs: flags.requestTimeout,
      strictTransport: flags.strictTransportSecurityDirectives,
      descriptions: readDescriptions(realDisk),
    }),
  );
  const passesOn = (url: string): boolean => server.passesOn(url);
  const served = { handler: server.handler, passesOn, gzip: realGzip };
  const socket = { host: flags.bindAddress, port: flags.securePort, tls, next };
  const port = await serve({ ...effects, ...served, ...socket, server: realHttpServer }, parts);
  const url = dialledUrl(flags, port);
  advertise(server, flags, port);
  await writeKubeconfig(flags, { pki, files, disk: realDisk, server: url });
  logger.info({ url }, 'serving');
  const stopped = whenAborted(context.terminated);
  await Promise.race([server.ready(), stopped]);
  if (!context.terminated.aborted) {
    logger.info({ url }, 'ready');
    context.notifyReady(url);
  }
  await stopped;
  logger.info({}, 'stopping');
}

/** Runs until the process is told to stop; rejects with one clear error if it cannot start. */
export function apiserverCommand(context: ProcessContext, connect: ConnectStore): Command {
  return apiserverFlags().action((flags: ApiServerFlags) =>
    withLifecycle((parts) => run(flags, { context, connect, parts })),
  );
}
