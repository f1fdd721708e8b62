import type { Engine } from '../engine/engine.ts';
import type { MemberIdentity } from './interface.ts';
import { metaKey } from './keyspace.ts';

/** SHA-1, from the platform. It names things here and protects nothing. */
export type Sha1 = (bytes: Uint8Array) => Uint8Array;

const firstU64 = (digest: Uint8Array): bigint =>
  Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength).readBigUInt64BE(0);

/**
 * IDs as etcd computes them, which documentation and tools know by heart: a member's from its
 * sorted peer URLs and the cluster token, a cluster's from its sorted member IDs.
 */
export function computeIdentity(
  member: { name: string; peerUrls: readonly string[]; initialClusterToken: string },
  sha1: Sha1,
): MemberIdentity {
  const text = [...member.peerUrls].sort().join('') + member.initialClusterToken;
  const memberId = firstU64(sha1(Buffer.from(text)));
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(memberId);
  const clusterId = firstU64(sha1(bytes));
  return { name: member.name, memberId: memberId.toString(), clusterId: clusterId.toString() };
}

const identityKey = metaKey('identity');

/** What the member was named when its data folder was new: later settings do not change it. */
export async function loadIdentity(
  engine: Engine,
  settings: Parameters<typeof computeIdentity>[0] & { readonly sha1: Sha1 },
): Promise<MemberIdentity> {
  const stored = await engine.get(identityKey);
  if (stored !== undefined)
    return { ...(JSON.parse(stored.toString()) as MemberIdentity), name: settings.name };
  const identity = computeIdentity(settings, settings.sha1);
  const value = Buffer.from(JSON.stringify(identity));
  await engine.batch([{ type: 'put', key: identityKey, value }], { sync: false });
  return identity;
}
