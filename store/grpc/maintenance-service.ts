import type { Alarm } from '../mvcc/command.ts';
import { alarmNumbers } from '../backup/contents.ts';
import type { Maintenance } from '../server/interface.ts';
import { writeStatusResponse } from './messages/maintenance.ts';
import { decodeMessage, encodeMessage, type Plain } from './schema/codec.ts';
import { codes, RpcError } from './status.ts';
import { plainHeader, type ServiceContext, type UnaryMethods } from './unary.ts';
import { encode } from './wire/writer.ts';

/** "3.6.0" → "3.6.0"; "3.6.14" → "3.6.0": the version of the format, not of the server. */
export const storageVersion = (version: string): string =>
  `${version.split('.').slice(0, 2).join('.')}.0`;

interface AlarmRequest {
  readonly action?: number;
  readonly memberID?: number | bigint;
  readonly alarm?: number;
}

/** AlarmRequest.AlarmAction */
const ACTIVATE = 1;
const DEACTIVATE = 2;

const alarmNames: Readonly<Record<number, Alarm['alarm']>> = { 1: 'noSpace', 2: 'corrupt' };

async function answerAlarm(
  context: ServiceContext,
  request: AlarmRequest,
  maintenance: Maintenance,
): Promise<Plain> {
  const wanted = alarmNames[request.alarm ?? 0];
  const id = String(request.memberID ?? 0);
  let alarms: readonly Alarm[] = [];
  if (request.action === ACTIVATE) {
    if (wanted !== undefined && id !== '0') {
      const alarm: Alarm = { memberId: id, alarm: wanted };
      if (await maintenance.changeAlarm('activate', alarm)) alarms = [alarm];
    }
  } else {
    const standing = await maintenance.alarms();
    const named = standing.filter(({ alarm }) => wanted === undefined || alarm === wanted);
    // Member 0 stands for every member.
    alarms = request.action !== DEACTIVATE || id === '0' ? named : byMember(named, id);
    if (request.action === DEACTIVATE)
      for (const alarm of alarms) await maintenance.changeAlarm('deactivate', alarm);
  }
  return {
    header: plainHeader(context),
    alarms: alarms.map((each) => ({
      memberID: BigInt(each.memberId),
      alarm: alarmNumbers[each.alarm],
    })),
  };
}

const byMember = (alarms: readonly Alarm[], id: string): readonly Alarm[] =>
  alarms.filter(({ memberId }) => memberId === id);

/** DowngradeRequest.DowngradeAction */
const VALIDATE = 0;
const CANCEL = 2;

/** Only the minor version before is a target, and a store of our own has no older format. */
function answerDowngrade(
  context: ServiceContext,
  { action = VALIDATE, version = '' }: { readonly action?: number; readonly version?: string },
): Plain {
  const [major, minor] = context.version.split('.').map(Number);
  const answer = { header: plainHeader(context), version: `${major}.${minor}` };
  // There is none under way, and etcd says so in its log only.
  if (action === CANCEL) return answer;
  if (!/^\d+\.\d+(\.\d+)?$/.test(version))
    throw new RpcError(codes.invalidArgument, 'etcdserver: wrong downgrade target version format');
  const [toMajor, toMinor] = version.split('.').map(Number);
  if (action !== VALIDATE || toMajor !== major || toMinor !== minor! - 1)
    throw new RpcError(codes.invalidArgument, 'etcdserver: invalid downgrade target version');
  return answer;
}

/** etcdserverpb.Maintenance without its stream, Snapshot, and MoveLeader. */
export function maintenanceService(context: ServiceContext): UnaryMethods {
  const { member, callsOf, header } = context;
  return {
    '/etcdserverpb.Maintenance/Status': async (_bytes, origin) => {
      await callsOf(origin).checkUser();
      const status = await member.status();
      const extras = {
        storageVersion: storageVersion(status.version),
        dbSizeQuota: context.quotaBytes,
      };
      return encode((writer) =>
        writeStatusResponse(writer, header(member.head().revision), { ...status, ...extras }),
      );
    },
    '/etcdserverpb.Maintenance/Alarm': async (bytes, origin) => {
      const request = decodeMessage<AlarmRequest>('AlarmRequest', bytes);
      return encodeMessage(
        'AlarmResponse',
        await answerAlarm(context, request, callsOf(origin).maintenance),
      );
    },
    '/etcdserverpb.Maintenance/Hash': async (_bytes, origin) => {
      const hash = await callsOf(origin).maintenance.hash();
      return encodeMessage('HashResponse', { header: plainHeader(context), hash });
    },
    '/etcdserverpb.Maintenance/HashKV': async (bytes, origin) => {
      const { revision = 0 } = decodeMessage<{ revision?: number }>('HashKVRequest', bytes);
      const { hash, compactRevision, hashRevision } =
        await callsOf(origin).maintenance.hashKv(revision);
      return encodeMessage('HashKVResponse', {
        header: plainHeader(context),
        hash,
        compact_revision: compactRevision,
        hash_revision: hashRevision,
      });
    },
    '/etcdserverpb.Maintenance/Defragment': async (_bytes, origin) => {
      await callsOf(origin).maintenance.defragment();
      // etcd leaves the header out here.
      return Buffer.alloc(0);
    },
    '/etcdserverpb.Maintenance/Downgrade': async (bytes, origin) => {
      await callsOf(origin).checkAdmin();
      const request = decodeMessage('DowngradeRequest', bytes);
      return encodeMessage('DowngradeResponse', answerDowngrade(context, request));
    },
  };
}
