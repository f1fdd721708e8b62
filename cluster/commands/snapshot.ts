/**
 * `wherry snapshot`: the state of a running cluster as a file of etcd's format, and a cluster that
 * goes on from such a file, ours or etcd's.
 */
import { EtcdClient } from '../../etcdctl/client.ts';
import { saveSnapshot } from '../../etcdctl/snapshot-save.ts';
import { formatTime } from '../../api/time.ts';
import { silentLogger } from '../../platform/logger.ts';
import { isAlive } from '../../platform/node/child-process.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realCrypto } from '../../platform/node/crypto/crypto.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { realFileAccess } from '../../platform/node/files/file-access.ts';
import { moveFolder } from '../../platform/node/files/move-folder.ts';
import { sha1 } from '../../platform/node/crypto/sha1.ts';
import { realEffects } from '../../platform/node/effects.ts';
import { checkDigest, readSnapshot } from '../../store/backup/snapshot-file.ts';
import type { MemberOptions } from '../../store/replica/options.ts';
import { restoreMember } from '../../store/server/restore.ts';
import { ClusterError } from '../failure.ts';
import { DEFAULT_STORE_PORT, HOST } from '../options.ts';
import { clusterPaths, type ClusterPaths } from '../paths.ts';
import { peerPorts } from '../ports.ts';
import { readRunState, runningCluster } from '../run-state.ts';
import { isOurs, openTopology, readRecord } from '../topology.ts';

const CALL_MS = 10_000;
/**
 * Added to the newest revision, as etcd advises for Kubernetes: clients that saw later revisions
 * of the lost cluster are told that the past is gone and list again.
 */
const BUMP_REVISION = 1_000_000_000;

/** Saves to `<data-dir>/snapshots/<name>.db`, or to a path that has a slash or a dot in it. */
export async function save(
  out: (text: string) => void,
  dataDir: string,
  name: string | undefined,
): Promise<number> {
  const paths = clusterPaths(dataDir);
  const state = await runningCluster({ disk: realDisk, isAlive }, dataDir);
  const stores = state.components.filter(({ name: component, address }) => {
    return /^store\d*$/.test(component) && address !== undefined;
  });
  const path = fileOf(paths, name ?? stamp());
  if (stores.length === 0) throw new ClusterError('the cluster has no store that listens');
  await realDisk.makeFolder(paths.snapshots);
  let failure: unknown;
  for (const { address } of stores) {
    const endpoint = address!.split(',')[0]!;
    const client = new EtcdClient({ endpoint, timeoutMs: CALL_MS, now: () => realClock.now() });
    try {
      await saveSnapshot(client, path);
      const { revision, keys } = await contentsOf(path);
      out(`Saved ${path}: ${keys} keys at revision ${revision}\n`);
      return 0;
    } catch (error) {
      failure = error;
    } finally {
      client.close();
    }
  }
  throw failure;
}

export async function list(out: (text: string) => void, dataDir: string): Promise<number> {
  const paths = clusterPaths(dataDir);
  const { snapshots } = paths;
  const isThere = (await readRecord(realDisk, paths)) !== undefined;
  if (!isThere && (await realDisk.list(dataDir)).length === 0) {
    throw new ClusterError(
      `there is no cluster in ${dataDir}; name its data directory with --data-dir`,
    );
  }
  const files = (await realDisk.list(snapshots)).filter((file) => file.endsWith('.db'));
  if (files.length === 0) {
    out(`No snapshots in ${snapshots}\n`);
    return 0;
  }
  out('NAME                       REVISION     KEYS       SIZE\n');
  for (const file of files) {
    const name = file.replace(/\.db$/, '');
    const row = await contentsOf(`${snapshots}/${file}`).then(
      ({ revision, keys, bytes }) => [revision, keys, bytes].map(String),
      (error: Error) => ['-', '-', error.message],
    );
    out(`${name.padEnd(26)} ${row[0]!.padEnd(12)} ${row[1]!.padEnd(10)} ${row[2]}\n`);
  }
  return 0;
}

/** Replaces the state of a stopped cluster; what was there is put aside, not removed. */
export async function restore(
  out: (text: string) => void,
  dataDir: string,
  name: string,
): Promise<number> {
  const paths = clusterPaths(dataDir);
  await refuseRunning(paths, 'restore');
  const path = fileOf(paths, name);
  // Everything that can be wrong with the file, before anything is touched.
  const { revision, keys } = await contentsOf(path);
  const { storeMembers: members } = await openTopology(realDisk, paths, {
    peerPorts: (count) => peerPorts(DEFAULT_STORE_PORT, count),
  });
  if (members.length === 0) {
    throw new ClusterError(
      'this cluster keeps its state in another etcd; restore the file there (etcdutl snapshot restore)',
    );
  }
  const peerUrl = (port: number | undefined): string => `http://${HOST}:${port ?? 2380}`;
  const initialCluster = members.map((member) => ({
    name: member.name,
    peerUrls: [peerUrl(member.peerPort)],
  }));
  const at = stamp();
  const aside = `${dataDir}/replaced-${at}`;
  const staging = `${dataDir}/restoring-${at}`;
  // Beside the old one first: a full disk or a kill on the way leaves the cluster as it was.
  try {
    for (const { name: member, peerUrls } of initialCluster) {
      await restoreTo(`${staging}/${member}`, path, {
        name: member,
        peerUrls,
        initialCluster,
        initialClusterToken: `restored-${at}`,
      });
    }
    for (const { name: member } of members) {
      await moveFolder(paths.storeMember(member), `${aside}/${member}`);
      await moveFolder(`${staging}/${member}`, paths.storeMember(member));
    }
  } finally {
    await realDisk.remove(staging);
  }
  out(
    `Restored ${keys} keys of revision ${revision} from ${path}; what was there is in ${aside}\n` +
      'Start the cluster with `wherry up`.\n',
  );
  return 0;
}

type NewMember = Pick<
  MemberOptions,
  'name' | 'peerUrls' | 'initialCluster' | 'initialClusterToken'
>;

async function restoreTo(dataDir: string, path: string, member: NewMember): Promise<void> {
  const file = await realFileAccess.open(path);
  try {
    await restoreMember(
      {
        ...realEffects(silentLogger),
        disk: realDisk,
        sha1,
        dataDir,
        ...member,
      },
      { file, bumpRevision: BUMP_REVISION },
    );
  } finally {
    await file.close();
  }
}

/** Removes the state, the certificates and the logs of a stopped cluster; snapshots stay. */
export async function reset(
  out: (text: string) => void,
  { dataDir, yes }: { readonly dataDir: string; readonly yes: boolean },
): Promise<number> {
  const paths = clusterPaths(dataDir);
  await refuseRunning(paths, 'reset');
  // Says so if the folder is not one of ours.
  if ((await readRecord(realDisk, paths)) === undefined) {
    out(`Nothing to remove in ${dataDir}\n`);
    return 0;
  }
  const all = await realDisk.list(dataDir);
  const names = all.filter((name) => isOurs(name) && name !== 'snapshots');
  if (!yes) {
    throw new ClusterError(
      `this removes the cluster in ${dataDir} (${names.join(', ')}; snapshots stay): say --yes`,
    );
  }
  // Containers of a cluster that was killed would go on without it.
  const { endLeftovers } = await import('../../kubelet/real-processes.ts');
  endLeftovers(paths.nodes);
  // The record last: what an interrupted removal leaves is still known as ours.
  const last = (name: string): number => (name === 'cluster.json' ? 1 : 0);
  for (const name of names.toSorted((a, b) => last(a) - last(b))) {
    await realDisk.remove(`${dataDir}/${name}`);
  }
  out(`Removed ${names.join(', ')} from ${dataDir}\n`);
  return 0;
}

async function refuseRunning(paths: ClusterPaths, what: string): Promise<void> {
  const state = await readRunState(realDisk, paths);
  if (state !== undefined && isAlive(state)) {
    throw new ClusterError(
      `the cluster in ${paths.dataDir} is running (pid ${state.pid}); ` +
        `stop it before you ${what} it, with \`wherry down\``,
    );
  }
}

async function contentsOf(
  path: string,
): Promise<{ revision: number; keys: number; bytes: number }> {
  const file = await realFileAccess.open(path).catch((error: Error & { code?: string }) => {
    if (error.code === 'ENOENT') {
      throw new ClusterError(
        `there is no snapshot ${path}; \`wherry snapshot list\` shows the saved ones`,
        { cause: error },
      );
    }
    throw new ClusterError(`cannot read the snapshot: ${error.message}`, { cause: error });
  });
  try {
    await checkDigest(file, realCrypto.sha256());
    const snapshot = await readSnapshot(file);
    const keys = new Set<string>();
    let revision = 1;
    for await (const { kv } of snapshot.pairs()) {
      revision = kv.modRevision;
      if (kv.version === 0) keys.delete(kv.key);
      else keys.add(kv.key);
    }
    return { revision, keys: keys.size, bytes: file.bytes };
  } finally {
    await file.close();
  }
}

function fileOf({ snapshots }: ClusterPaths, name: string): string {
  return /[/.]/.test(name) ? name : `${snapshots}/${name}.db`;
}

/** "2026-11-21T10-15-30Z" */
const stamp = (): string => formatTime(realClock.now()).replaceAll(':', '-');
