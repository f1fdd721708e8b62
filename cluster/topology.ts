/**
 * What a data directory remembers of the cluster in it: `<data-dir>/cluster.json`. The members of
 * a store know each other by their peer ports, so those stay what they were at the first start.
 */
import type { Disk } from '../platform/files/disk.ts';
import { ClusterError } from './failure.ts';
import type { ClusterPaths } from './paths.ts';

/** The layout of the data directory; raised when an older wherry could not read it any more. */
export const DATA_VERSION = 1;
/** The oldest layout that this program still reads. */
const OLDEST_DATA_VERSION = 1;

export interface StoreMember {
  readonly name: string;
  /** Absent for a lone member, which listens for no peers. */
  readonly peerPort?: number;
}

export interface ClusterRecord {
  readonly version: number;
  /** The version of the program that started it last. Absent: it was 0.1.0 or before. */
  readonly lastRunBy?: string;
  /** Empty if the cluster uses an etcd of somebody else's. */
  readonly storeMembers: readonly StoreMember[];
}

export interface TopologyWish {
  /** 1, 3 or 5. Undefined: as it was, or 1. */
  readonly storeMembers?: number;
  readonly etcdServers?: readonly string[];
  /** Finds ports for so many members. */
  readonly peerPorts: (count: number) => Promise<readonly number[]>;
  /** The version of the program, if it is about to start the cluster: the record tells. */
  readonly startedBy?: string;
}

/** What a data directory of ours may hold, and what a shell may have logged to. */
const ours = new RegExp(
  '^(cluster\\.json|store\\d*|pki|kubeconfigs?|run\\.json|logs|snapshots|kubelet' +
    '|replaced-.*|restoring-.*|.*\\.log)$',
);
/** What a file system of its own holds from the start. */
const VOLUME = 'lost+found';

/** By its name alone: what may be removed with the cluster. */
export const isOurs = (name: string): boolean => ours.test(name);

/**
 * The record of the data directory, written if this is its first start. Rejects with a
 * {@link ClusterError} if what is there is not ours, is newer than this program, or is of another
 * number of members.
 */
export async function openTopology(
  disk: Disk,
  paths: ClusterPaths,
  wish: TopologyWish,
): Promise<ClusterRecord> {
  if (wish.storeMembers !== undefined && wish.etcdServers !== undefined) {
    throw new ClusterError(
      '--store-members is for a store of its own; leave it or --etcd-servers out',
    );
  }
  const record = await readRecord(disk, paths);
  if (record !== undefined && !(await isVoid(disk, paths, record))) {
    checkWish(record, paths, wish);
    const { startedBy = record.lastRunBy } = wish;
    if (startedBy === undefined || startedBy === record.lastRunBy) return record;
    return write(disk, paths, { ...record, version: DATA_VERSION, lastRunBy: startedBy });
  }
  const { startedBy } = wish;
  const made = {
    version: DATA_VERSION,
    ...(startedBy === undefined ? {} : { lastRunBy: startedBy }),
    storeMembers: await membersOf(wish),
  };
  return write(disk, paths, made);
}

/** A start with an etcd that never answered has left nothing: the next may want a store. */
async function isVoid(disk: Disk, paths: ClusterPaths, record: ClusterRecord): Promise<boolean> {
  return record.storeMembers.length === 0 && (await disk.read(paths.kubeconfig)) === undefined;
}

async function write(
  disk: Disk,
  paths: ClusterPaths,
  record: ClusterRecord,
): Promise<ClusterRecord> {
  await disk.write(`${paths.dataDir}/cluster.json`, `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

/** Undefined if no cluster was ever started there; rejects as {@link openTopology} does. */
export async function readRecord(
  disk: Disk,
  paths: ClusterPaths,
): Promise<ClusterRecord | undefined> {
  const { dataDir } = paths;
  const bytes = await disk.read(`${dataDir}/cluster.json`);
  if (bytes !== undefined) return parseRecord(Buffer.from(bytes).toString('utf8'), dataDir);
  const names = await disk.list(dataDir);
  const foreign = names.filter((name) => !isOurs(name) && name !== VOLUME);
  if (foreign.length > 0 && !names.some(isOurs)) {
    throw new ClusterError(
      `${dataDir} holds something else (${foreign.slice(0, 3).join(', ')}); ` +
        'choose an empty or new folder with --data-dir',
    );
  }
  return undefined;
}

function parseRecord(text: string, dataDir: string): ClusterRecord {
  const damaged = (why: string): ClusterError =>
    new ClusterError(
      `${dataDir}/cluster.json is damaged (${why}); put it back from a copy, or restore a ` +
        'snapshot into another --data-dir',
    );
  let record: Partial<ClusterRecord>;
  try {
    record = JSON.parse(text) as Partial<ClusterRecord>;
  } catch (error) {
    throw damaged((error as Error).message);
  }
  const { version, storeMembers, lastRunBy } = record;
  if (typeof version !== 'number') throw damaged('it has no version');
  if (version > DATA_VERSION) {
    const by = typeof record.lastRunBy === 'string' ? ` ${record.lastRunBy}` : '';
    throw new ClusterError(
      `the data in ${dataDir} was written by a newer wherry${by} (layout ${version}; this one ` +
        `reads ${DATA_VERSION}): run that one, or choose another --data-dir`,
    );
  }
  if (version < OLDEST_DATA_VERSION) {
    throw new ClusterError(
      `the data in ${dataDir} was written by a wherry too old for this one (layout ${version}; ` +
        `this one reads ${OLDEST_DATA_VERSION} and newer): save a snapshot with the old one, and ` +
        'restore it into another --data-dir',
    );
  }
  if (!Array.isArray(storeMembers)) throw damaged('it names no store members');
  return { version, storeMembers, ...(lastRunBy === undefined ? {} : { lastRunBy }) };
}

function checkWish(record: ClusterRecord, { dataDir }: ClusterPaths, wish: TopologyWish): void {
  const had = record.storeMembers.length;
  if (wish.etcdServers === undefined ? had === 0 : had > 0) {
    throw new ClusterError(
      had === 0
        ? `the cluster in ${dataDir} keeps its state in another etcd; name it with --etcd-servers`
        : `the cluster in ${dataDir} has a store of its own; leave --etcd-servers out, or choose ` +
            'another --data-dir',
    );
  }
  const { storeMembers = had } = wish;
  if (had > 0 && storeMembers !== had) {
    throw new ClusterError(
      `the store in ${dataDir} has ${had} member${had === 1 ? '' : 's'}, not ${storeMembers}; ` +
        'leave --store-members out, or restore a snapshot into another --data-dir',
    );
  }
}

async function membersOf({
  storeMembers: count = 1,
  etcdServers,
  peerPorts,
}: TopologyWish): Promise<StoreMember[]> {
  if (etcdServers !== undefined) return [];
  if (count === 1) return [{ name: 'store' }];
  const ports = await peerPorts(count);
  return ports.map((peerPort, index) => ({ name: `store${index + 1}`, peerPort }));
}
