import type { LeaseTimeToLive } from '../../server/interface.ts';
import { varintTag, type WireReader } from '../wire/reader.ts';
import type { WireWriter } from '../wire/writer.ts';
import { writeHeader, type ResponseHeader } from './header.ts';

export interface LeaseGrant {
  readonly id: string;
  readonly ttlSeconds: number;
}

export function readLeaseGrantRequest(reader: WireReader): LeaseGrant {
  let ttlSeconds = 0;
  let id = '0';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) ttlSeconds = reader.int();
    else if (tag === varintTag(2)) id = reader.id();
    else reader.skip(tag);
  }
  return { id, ttlSeconds };
}

export function writeLeaseGrantRequest(writer: WireWriter, lease: LeaseGrant): void {
  writer.id(2, lease.id);
  writer.int(1, lease.ttlSeconds);
}

/** Grant and KeepAlive answer alike: ID in field 2, TTL in field 3. */
export function writeLeaseResponse(
  writer: WireWriter,
  header: ResponseHeader,
  lease: LeaseGrant,
): void {
  writer.int(3, lease.ttlSeconds);
  writer.id(2, lease.id);
  writeHeader(writer, header);
}

/** `error` (field 4 of LeaseGrantResponse) is never set by etcd. */
export function readLeaseResponse(reader: WireReader): LeaseGrant {
  let ttlSeconds = 0;
  let id = '0';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(2)) id = reader.id();
    else if (tag === varintTag(3)) ttlSeconds = reader.int();
    else reader.skip(tag);
  }
  return { id, ttlSeconds };
}

/** Revoke, KeepAlive and TimeToLive name the lease in field 1; only the last has `keys`. */
export function readLeaseRequest(reader: WireReader): { id: string; keys: boolean } {
  let id = '0';
  let keys = false;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) id = reader.id();
    else if (tag === varintTag(2)) keys = reader.bool();
    else reader.skip(tag);
  }
  return { id, keys };
}

export function writeTimeToLiveResponse(
  writer: WireWriter,
  header: ResponseHeader,
  lease: LeaseTimeToLive,
): void {
  for (const key of lease.keys.toReversed()) writer.element(5, Buffer.from(key, 'latin1'));
  writer.int(4, lease.grantedTtlSeconds);
  writer.int(3, lease.ttlSeconds);
  writer.id(2, lease.id);
  writeHeader(writer, header);
}

export function writeLeasesResponse(
  writer: WireWriter,
  header: ResponseHeader,
  ids: readonly string[],
): void {
  for (const id of ids.toReversed()) {
    const mark = writer.mark();
    writer.id(1, id);
    writer.message(2, mark);
  }
  writeHeader(writer, header);
}
