import { ALARM_GET, readAlarmAction, writeStatusResponse } from './messages/maintenance.ts';
import { writeMemberListResponse } from './messages/cluster.ts';
import { writeHeader } from './messages/header.ts';
import { codes, RpcError } from './status.ts';
import type { ServiceContext, UnaryMethods } from './unary.ts';
import { decode } from './wire/reader.ts';
import { encode } from './wire/writer.ts';

/** "3.6.0" → "3.6.0"; "3.6.14" → "3.6.0": the version of the format, not of the server. */
export const storageVersion = (version: string): string =>
  `${version.split('.').slice(0, 2).join('.')}.0`;

/**
 * Of etcdserverpb.Maintenance and Cluster: what `etcdctl endpoint` asks for. This store raises no
 * alarms, so the list of them is empty and there is none to change.
 */
export function maintenanceService(context: ServiceContext): UnaryMethods {
  const { member, header, self } = context;
  return {
    '/etcdserverpb.Maintenance/Status': async () => {
      const status = await member.status();
      const extras = {
        storageVersion: storageVersion(status.version),
        dbSizeQuota: context.quotaBytes,
      };
      return encode((writer) =>
        writeStatusResponse(writer, header(member.head().revision), { ...status, ...extras }),
      );
    },
    '/etcdserverpb.Maintenance/Alarm': async (bytes) => {
      if (decode(bytes, readAlarmAction) !== ALARM_GET) {
        throw new RpcError(codes.unimplemented, 'this store has no alarms to change');
      }
      return encode((writer) => writeHeader(writer, header(member.head().revision)));
    },
    '/etcdserverpb.Cluster/MemberList': async () =>
      // Cluster's headers carry no revision.
      encode((writer) => writeMemberListResponse(writer, header(0), [self])),
  };
}
