/** snapshot save, status, restore: files that etcd and this store both read */
import { Command } from 'commander';
import { silentLogger } from '../../platform/logger.ts';
import { realCrypto } from '../../platform/node/crypto/crypto.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { realFileAccess } from '../../platform/node/files/file-access.ts';
import { sha1 } from '../../platform/node/crypto/sha1.ts';
import { realEffects } from '../../platform/node/effects.ts';
import { checkDigest } from '../../store/backup/snapshot-file.ts';
import { readRevision } from '../../store/backup/etcd-record.ts';
import { BoltReader } from '../../store/bolt/reader.ts';
import { crc32c } from '../../store/persistence/crc32c.ts';
import { restoreMember } from '../../store/server/restore.ts';
import type { Run, Session } from '../session.ts';
import { saveSnapshot } from '../snapshot-save.ts';
import { table } from './cluster.ts';
import { badArguments } from '../failure.ts';

async function save(session: Session, path: string): Promise<void> {
  const { endpoints } = session.flags;
  if (endpoints.length > 1)
    throw badArguments(
      `snapshot must be requested to one selected node, not multiple [${endpoints.join(' ')}]`,
    );
  await saveSnapshot(await session.client(), path);
  session.print(`Snapshot saved at ${path}`);
}

async function status(session: Session, path: string): Promise<void> {
  const file = await realFileAccess.open(path);
  try {
    const reader = await BoltReader.open(file);
    let [hash, revision, totalKey] = [0, 0, 0];
    for (const bucket of await reader.buckets()) {
      hash = crc32c(Buffer.from(bucket), hash);
      for await (const [key, value] of reader.entries(bucket)) {
        hash = crc32c(value, crc32c(key, hash));
        if (bucket === 'key') revision = readRevision(key)?.main ?? revision;
        totalKey++;
      }
    }
    if (session.flags.writeOut === 'json') {
      session.print(JSON.stringify({ hash, revision, totalKey, totalSize: file.bytes }));
      return;
    }
    const row = [hash.toString(16), String(revision), String(totalKey), `${file.bytes} B`];
    const heads = ['HASH', 'REVISION', 'TOTAL KEYS', 'TOTAL SIZE'];
    session.print(session.flags.writeOut === 'table' ? table(heads, [row]) : row.join(', '));
  } finally {
    await file.close();
  }
}

interface RestoreFlags {
  readonly dataDir?: string;
  readonly name: string;
  readonly initialCluster?: string;
  readonly initialClusterToken: string;
  readonly initialAdvertisePeerUrls: string;
  readonly skipHashCheck: boolean;
  readonly bumpRevision: string;
  readonly markCompacted: boolean;
}

function membersOf(text: string): { name: string; peerUrls: string[] }[] {
  const members = new Map<string, string[]>();
  for (const part of text.split(',')) {
    const [name, url] = part.trim().split('=');
    if (name === undefined || url === undefined)
      throw badArguments(`${JSON.stringify(part)} is not name=http(s)://host:port`);
    members.set(name, [...(members.get(name) ?? []), url]);
  }
  return [...members].map(([name, peerUrls]) => ({ name, peerUrls }));
}

async function restore(session: Session, path: string, flags: RestoreFlags): Promise<void> {
  const bumpRevision = Number(flags.bumpRevision);
  if (bumpRevision > 0 !== flags.markCompacted)
    throw badArguments('--mark-compacted and --bump-revision belong together');
  const peerUrls = flags.initialAdvertisePeerUrls.split(',');
  const initialCluster = membersOf(flags.initialCluster ?? `${flags.name}=${peerUrls.join()}`);
  if (!initialCluster.some(({ name }) => name === flags.name))
    throw badArguments(
      `couldn't find local name ${JSON.stringify(flags.name)} in the initial cluster configuration`,
    );
  const dataDir = flags.dataDir ?? `${flags.name}.etcd`;
  const file = await realFileAccess.open(path);
  try {
    if (!flags.skipHashCheck) await checkDigest(file, realCrypto.sha256());
    const { memberId, clusterId } = await restoreMember(
      {
        ...realEffects(silentLogger),
        disk: realDisk,
        sha1,
        dataDir,
        name: flags.name,
        peerUrls,
        initialCluster,
        initialClusterToken: flags.initialClusterToken,
      },
      { file, bumpRevision },
    );
    const hex = (id: string): string => BigInt(id).toString(16);
    session.print(`restored ${path} to ${dataDir}: member ${hex(memberId)} of ${hex(clusterId)}`);
  } finally {
    await file.close();
  }
}

export function snapshotCommand(run: Run): Command {
  const snapshot = new Command('snapshot').description('Copies of a whole store');
  snapshot
    .command('save <file>')
    .description('Save what an endpoint holds')
    .action((path: string) => run((session) => save(session, path)));
  snapshot
    .command('status <file>')
    .description('Show what is in a file')
    .action((path: string) => run((session) => status(session, path)));
  snapshot
    .command('restore <file>')
    .description('Make the data folder of a new member from a file')
    .option('--data-dir <folder>', 'of the new member (default: <name>.etcd)')
    .option('--name <name>', 'of the new member', 'default')
    .option('--initial-cluster <members>', 'of the new cluster: name=url,…')
    .option('--initial-cluster-token <token>', 'of the new cluster', 'etcd-cluster')
    .option('--initial-advertise-peer-urls <urls>', 'of the member', 'http://localhost:2380')
    .option('--skip-hash-check', 'take a file without a digest', false)
    .option('--bump-revision <n>', 'added to the newest revision', '0')
    .option('--mark-compacted', 'with --bump-revision: the past is gone', false)
    .action((path: string, flags: RestoreFlags) => run((session) => restore(session, path, flags)));
  return snapshot;
}
