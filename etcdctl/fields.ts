/** Answers as etcdctl prints them with -w fields: a name and a value per line. */
import type { Plain } from '../store/grpc/schema/codec.ts';
import { numberText } from './plain.ts';
import { unsupported } from './failure.ts';

const list = (value: unknown): readonly Plain[] => (value ?? []) as readonly Plain[];
const line = (name: string, value: string): string => `"${name}" : ${value}`;
const number = (name: string, value: unknown): string => line(name, numberText(value));
const bool = (name: string, value: unknown): string => line(name, String(value === true));

const escapes: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
};

/** As Go quotes: what cannot be shown is escaped, byte by byte if it is no UTF-8. */
export function quoted(value: unknown): string {
  if (typeof value === 'string') return quoted(Buffer.from(value));
  const bytes = Buffer.from((value as Uint8Array | undefined) ?? []);
  const hex = (code: number): string => `\\x${code.toString(16).padStart(2, '0')}`;
  const utf8 = bytes.toString();
  const isText = Buffer.from(utf8).equals(bytes);
  const shown = Array.from(isText ? utf8 : bytes.toString('latin1'), (char) => {
    const code = char.codePointAt(0)!;
    if (escapes[char] !== undefined) return escapes[char];
    return code < 0x20 || code === 0x7f || (!isText && code > 0x7f) ? hex(code) : char;
  });
  return `"${shown.join('')}"`;
}

function header(answer: Plain): string[] {
  const { cluster_id, member_id, revision, raft_term } = (answer['header'] ?? {}) as Plain;
  return [
    ...[number('ClusterID', cluster_id), number('MemberID', member_id)],
    ...[number('Revision', revision), number('RaftTerm', raft_term)],
  ];
}

function pair(prefix: string, kv: Plain): string[] {
  return [
    line(`${prefix}Key`, quoted(kv['key'])),
    number(`${prefix}CreateRevision`, kv['create_revision']),
    number(`${prefix}ModRevision`, kv['mod_revision']),
    number(`${prefix}Version`, kv['version']),
    line(`${prefix}Value`, quoted(kv['value'])),
    number(`${prefix}Lease`, kv['lease']),
  ];
}

const accesses = ['READ', 'WRITE', 'READWRITE'];
const alarms = ['NONE', 'NOSPACE', 'CORRUPT'];

function member(each: Plain): string[] {
  const urls = (name: string, field: string): string[] =>
    ((each[field] ?? []) as string[]).map((url) => line(name, quoted(url)));
  return [
    ...[number('ID', each['ID']), line('Name', quoted(each['name']))],
    ...[...urls('PeerURL', 'peerURLs'), ...urls('ClientURL', 'clientURLs')],
    ...[bool('IsLearner', each['isLearner']), ''],
  ];
}

function response(each: Plain): string[] {
  const [[kind, answer] = ['', {}]] = Object.entries(each);
  const message = {
    response_range: 'RangeResponse',
    response_put: 'PutResponse',
    response_delete_range: 'DeleteRangeResponse',
    response_txn: 'TxnResponse',
  }[kind];
  return message === undefined ? [] : fieldLines(message, answer as Plain);
}

type Body = (answer: Plain, endpoint: string | undefined) => string[];

const bodies: Readonly<Record<string, Body>> = {
  RangeResponse: (answer) => [
    ...list(answer['kvs']).flatMap((kv) => pair('', kv)),
    ...[bool('More', answer['more']), number('Count', answer['count'])],
  ],
  PutResponse: ({ prev_kv: previous }) =>
    previous === undefined ? [] : pair('Prev', previous as Plain),
  DeleteRangeResponse: (answer) => [
    number('Deleted', answer['deleted']),
    ...list(answer['prev_kvs']).flatMap((kv) => pair('Prev', kv)),
  ],
  TxnResponse: (answer) => [
    bool('Succeeded', answer['succeeded']),
    ...list(answer['responses']).flatMap(response),
  ],
  LeaseGrantResponse: (answer) => [number('ID', answer['ID']), number('TTL', answer['TTL'])],
  LeaseKeepAliveResponse: (answer) => [number('ID', answer['ID']), number('TTL', answer['TTL'])],
  LeaseTimeToLiveResponse: (answer) => [
    ...[number('ID', answer['ID']), number('TTL', answer['TTL'])],
    number('GrantedTTL', answer['grantedTTL']),
    ...((answer['keys'] ?? []) as Buffer[]).map((key) => line('Key', quoted(key))),
  ],
  LeaseLeasesResponse: (answer) => list(answer['leases']).map((each) => number('ID', each['ID'])),
  WatchResponse: (answer) =>
    list(answer['events']).flatMap((event) => [
      line('Type', event['type'] === 1 ? 'DELETE' : 'PUT'),
      ...(event['prev_kv'] === undefined ? [] : pair('Prev', event['prev_kv'] as Plain)),
      ...pair('', event['kv'] as Plain),
    ]),
  MemberListResponse: (answer) => list(answer['members']).flatMap(member),
  StatusResponse: (answer, endpoint) => [
    ...[line('Version', quoted(answer['version'])), number('DBSize', answer['dbSize'])],
    ...[number('Leader', answer['leader']), bool('IsLearner', answer['isLearner'])],
    ...[number('RaftIndex', answer['raftIndex']), number('RaftTerm', answer['raftTerm'])],
    number('RaftAppliedIndex', answer['raftAppliedIndex']),
    line('Errors', `[${((answer['errors'] ?? []) as string[]).join(' ')}]`),
    ...[line('Endpoint', quoted(endpoint)), ''],
  ],
  HashKVResponse: (answer, endpoint) => [
    ...[line('Endpoint', quoted(endpoint)), number('Hash', answer['hash']), ''],
  ],
  AlarmResponse: (answer) =>
    list(answer['alarms']).flatMap((each) => [
      number('MemberID', each['memberID']),
      ...[line('AlarmType', alarms[(each['alarm'] as number | undefined) ?? 0]!), ''],
    ]),
  AuthRoleListResponse: (answer) => [
    `"Roles" :${((answer['roles'] ?? []) as string[]).map((role) => ` ${quoted(role)}`).join('')}`,
  ],
  AuthRoleGetResponse: (answer) =>
    list(answer['perm']).flatMap((each) => [
      line('PermType', ` ${accesses[(each['permType'] as number | undefined) ?? 0]}`),
      ...[line('Key', quoted(each['key'])), line('RangeEnd', quoted(each['range_end']))],
    ]),
};

/** etcdctl has no fields for these. */
const withoutFields = new Set(['AuthUserGetResponse', 'AuthUserListResponse']);

function fieldLines(message: string, answer: Plain, endpoint?: string): string[] {
  return [...header(answer), ...(bodies[message]?.(answer, endpoint) ?? [])];
}

export function printFields(message: string, answer: Plain, endpoint?: string): string {
  if (withoutFields.has(message)) throw unsupported('fields');
  return fieldLines(message, answer, endpoint).join('\n');
}
