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
  const header = () => context.header(context.member.head().revision);
  return {
    '/etcdserverpb.Lease/LeaseGrant': async (bytes, origin) => {
      const lease = await context
        .callsOf(origin)
        .leases.grant(decode(bytes, readLeaseGrantRequest));
      return encode((writer) => writeLeaseResponse(writer, context.header(lease.revision), lease));
    },
    '/etcdserverpb.Lease/LeaseRevoke': async (bytes, origin) => {
      const { id } = decode(bytes, readLeaseRequest);
      const revision = await context.callsOf(origin).leases.revoke(id);
      return encode((writer) => writeHeader(writer, context.header(revision)));
    },
    '/etcdserverpb.Lease/LeaseTimeToLive': async (bytes, origin) => {
      const { id, keys } = decode(bytes, readLeaseRequest);
      const lease = await context.callsOf(origin).leases.timeToLive(id, keys);
      return encode((writer) => writeTimeToLiveResponse(writer, header(), lease));
    },
    '/etcdserverpb.Lease/LeaseLeases': async (_bytes, origin) => {
      const ids = await context.callsOf(origin).leases.list();
      return encode((writer) => writeLeasesResponse(writer, header(), ids));
    },
  };
}
