/** `wherry store`: real effects for one store member, from the command line to the last stop. */
import type { Command } from 'commander';
import type { TlsMaterial } from '../platform/http-server.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logger.ts';
import { realClock } from '../platform/node/clock.ts';
import { realCrypto } from '../platform/node/crypto.ts';
import { realDisk } from '../platform/node/disk.ts';
import { createLogger } from '../platform/node/logger.ts';
import { processUsage } from '../platform/node/process-usage.ts';
import { type ProcessContext, whenAborted } from '../platform/node/process.ts';
import { realRandom } from '../platform/node/random.ts';
import { sha1 } from '../platform/node/sha1.ts';
import { sniffingServer } from '../platform/node/sniffing-server.ts';
import { startAutoCompaction } from './auto-compaction.ts';
import { autoCompactionOf, checkFlags, FlagError } from './flag-rules.ts';
import { storeFlags, type StoreFlags, type Url } from './flags.ts';
import { serveStore, urlOf, type ServingStore } from './grpc/server.ts';
import type { Member } from './server/interface.ts';
import { startMember } from './server/member.ts';

async function readFile(flag: string, path: string): Promise<string> {
  const bytes = await realDisk.read(path).catch((error: Error) => {
    throw new FlagError(`--${flag}: cannot read ${path}: ${error.message}`, { cause: error });
  });
  if (bytes === undefined) throw new FlagError(`--${flag}: ${path} does not exist`);
  return Buffer.from(bytes).toString('utf8');
}

async function readTls(flags: StoreFlags): Promise<TlsMaterial | undefined> {
  const { certFile, keyFile, trustedCaFile } = flags;
  if (certFile === undefined || keyFile === undefined) return undefined;
  const [certificate, privateKey] = await Promise.all([
    readFile('cert-file', certFile),
    readFile('key-file', keyFile),
  ]);
  if (trustedCaFile === undefined) return { certificate, privateKey };
  const clientCa = await readFile('trusted-ca-file', trustedCaFile);
  return { certificate, privateKey, clientCa };
}

/** A fresh folder cannot join anything; an old one has forgotten that it once was fresh. */
async function checkState(flags: StoreFlags, dataDir: string): Promise<void> {
  if (flags.initialClusterState === 'new') return;
  if ((await realDisk.list(dataDir)).length > 0) return;
  throw new FlagError(
    `--initial-cluster-state existing: ${dataDir} is empty, and a single member cannot join others`,
  );
}

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

/** Opens every client URL, then every metrics URL; the first client URL's real address. */
async function listen({ flags, member, logger, parts }: Serving): Promise<string> {
  const tls = await readTls(flags);
  const material = (url: Url): { tls?: TlsMaterial } =>
    url.secure && tls !== undefined ? { tls } : {};
  const servings: ServingStore[] = [];
  for (const url of flags.listenClientUrls) {
    const { host, port } = url;
    const { advertiseClientUrls } = flags;
    const serve = () =>
      serveStore({
        ...{ member, logger, clock: realClock, usage: processUsage, listen: sniffingServer },
        ...{ host, port, ...material(url) },
        ...(advertiseClientUrls === undefined ? {} : { advertiseClientUrls }),
        advertisePeerUrls: flags.initialAdvertisePeerUrls,
        maxRequestBytes: flags.maxRequestBytes,
        quotaBackendBytes: flags.quotaBackendBytes,
      }).catch((error: unknown) => {
        throw listenError(url, error);
      });
    servings.push(await parts.start(serve));
  }
  const [first] = servings;
  for (const url of flags.listenMetricsUrls) {
    const address = { host: url.host, port: url.port, ...material(url) };
    const serve = () =>
      sniffingServer({ ...address, onHttp1: first!.http }).catch((error: unknown) => {
        throw listenError(url, error);
      });
    const { port } = await parts.start(serve);
    logger.info({ url: urlOf({ ...url, port }) }, 'serving metrics');
  }
  return first!.url;
}

async function run(flags: StoreFlags, context: ProcessContext, parts: Lifecycle): Promise<void> {
  const logger = createLogger({ level: flags.logLevel, name: 'store', format: flags.logFormat });
  const compaction = autoCompactionOf(flags);
  const dataDir = flags.dataDir ?? `${flags.name}.etcd`;
  await checkState(flags, dataDir);
  const failed = new AbortController();
  let failure: Error | undefined;
  const member = await parts.start(() =>
    startMember({
      ...{ clock: realClock, random: realRandom, disk: realDisk, logger, sha1, dataDir },
      crypto: realCrypto,
      name: flags.name,
      peerUrls: flags.initialAdvertisePeerUrls,
      initialClusterToken: flags.initialClusterToken,
      heartbeatMs: flags.heartbeatInterval,
      electionTimeoutMs: flags.electionTimeout,
      maxTxnOps: flags.maxTxnOps,
      maxRequestBytes: flags.maxRequestBytes,
      quotaBackendBytes: flags.quotaBackendBytes,
      snapshotCount: flags.snapshotCount,
      onFailure: (error) => {
        failure = error;
        failed.abort();
      },
    }),
  );
  if (compaction !== undefined) {
    const effects = { clock: realClock, logger };
    await parts.start(() => startAutoCompaction(member, compaction, effects));
  }
  const url = await listen({ flags, member, logger, parts });
  // The words that test harnesses and scripts wait for.
  logger.info({ url, dataDir }, 'ready to serve client requests');
  context.notifyReady(url);
  await Promise.race([whenAborted(context.terminated), whenAborted(failed.signal)]);
  logger.info({}, 'stopping');
  if (failure !== undefined) throw failure;
}

/** Runs until the process is told to stop; rejects with one clear error if it cannot start. */
export function storeCommand(context: ProcessContext): Command {
  return storeFlags().action(async (flags: StoreFlags, command: Command) => {
    checkFlags(flags, (name) => command.getOptionValueSource(name) !== 'default');
    const parts = new Lifecycle();
    try {
      await run(flags, context, parts);
    } finally {
      await parts.stop();
    }
  });
}
