/**
 * Where things lie in the engine. One prefix byte per kind, numbers big-endian so that the
 * engine's order is theirs:
 *
 *     h                      hard state of Raft
 *     l <u64 index>          log entry
 *     m <name>               meta: small facts, see {@link metaKeys}
 *     e <u64 lease ID>       granted TTL, and what was left at the last checkpoint
 *     f <name>               fact: small replicated state (alarms, users, roles)
 *     r <u64 main> <u32 sub> one version of one pair
 */
import type { KeyRange } from '../engine/engine.ts';

const U32 = 2 ** 32;

function prefixed(prefix: string, bytes: number): Buffer {
  const key = Buffer.allocUnsafe(1 + bytes);
  key[0] = prefix.charCodeAt(0);
  return key;
}

/** Two halves instead of a BigInt: this is on the path of every write. */
function writeU64(buffer: Buffer, value: number, offset: number): void {
  buffer.writeUInt32BE(Math.floor(value / U32), offset);
  buffer.writeUInt32BE(value % U32, offset + 4);
}

function readU64(buffer: Buffer, offset: number): number {
  return buffer.readUInt32BE(offset) * U32 + buffer.readUInt32BE(offset + 4);
}

const next = (prefix: string): Buffer => Buffer.from([prefix.charCodeAt(0) + 1]);

export const hardStateKey = Buffer.from('h');
const ENTRY_PREFIX = 'l'.charCodeAt(0);

const metaKey = (name: string): Buffer => Buffer.from(`m${name}`);

export const metaKeys = {
  /** Who this member is, as JSON. */
  identity: metaKey('identity'),
  /** Index and term of the newest entry dropped from the log. */
  logStart: metaKey('logStart'),
  /** Index of the newest entry whose effects are here. */
  applied: metaKey('applied'),
  compactRevision: metaKey('compactRevision'),
  /** Who belongs to the cluster, as JSON. */
  cluster: metaKey('cluster'),
};

export const wholeKeyspace: KeyRange = { gte: Buffer.from([0]), lt: Buffer.from([0xff]) };

/** Whether a pair is part of the state that all members share. */
export function isReplicated(key: Buffer): boolean {
  if (key[0] === hardStateKey[0] || key[0] === ENTRY_PREFIX) return false;
  return !key.equals(metaKeys.identity) && !key.equals(metaKeys.logStart);
}

export function entryKey(index: number): Buffer {
  const key = prefixed('l', 8);
  writeU64(key, index, 1);
  return key;
}

export function entryRange(from: number): KeyRange {
  return { gte: entryKey(from), lt: next('l') };
}

export function leaseKey(id: string): Buffer {
  const key = prefixed('e', 8);
  key.writeBigUInt64BE(BigInt(id), 1);
  return key;
}

export function leaseIdOf(key: Buffer): string {
  return key.readBigUInt64BE(1).toString();
}

const leaseRangeStart = Buffer.from('e');
export const leaseRange: KeyRange = { gte: leaseRangeStart, lt: next('e') };

/** Names are byte strings. */
export function factKey(name: string): Buffer {
  return Buffer.from(`f${name}`, 'latin1');
}

export function factNameOf(key: Buffer): string {
  return key.toString('latin1', 1);
}

export const factRange: KeyRange = { gte: Buffer.from('f'), lt: next('f') };

export function recordKey(main: number, sub: number): Buffer {
  const key = prefixed('r', 12);
  writeU64(key, main, 1);
  key.writeUInt32BE(sub, 9);
  return key;
}

export function revisionOfKey(key: Buffer): { readonly main: number; readonly sub: number } {
  return { main: readU64(key, 1), sub: key.readUInt32BE(9) };
}

/** Records of revisions `from` to `through`, both included. */
export function recordRange(from: number, through: number): KeyRange {
  return { gte: recordKey(from, 0), lt: recordKey(through + 1, 0) };
}

/** Everything that snapshots copy, pairs last; the log lies between and is skipped. */
export const replicatedRange: KeyRange = { gte: leaseRangeStart, lt: next('r') };

export function within(range: KeyRange, key: Buffer): boolean {
  return Buffer.compare(key, range.gte) >= 0 && Buffer.compare(key, range.lt) < 0;
}

export const allRecords: KeyRange = { gte: Buffer.from('r'), lt: next('r') };
