/** `wherry store`: real effects for one store member, from the command line to the last stop. */
import type { Command } from 'commander';
import type { TlsMaterial } from '../platform/net/http-server.ts';
import { type Lifecycle, withLifecycle } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logger.ts';
import { watchClock } from '../platform/clock-watch.ts';
import { rotateTls } from '../platform/crypto/tls-rotation.ts';
import { realClock } from '../platform/node/clock.ts';
import { nextTurn } from '../platform/node/next-turn.ts';
import { realCrypto } from '../platform/node/crypto/crypto.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import { createLogger } from '../platform/node/logger.ts';
import { realGunzip } from '../platform/node/gunzip.ts';
import { processUsage } from '../platform/node/process-usage.ts';
import { type ProcessContext, whenAborted } from '../platform/node/process.ts';
import { sha1 } from '../platform/node/crypto/sha1.ts';
import { realEffects } from '../platform/node/effects.ts';
import { sniffingServer } from '../platform/node/net/sniffing-server.ts';
import { startAutoCompaction } from './auto-compaction.ts';
import { FlagError } from './options/flag-error.ts';
import { autoCompactionOf, checkFlags } from './options/flag-rules.ts';
import { readFlagFile, readTls } from './options/tls-files.ts';
import { clusterOptions } from './options/cluster-options.ts';
import { corruptionOf } from './options/corruption-flags.ts';
import { rotationOf } from './options/log-flags.ts';
import { givenWithoutEffect, settingsOf, storeFlags } from './options/flags.ts';
import type { StoreFlags, Url } from './options/flags.ts';
import { serveStore, urlOf, type ServingStore } from './grpc/server.ts';
import type { Member } from './server/interface.ts';
import { API_VERSION, type AuthSettings, type MemberOptions } from './replica/options.ts';
import { startMember } from './server/member.ts';

interface Serving {
  readonly flags: StoreFlags;
  readonly member: Member;
  readonly logger: Logger;
  readonly parts: Lifecycle;
}

function listenError(url: Url, error: unknown): FlagError {
  const reason = error instanceof Error ? error.message : String(error);
  return new FlagError(`cannot listen on ${url.text}: ${reason}`, { cause: error });
}

/** etcd's words. */
const serves = ({ secure }: Url): string =>
  secure
    ? 'serving client traffic securely'
    : 'serving client traffic insecurely; this is strongly discouraged!';

const isTwin = (plain: Url, { secure, host, port }: Url): boolean =>
  secure && !plain.secure && port !== 0 && plain.host === host && plain.port === port;

/** Opens every client URL, then every metrics URL; the first client URL's real address. */
async function listen({ flags, member, logger, parts }: Serving): Promise<string> {
  const tls = await readTls(flags, dataDirOf(flags));
  const material = (url: Url): { tls?: TlsMaterial } =>
    url.secure && tls !== undefined ? { tls } : {};
  const servings = new Map<Url, ServingStore>();
  const urls = [...flags.listenClientUrls, ...flags.listenClientHttpUrls];
  // Two on one address: what begins with a handshake is the second's.
  for (const url of [
    ...urls.filter((each) => !each.secure),
    ...urls.filter((each) => each.secure),
  ]) {
    const { host, port } = url;
    const { advertiseClientUrls } = flags;
    const twin = urls.find((each) => isTwin(each, url));
    const serve = () =>
      serveStore({
        member,
        logger,
        clock: realClock,
        usage: processUsage,
        gunzip: realGunzip,
        listen: sniffingServer,
        host,
        port,
        ...material(url),
        ...(twin !== undefined && { beside: servings.get(twin)! }),
        clientCertAuth: flags.clientCertAuth,
        ...(advertiseClientUrls === undefined ? {} : { advertiseClientUrls }),
        advertisePeerUrls: flags.initialAdvertisePeerUrls,
        maxRequestBytes: flags.maxRequestBytes,
        quotaBackendBytes: flags.quotaBackendBytes,
        cors: flags.cors,
        hostWhitelist: flags.hostWhitelist,
        extensiveMetrics: flags.metrics === 'extensive',
        hasGateway: flags.enableGrpcGateway,
        connections: flags,
        warningUnaryRequestDurationMs: flags.warningUnaryRequestDuration,
      }).catch((error: unknown) => {
        throw listenError(url, error);
      });
    const serving = await parts.start(serve);
    servings.set(url, serving);
    logger.info({ traffic: 'grpc+http', address: serving.url }, serves(url));
  }
  const first = servings.get(urls[0]!)!;
  for (const url of flags.listenMetricsUrls) {
    const address = { host: url.host, port: url.port, ...material(url) };
    const serve = () =>
      sniffingServer({ ...address, onHttp1: first.http }).catch((error: unknown) => {
        throw listenError(url, error);
      });
    const { port } = await parts.start(serve);
    logger.info({ url: urlOf({ ...url, port }) }, 'serving metrics');
  }
  if (tls !== undefined) {
    // Files are read anew, as etcd reads them for each connection.
    const next = async (): Promise<TlsMaterial> => (await readTls(flags, dataDirOf(flags))) ?? tls;
    const replace = (fresh: TlsMaterial): void => {
      for (const serving of servings.values()) serving.renew(fresh);
    };
    const rotated = { clock: realClock, logger, current: tls, next, replace };
    await parts.start(() => rotateTls(rotated));
  }
  await parts.start(() => watchClock({ clock: realClock, logger }));
  return first.url;
}

interface Given {
  readonly listensForPeers: boolean;
  readonly withoutEffect: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
}
type GivenFlags = StoreFlags & Given;

interface Ending {
  readonly terminated: AbortSignal;
  readonly failed: AbortController;
  readonly removed: AbortController;
  failure?: Error;
}

async function memberOptions(
  flags: GivenFlags,
  logger: Logger,
  ending: Ending,
): Promise<MemberOptions> {
  const dataDir = dataDirOf(flags);
  return {
    ...realEffects(logger),
    disk: realDisk,
    sha1,
    dataDir,
    nextTurn,
    crypto: realCrypto,
    auth: await authOf(flags),
    name: flags.name,
    peerUrls: flags.initialAdvertisePeerUrls,
    clientUrls: flags.advertiseClientUrls ?? flags.listenClientUrls.map(({ text }) => text),
    ...(await clusterOptions(flags, dataDir, { logger, terminated: ending.terminated })),
    heartbeatMs: flags.heartbeatInterval,
    electionTimeoutMs: flags.electionTimeout,
    maxTxnOps: flags.maxTxnOps,
    maxRequestBytes: flags.maxRequestBytes,
    quotaBackendBytes: flags.quotaBackendBytes,
    ownsThread: true,
    warningApplyDurationMs: flags.warningApplyDuration,
    snapshotCount: flags.snapshotCount,
    snapshotCatchUpEntries: flags.snapshotCatchupEntries,
    corruption: corruptionOf(flags),
    ...(flags.watchProgressNotifyInterval !== undefined && {
      watchProgressNotifyIntervalMs: flags.watchProgressNotifyInterval,
    }),
    onFailure: (error) => {
      ending.failure = error;
      ending.failed.abort();
    },
    onRemoved: () => ending.removed.abort(),
  };
}

/** Tokens of the usual kind need none of what signs the others. */
async function authOf(flags: StoreFlags): Promise<AuthSettings> {
  const { authToken, authTokenTtl: tokenTtlSeconds, bcryptCost } = flags;
  if (authToken === 'simple') return { tokenTtlSeconds, bcryptCost };
  return (await import('./options/auth-flags.ts')).authSettings(flags);
}

const dataDirOf = (flags: StoreFlags): string => flags.dataDir ?? `${flags.name}.etcd`;

function loggerOf(flags: StoreFlags): Logger {
  const { logLevel: level, logFormat: format, logOutputs: outputs } = flags;
  const rotation = rotationOf(flags);
  try {
    return createLogger({ level, name: 'store', format, outputs, rotation });
  } catch (error) {
    throw new FlagError(`--log-outputs: ${(error as Error).message}`, { cause: error });
  }
}

async function run(flags: GivenFlags, context: ProcessContext, parts: Lifecycle): Promise<void> {
  const logger = loggerOf(flags);
  const { withoutEffect } = flags;
  if (withoutEffect.length > 0) logger.warn({ flags: withoutEffect }, 'flags without effect');
  logger.info(flags.settings, 'starting an etcd server');
  const compaction = autoCompactionOf(flags);
  const { terminated } = context;
  const [failed, removed] = [new AbortController(), new AbortController()];
  const ending: Ending = { terminated, failed, removed };
  const options = await memberOptions(flags, logger, ending);
  const member = await parts.start(() => startMember(options));
  const ended = Promise.race(
    [context.terminated, ending.failed.signal, ending.removed.signal].map(whenAborted),
  ).then(() => 'ended' as const);
  // Among several members this takes a leader, which may need others to be started first.
  const outcome = await Promise.race([member.ready(), ended]);
  if (outcome !== 'ended') {
    if (compaction !== undefined) {
      const effects = { clock: realClock, logger };
      await parts.start(() => startAutoCompaction(member, compaction, effects));
    }
    const url = await listen({ flags, member, logger, parts });
    // The words that test harnesses and scripts wait for.
    logger.info({ url, dataDir: dataDirOf(flags) }, 'ready to serve client requests');
    context.notifyReady(url);
    await ended;
  }
  logger.info({}, 'stopping');
  if (ending.failure === undefined) return;
  context.endSoon?.(ending.failure);
  throw ending.failure;
}

/** The command line, or the configuration file that it names. */
async function configured(command: Command): Promise<Command> {
  const path = command.opts<StoreFlags>().configFile;
  if (path === undefined) return command;
  const { configArguments } = await import('./options/config-file.ts');
  const args = configArguments(path, await readFlagFile('config-file', path));
  const fromFile = storeFlags({ environment: false }).exitOverride();
  fromFile.configureOutput({ writeErr() {} });
  try {
    return fromFile.parse(args, { from: 'user' });
  } catch (error) {
    const reason = (error as Error).message.replace(/^error: /, '');
    throw new FlagError(`--config-file: ${path}: ${reason}`, { cause: error });
  }
}

/** Scripts look at the first line. */
const VERSION_TEXT = `etcd Version: ${API_VERSION}\nServed by: wherry store`;

/** Runs until the process is told to stop; rejects with one clear error if it cannot start. */
export function storeCommand(context: ProcessContext): Command {
  return storeFlags()
    .version(VERSION_TEXT, '--version', 'say whose API is served')
    .action(async (_: StoreFlags, given: Command) => {
      const command = await configured(given);
      const flags = command.opts<StoreFlags>();
      const explicit = (name: keyof StoreFlags): boolean =>
        command.getOptionValueSource(name) !== 'default';
      checkFlags(flags, explicit);
      const listensForPeers = explicit('listenPeerUrls');
      const withoutEffect = givenWithoutEffect(command);
      const settings = settingsOf(command);
      const options = { ...flags, listensForPeers, withoutEffect, settings };
      await withLifecycle((parts) => run(options, context, parts));
    });
}
