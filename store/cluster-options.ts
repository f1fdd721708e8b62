/** From the flags to what makes a member one of several. */
import type { Logger } from '../platform/logger.ts';
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import { nodeFrames } from '../platform/node/net/frames.ts';
import { FlagError } from './flag-rules.ts';
import type { StoreFlags } from './flags.ts';
import { initialMembers, otherPeerUrls } from './initial-cluster.ts';
import { findSelf } from './peer/join.ts';
import { peersOver } from './peer/start-peers.ts';
import type { MemberOptions } from './replica/options.ts';
import { readPeerTls } from './tls-files.ts';

type ClusterOptions = Pick<
  MemberOptions,
  | 'initialCluster'
  | 'peers'
  | 'join'
  | 'forceNewCluster'
  | 'strictReconfigCheck'
  | 'preVote'
  | 'initialElectionTickAdvance'
>;

const VERSION = '3.6.0';

/** etcd's own files are of another format: a new store beside them would look like their loss. */
async function refuseForeign(dataDir: string): Promise<void> {
  const names = await realDisk.list(`${dataDir}/member`);
  if (!names.includes('wal') && !names.includes('snap')) return;
  throw new FlagError(
    `${dataDir} is a data folder of etcd, which this store cannot read: save a snapshot with ` +
      '`etcdctl snapshot save` and restore it with `wherry etcdctl snapshot restore`',
  );
}

/**
 * A lone member listens for others only where it was told to, so that many such stores can run
 * on one machine without flags.
 */
export async function clusterOptions(
  flags: StoreFlags & { readonly listensForPeers: boolean },
  dataDir: string,
  logger: Logger,
): Promise<ClusterOptions> {
  const { forceNewCluster, strictReconfigCheck, preVote, initialElectionTickAdvance } = flags;
  await refuseForeign(dataDir);
  const members = initialMembers(flags);
  const tls = await readPeerTls(flags, dataDir);
  // Made certificates alone are no member yet.
  const isFresh = (await realDisk.list(dataDir)).every((name) => name === 'fixtures');
  const joins = isFresh && flags.initialClusterState === 'existing';
  if (joins && members === undefined) {
    throw new FlagError(
      `--initial-cluster-state existing: ${dataDir} is empty, and a single member cannot join ` +
        'others: --initial-cluster must name them',
    );
  }
  const join = joins
    ? await findSelf({
        others: otherPeerUrls(flags),
        peerUrls: flags.initialAdvertisePeerUrls,
        expectedMembers: members!.length,
        network: nodeFrames,
        tls,
      }).catch((error: Error) => {
        throw new FlagError(error.message, { cause: error });
      })
    : undefined;
  const renewedTls = async () => (await readPeerTls(flags, dataDir)) ?? tls!;
  const listens = members !== undefined || flags.listensForPeers;
  return {
    forceNewCluster,
    strictReconfigCheck,
    preVote,
    initialElectionTickAdvance,
    ...(members === undefined ? {} : { initialCluster: members }),
    ...(join === undefined ? {} : { join }),
    ...(listens && {
      peers: peersOver({
        network: nodeFrames,
        clock: realClock,
        logger,
        version: VERSION,
        listen: flags.listenPeerUrls,
        ...(tls === undefined ? {} : { tls, renewedTls }),
      }),
    }),
  };
}
