import { writeHeader } from './messages/header.ts';
import {
  readLeaseGrantRequest,
  readLeaseRequest,
  writeLeaseResponse,
  writeLeasesResponse,
  writeTimeToLiveResponse,
} from './messages/lease.ts';
import type { ServiceContext, UnaryMethods } from './unary.ts';
import { decode } from './wire/reader.ts';
import { encode } from './wire/writer.ts';

/** etcdserverpb.Lease without its one stream, LeaseKeepAlive (keep-alive-stream.ts). */
export function leaseService(context: ServiceContext): UnaryMethods {
  const { leases } = context.member;
  const header = () => context.header(context.member.head().revision);
  return {
    '/etcdserverpb.Lease/LeaseGrant': async (bytes) => {
      const lease = await leases.grant(decode(bytes, readLeaseGrantRequest));
      return encode((writer) => writeLeaseResponse(writer, header(), lease));
    },
    '/etcdserverpb.Lease/LeaseRevoke': async (bytes) => {
      await leases.revoke(decode(bytes, readLeaseRequest).id);
      return encode((writer) => writeHeader(writer, header()));
    },
    '/etcdserverpb.Lease/LeaseTimeToLive': async (bytes) => {
      const { id, keys } = decode(bytes, readLeaseRequest);
      const lease = await leases.timeToLive(id, keys);
      return encode((writer) => writeTimeToLiveResponse(writer, header(), lease));
    },
    '/etcdserverpb.Lease/LeaseLeases': async () => {
      const ids = await leases.list();
      return encode((writer) => writeLeasesResponse(writer, header(), ids));
    },
  };
}
