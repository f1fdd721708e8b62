/** From the flags to what makes a member one of several. */
import type { Logger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { sha1 } from '../../platform/node/crypto/sha1.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { nodeFrames } from '../../platform/node/net/frames.ts';
import { realNames } from '../../platform/node/net/names.ts';
import { hexId } from '../cluster-member.ts';
import { FlagError } from './flag-error.ts';
import type { StoreFlags } from './flags.ts';
import {
  checkInitialCluster,
  initialMembers,
  otherPeerUrls,
  withDiscovery,
} from './initial-cluster.ts';
import { findSelf, hasRunBefore } from '../peer/join.ts';
import { peersOver } from '../peer/start-peers.ts';
import { memberIdOf } from '../replica/identity.ts';
import { API_VERSION, type MemberOptions } from '../replica/options.ts';
import { isEtcdFolder } from '../server/engine-folders.ts';
import { readPeerTls } from './tls-files.ts';

type ClusterOptions = Pick<
  MemberOptions,
  | 'initialCluster'
  | 'initialClusterToken'
  | 'peers'
  | 'join'
  | 'forceNewCluster'
  | 'strictReconfigCheck'
  | 'maxLearners'
  | 'preVote'
  | 'initialElectionTickAdvance'
>;

async function refuseForeign(dataDir: string): Promise<void> {
  if (!(await isEtcdFolder(dataDir, realDisk))) return;
  throw new FlagError(
    `${dataDir} is a data folder of etcd, which this store cannot read: save a snapshot with ` +
      '`etcdctl snapshot save` and restore it with `wherry etcdctl snapshot restore`',
  );
}

/** The flags with the first members that are found elsewhere. */
async function discovered(
  flags: StoreFlags,
  logger: Logger,
  signal: AbortSignal,
): Promise<StoreFlags> {
  const { discoveryToken } = flags;
  if (discoveryToken === undefined || flags.discoveryEndpoints.length === 0)
    return withDiscovery(flags, realNames);
  const { discoverCluster } = await import('./discovery.ts');
  const options = { flags, sha1, clock: realClock, logger, signal };
  const initialCluster = await discoverCluster(options);
  return { ...flags, initialCluster, initialClusterToken: discoveryToken };
}

/**
 * A lone member listens for others only where it was told to, so that many such stores can run
 * on one machine without flags.
 */
export async function clusterOptions(
  flags: StoreFlags & { readonly listensForPeers: boolean },
  dataDir: string,
  { logger, terminated }: { readonly logger: Logger; readonly terminated: AbortSignal },
): Promise<ClusterOptions> {
  const { forceNewCluster, strictReconfigCheck, maxLearners } = flags;
  const { preVote, initialElectionTickAdvance } = flags;
  await refuseForeign(dataDir);
  // Made certificates alone are no member yet.
  const isFresh = (await realDisk.list(dataDir)).every((name) => name === 'fixtures');
  const first = isFresh ? await discovered(flags, logger, terminated) : flags;
  if (isFresh) await checkInitialCluster(first, realNames);
  const members = initialMembers(first);
  const tls = await readPeerTls(flags, dataDir);
  const joins = isFresh && flags.initialClusterState === 'existing';
  if (joins && members === undefined) {
    throw new FlagError(
      `--initial-cluster-state existing: ${dataDir} is empty, and a single member cannot join ` +
        'others: --initial-cluster must name them',
    );
  }
  const join = joins
    ? await findSelf({
        others: otherPeerUrls(first),
        peerUrls: flags.initialAdvertisePeerUrls,
        expectedMembers: members!.length,
        network: nodeFrames,
        tls,
      }).catch((error: Error) => {
        throw new FlagError(error.message, { cause: error });
      })
    : undefined;
  if (isFresh && !joins && members !== undefined) {
    const own = members.find(({ name }) => name === flags.name)!;
    const memberId = memberIdOf(own.peerUrls, first.initialClusterToken, sha1);
    if (await hasRunBefore({ memberId, others: otherPeerUrls(first), network: nodeFrames, tls }))
      throw new FlagError(
        `member ${hexId(memberId)} has already been bootstrapped: ${dataDir} is empty, but the ` +
          'others know the member. If its data is lost, remove the member from the cluster, add ' +
          'it again, and start it with --initial-cluster-state existing',
      );
  }
  const renewedTls = async () => (await readPeerTls(flags, dataDir)) ?? tls!;
  const hasOthers =
    members !== undefined ||
    flags.discoverySrv !== undefined ||
    flags.discoveryEndpoints.length > 0;
  const listens = hasOthers || flags.listensForPeers;
  return {
    initialClusterToken: first.initialClusterToken,
    forceNewCluster,
    strictReconfigCheck,
    maxLearners,
    preVote,
    initialElectionTickAdvance,
    ...(members === undefined ? {} : { initialCluster: members }),
    ...(join === undefined ? {} : { join }),
    ...(listens && {
      peers: peersOver({
        network: nodeFrames,
        clock: realClock,
        logger,
        version: API_VERSION,
        listen: flags.listenPeerUrls,
        ...(tls === undefined ? {} : { tls, renewedTls }),
      }),
    }),
  };
}
