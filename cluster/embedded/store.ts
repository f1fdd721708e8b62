/** The store of a cluster in one process: a member of our own, or somebody else's etcd. */
import type { Lifecycle } from '../../platform/lifecycle.ts';
import { realCrypto } from '../../platform/node/crypto/crypto.ts';
import { sha1 } from '../../platform/node/crypto/sha1.ts';
import { realEffects } from '../../platform/node/effects.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { sniffingServer } from '../../platform/node/net/sniffing-server.ts';
import { nextTurn } from '../../platform/node/next-turn.ts';
import { realGunzip } from '../../platform/node/gunzip.ts';
import { processUsage } from '../../platform/node/process-usage.ts';
import { serveStore } from '../../store/grpc/server.ts';
import type { Kv } from '../../store/kv.ts';
import { startMember } from '../../store/server/member.ts';
import { tracedKv } from '../../store/server/traced-kv.ts';
import { ClusterError } from '../failure.ts';
import { HOST } from '../options.ts';
import { clusterPaths } from '../paths.ts';
import type { EmbeddedOptions } from './options.ts';

export interface EmbeddedStore {
  readonly kv: Kv;
  /** Where etcd's clients find it; several addresses with commas between them. */
  readonly endpoint: string;
}

/** Rejects with a ClusterError if the etcd that is to be used does not answer. */
export async function startStore(
  options: EmbeddedOptions,
  parts: Lifecycle,
): Promise<EmbeddedStore> {
  const store = await (options.etcdServers === undefined
    ? startOwn(options, parts)
    : connectTo(options.etcdServers, options, parts));
  options.announce('store', store.endpoint);
  return store;
}

async function startOwn(
  { dataDir, storePort, logger: log, trace, onFailure }: EmbeddedOptions,
  parts: Lifecycle,
): Promise<EmbeddedStore> {
  const effects = realEffects(log.child({ component: 'store' }));
  const member = await parts.start(() =>
    startMember({
      ...effects,
      nextTurn,
      disk: realDisk,
      sha1,
      crypto: realCrypto,
      onFailure,
      dataDir: clusterPaths(dataDir).store,
    }),
  );
  const { url } = await parts.start(() =>
    serveStore({
      ...effects,
      member,
      listen: sniffingServer,
      usage: processUsage,
      gunzip: realGunzip,
      host: HOST,
      port: storePort,
    }),
  );
  return { kv: tracedKv(member, trace, effects.logger), endpoint: url };
}

async function connectTo(
  endpoints: readonly string[],
  { logger, trace }: EmbeddedOptions,
  parts: Lifecycle,
): Promise<EmbeddedStore> {
  const { connectEtcd } = await import('../../store/client/connect.ts');
  const effects = realEffects(logger.child({ component: 'store' }));
  const kv = connectEtcd({ ...effects, endpoints, tls: {}, trace });
  await parts.start(() => ({ stop: () => kv.close() }));
  await kv.status().catch((error: Error) => {
    const why = /connect \w+ [\d.:\[\]a-f]+/.exec(error.message)?.[0] ?? error.message;
    const at = endpoints.join(', ');
    throw new ClusterError(`no etcd answers at ${at} (--etcd-servers): ${why}`, { cause: error });
  });
  return { kv, endpoint: endpoints.join(',') };
}
