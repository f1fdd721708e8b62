import protobuf from 'protobufjs';

/**
 * etcd's v3 messages as far as the tests use them: the field numbers of the public API, written
 * down independently of `store/grpc` so that each checks the other.
 */
const source = `
syntax = "proto3";
package etcdserverpb;
message KeyValue { bytes key = 1; int64 create_revision = 2; int64 mod_revision = 3;
  int64 version = 4; bytes value = 5; int64 lease = 6; }
message Event { enum EventType { PUT = 0; DELETE = 1; }
  EventType type = 1; KeyValue kv = 2; KeyValue prev_kv = 3; }
message ResponseHeader { uint64 cluster_id = 1; uint64 member_id = 2; int64 revision = 3;
  uint64 raft_term = 4; }
message RangeRequest { enum SortOrder { NONE = 0; ASCEND = 1; DESCEND = 2; }
  enum SortTarget { KEY = 0; VERSION = 1; CREATE = 2; MOD = 3; VALUE = 4; }
  bytes key = 1; bytes range_end = 2; int64 limit = 3; int64 revision = 4;
  SortOrder sort_order = 5; SortTarget sort_target = 6; bool serializable = 7;
  bool keys_only = 8; bool count_only = 9; int64 min_mod_revision = 10;
  int64 max_mod_revision = 11; int64 min_create_revision = 12; int64 max_create_revision = 13; }
message RangeResponse { ResponseHeader header = 1; repeated KeyValue kvs = 2; bool more = 3;
  int64 count = 4; }
message PutRequest { bytes key = 1; bytes value = 2; int64 lease = 3; bool prev_kv = 4;
  bool ignore_value = 5; bool ignore_lease = 6; }
message PutResponse { ResponseHeader header = 1; KeyValue prev_kv = 2; }
message DeleteRangeRequest { bytes key = 1; bytes range_end = 2; bool prev_kv = 3; }
message DeleteRangeResponse { ResponseHeader header = 1; int64 deleted = 2;
  repeated KeyValue prev_kvs = 3; }
message RequestOp { oneof request { RangeRequest request_range = 1; PutRequest request_put = 2;
  DeleteRangeRequest request_delete_range = 3; TxnRequest request_txn = 4; } }
message ResponseOp { oneof response { RangeResponse response_range = 1;
  PutResponse response_put = 2; DeleteRangeResponse response_delete_range = 3;
  TxnResponse response_txn = 4; } }
message Compare { enum CompareResult { EQUAL = 0; GREATER = 1; LESS = 2; NOT_EQUAL = 3; }
  enum CompareTarget { VERSION = 0; CREATE = 1; MOD = 2; VALUE = 3; LEASE = 4; }
  CompareResult result = 1; CompareTarget target = 2; bytes key = 3;
  oneof target_union { int64 version = 4; int64 create_revision = 5; int64 mod_revision = 6;
    bytes value = 7; int64 lease = 8; }
  bytes range_end = 64; }
message TxnRequest { repeated Compare compare = 1; repeated RequestOp success = 2;
  repeated RequestOp failure = 3; }
message TxnResponse { ResponseHeader header = 1; bool succeeded = 2;
  repeated ResponseOp responses = 3; }
message CompactionRequest { int64 revision = 1; bool physical = 2; }
message CompactionResponse { ResponseHeader header = 1; }
message WatchCreateRequest { enum FilterType { NOPUT = 0; NODELETE = 1; }
  bytes key = 1; bytes range_end = 2; int64 start_revision = 3; bool progress_notify = 4;
  repeated FilterType filters = 5; bool prev_kv = 6; int64 watch_id = 7; bool fragment = 8; }
message WatchCancelRequest { int64 watch_id = 1; }
message WatchProgressRequest { }
message WatchRequest { oneof request_union { WatchCreateRequest create_request = 1;
  WatchCancelRequest cancel_request = 2; WatchProgressRequest progress_request = 3; } }
message WatchResponse { ResponseHeader header = 1; int64 watch_id = 2; bool created = 3;
  bool canceled = 4; int64 compact_revision = 5; string cancel_reason = 6; bool fragment = 7;
  repeated Event events = 11; }
message LeaseGrantRequest { int64 TTL = 1; int64 ID = 2; }
message LeaseGrantResponse { ResponseHeader header = 1; int64 ID = 2; int64 TTL = 3;
  string error = 4; }
message LeaseRevokeRequest { int64 ID = 1; }
message LeaseRevokeResponse { ResponseHeader header = 1; }
message LeaseKeepAliveRequest { int64 ID = 1; }
message LeaseKeepAliveResponse { ResponseHeader header = 1; int64 ID = 2; int64 TTL = 3; }
message LeaseTimeToLiveRequest { int64 ID = 1; bool keys = 2; }
message LeaseTimeToLiveResponse { ResponseHeader header = 1; int64 ID = 2; int64 TTL = 3;
  int64 grantedTTL = 4; repeated bytes keys = 5; }
message LeaseLeasesRequest { }
message LeaseStatus { int64 ID = 1; }
message LeaseLeasesResponse { ResponseHeader header = 1; repeated LeaseStatus leases = 2; }
message Member { uint64 ID = 1; string name = 2; repeated string peerURLs = 3;
  repeated string clientURLs = 4; bool isLearner = 5; }
message MemberListRequest { bool linearizable = 1; }
message MemberListResponse { ResponseHeader header = 1; repeated Member members = 2; }
message AlarmRequest { enum AlarmAction { GET = 0; ACTIVATE = 1; DEACTIVATE = 2; }
  AlarmAction action = 1; uint64 memberID = 2; int32 alarm = 3; }
message AlarmMember { uint64 memberID = 1; int32 alarm = 2; }
message AlarmResponse { ResponseHeader header = 1; repeated AlarmMember alarms = 2; }
message HashRequest { }
message HashResponse { ResponseHeader header = 1; uint32 hash = 2; }
message HashKVRequest { int64 revision = 1; }
message HashKVResponse { ResponseHeader header = 1; uint32 hash = 2; int64 compact_revision = 3;
  int64 hash_revision = 4; }
message DefragmentRequest { }
message DefragmentResponse { ResponseHeader header = 1; }
message DowngradeRequest { int32 action = 1; string version = 2; }
message DowngradeResponse { ResponseHeader header = 1; string version = 2; }
message SnapshotRequest { }
message SnapshotResponse { ResponseHeader header = 1; uint64 remaining_bytes = 2; bytes blob = 3;
  string version = 4; }
message Permission { enum Type { READ = 0; WRITE = 1; READWRITE = 2; }
  Type permType = 1; bytes key = 2; bytes range_end = 3; }
message UserAddOptions { bool no_password = 1; }
message AuthEnableRequest { }
message AuthEnableResponse { ResponseHeader header = 1; }
message AuthDisableRequest { }
message AuthDisableResponse { ResponseHeader header = 1; }
message AuthStatusRequest { }
message AuthStatusResponse { ResponseHeader header = 1; bool enabled = 2;
  uint64 authRevision = 3; }
message AuthenticateRequest { string name = 1; string password = 2; }
message AuthenticateResponse { ResponseHeader header = 1; string token = 2; }
message AuthUserAddRequest { string name = 1; string password = 2; UserAddOptions options = 3; }
message AuthUserAddResponse { ResponseHeader header = 1; }
message AuthUserGetRequest { string name = 1; }
message AuthUserGetResponse { ResponseHeader header = 1; repeated string roles = 2; }
message AuthUserListRequest { }
message AuthUserListResponse { ResponseHeader header = 1; repeated string users = 2; }
message AuthUserDeleteRequest { string name = 1; }
message AuthUserDeleteResponse { ResponseHeader header = 1; }
message AuthUserChangePasswordRequest { string name = 1; string password = 2; }
message AuthUserChangePasswordResponse { ResponseHeader header = 1; }
message AuthUserGrantRoleRequest { string user = 1; string role = 2; }
message AuthUserGrantRoleResponse { ResponseHeader header = 1; }
message AuthUserRevokeRoleRequest { string name = 1; string role = 2; }
message AuthUserRevokeRoleResponse { ResponseHeader header = 1; }
message AuthRoleAddRequest { string name = 1; }
message AuthRoleAddResponse { ResponseHeader header = 1; }
message AuthRoleGetRequest { string role = 1; }
message AuthRoleGetResponse { ResponseHeader header = 1; repeated Permission perm = 2; }
message AuthRoleListRequest { }
message AuthRoleListResponse { ResponseHeader header = 1; repeated string roles = 2; }
message AuthRoleDeleteRequest { string role = 1; }
message AuthRoleDeleteResponse { ResponseHeader header = 1; }
message AuthRoleGrantPermissionRequest { string name = 1; Permission perm = 2; }
message AuthRoleGrantPermissionResponse { ResponseHeader header = 1; }
message AuthRoleRevokePermissionRequest { string role = 1; bytes key = 2; bytes range_end = 3; }
message AuthRoleRevokePermissionResponse { ResponseHeader header = 1; }
message StatusRequest { }
message StatusResponse { ResponseHeader header = 1; string version = 2; int64 dbSize = 3;
  uint64 leader = 4; uint64 raftIndex = 5; uint64 raftTerm = 6; uint64 raftAppliedIndex = 7;
  repeated string errors = 8; int64 dbSizeInUse = 9; bool isLearner = 10;
  string storageVersion = 11; int64 dbSizeQuota = 12; }
`;

const root = protobuf.parse(source, { keepCase: true }).root;

const messageType = (name: string): protobuf.Type => root.lookupType(`etcdserverpb.${name}`);

/** Plain values; bytes become latin1 text, 64-bit integers decimal text, absent fields vanish. */
export type Plain = Record<string, unknown>;

function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, readable(item)]));
}

export function decodeMessage(name: string, bytes: Uint8Array): Plain {
  const type = messageType(name);
  const object = type.toObject(type.decode(bytes), { longs: String, enums: String });
  return readable(object) as Plain;
}

/** Texts stand for bytes (latin1) where the field has bytes. */
export function encodeMessage(name: string, value: Plain): Buffer {
  return Buffer.from(encoded(messageType(name), value));
}

function encoded(type: protobuf.Type, value: Plain): Uint8Array {
  return type.encode(type.fromObject(asBytes(type, value))).finish();
}

function asBytes(type: protobuf.Type, value: Plain): Plain {
  const convert = (field: protobuf.Field, item: unknown): unknown => {
    if (field.type === 'bytes' && typeof item === 'string') return Buffer.from(item, 'latin1');
    const nested = field.resolve().resolvedType;
    return nested instanceof protobuf.Type ? asBytes(nested, item as Plain) : item;
  };
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const field = type.fields[key];
      if (field === undefined) throw new TypeError(`${type.name} has no field ${key}`);
      return [key, Array.isArray(item) ? item.map((i) => convert(field, i)) : convert(field, item)];
    }),
  );
}
