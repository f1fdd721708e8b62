import { realCrypto } from '../platform/node/crypto/crypto.ts';
import { realFileAccess } from '../platform/node/files/file-access.ts';
import { checkDigest } from '../store/backup/snapshot-file.ts';
import type { EtcdClient } from './client.ts';

/** Writes what the client's endpoint holds to a file, whole or not at all, and reads it back. */
export async function saveSnapshot(client: EtcdClient, path: string): Promise<void> {
  const file = await realFileAccess.create(path);
  try {
    for await (const { blob } of client.stream('etcdserverpb.Maintenance/Snapshot', [{}]))
      await file.write(blob as Buffer);
    await file.commit();
  } finally {
    await file.abandon();
  }
  // What arrived is what was sent, or it is no backup.
  const saved = await realFileAccess.open(path);
  await checkDigest(saved, realCrypto.sha256()).finally(() => saved.close());
}
