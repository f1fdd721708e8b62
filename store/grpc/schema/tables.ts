/**
 * The messages of etcd's v3 API (etcdserverpb, mvccpb, authpb, v3lockpb, v3electionpb), one per
 * line: name, then `field=number:type`, `[]` marking repeated ones; an enum's line has
 * `NAME=number` only. Indented lines go on. The names are the public API's own, which the JSON
 * gateway and etcdctl print. Hot messages have codecs of their own (../messages); this table
 * serves the rest.
 */
export const MESSAGE_TABLE = `
ResponseHeader cluster_id=1:uint64 member_id=2:uint64 revision=3:int64 raft_term=4:uint64
RangeRequest key=1:bytes range_end=2:bytes limit=3:int64 revision=4:int64
  sort_order=5:RangeRequest.SortOrder sort_target=6:RangeRequest.SortTarget serializable=7:bool
  keys_only=8:bool count_only=9:bool min_mod_revision=10:int64 max_mod_revision=11:int64
  min_create_revision=12:int64 max_create_revision=13:int64
RangeRequest.SortOrder NONE=0 ASCEND=1 DESCEND=2
RangeRequest.SortTarget KEY=0 VERSION=1 CREATE=2 MOD=3 VALUE=4
RangeResponse header=1:ResponseHeader kvs=2:[]mvccpb.KeyValue more=3:bool count=4:int64
PutRequest key=1:bytes value=2:bytes lease=3:int64 prev_kv=4:bool ignore_value=5:bool
  ignore_lease=6:bool
PutResponse header=1:ResponseHeader prev_kv=2:mvccpb.KeyValue
DeleteRangeRequest key=1:bytes range_end=2:bytes prev_kv=3:bool
DeleteRangeResponse header=1:ResponseHeader deleted=2:int64 prev_kvs=3:[]mvccpb.KeyValue
RequestOp request_range=1:RangeRequest request_put=2:PutRequest
  request_delete_range=3:DeleteRangeRequest request_txn=4:TxnRequest
ResponseOp response_range=1:RangeResponse response_put=2:PutResponse
  response_delete_range=3:DeleteRangeResponse response_txn=4:TxnResponse
Compare result=1:Compare.CompareResult target=2:Compare.CompareTarget key=3:bytes
  version=4:int64 create_revision=5:int64 mod_revision=6:int64 value=7:bytes lease=8:int64
  range_end=64:bytes
Compare.CompareResult EQUAL=0 GREATER=1 LESS=2 NOT_EQUAL=3
Compare.CompareTarget VERSION=0 CREATE=1 MOD=2 VALUE=3 LEASE=4
TxnRequest compare=1:[]Compare success=2:[]RequestOp failure=3:[]RequestOp
TxnResponse header=1:ResponseHeader succeeded=2:bool responses=3:[]ResponseOp
CompactionRequest revision=1:int64 physical=2:bool
CompactionResponse header=1:ResponseHeader
HashRequest
HashKVRequest revision=1:int64
HashKVResponse header=1:ResponseHeader hash=2:uint32 compact_revision=3:int64
  hash_revision=4:int64
HashResponse header=1:ResponseHeader hash=2:uint32
SnapshotRequest
SnapshotResponse header=1:ResponseHeader remaining_bytes=2:uint64 blob=3:bytes version=4:string
WatchRequest create_request=1:WatchCreateRequest cancel_request=2:WatchCancelRequest
  progress_request=3:WatchProgressRequest
WatchCreateRequest key=1:bytes range_end=2:bytes start_revision=3:int64 progress_notify=4:bool
  filters=5:[]WatchCreateRequest.FilterType prev_kv=6:bool watch_id=7:int64 fragment=8:bool
WatchCreateRequest.FilterType NOPUT=0 NODELETE=1
WatchCancelRequest watch_id=1:int64
WatchProgressRequest
WatchResponse header=1:ResponseHeader watch_id=2:int64 created=3:bool canceled=4:bool
  compact_revision=5:int64 cancel_reason=6:string fragment=7:bool events=11:[]mvccpb.Event
LeaseGrantRequest TTL=1:int64 ID=2:int64
LeaseGrantResponse header=1:ResponseHeader ID=2:int64 TTL=3:int64 error=4:string
LeaseRevokeRequest ID=1:int64
LeaseRevokeResponse header=1:ResponseHeader
LeaseKeepAliveRequest ID=1:int64
LeaseKeepAliveResponse header=1:ResponseHeader ID=2:int64 TTL=3:int64
LeaseTimeToLiveRequest ID=1:int64 keys=2:bool
LeaseTimeToLiveResponse header=1:ResponseHeader ID=2:int64 TTL=3:int64 grantedTTL=4:int64
  keys=5:[]bytes
LeaseLeasesRequest
LeaseStatus ID=1:int64
LeaseLeasesResponse header=1:ResponseHeader leases=2:[]LeaseStatus
Member ID=1:uint64 name=2:string peerURLs=3:[]string clientURLs=4:[]string isLearner=5:bool
MemberAddRequest peerURLs=1:[]string isLearner=2:bool
MemberAddResponse header=1:ResponseHeader member=2:Member members=3:[]Member
MemberRemoveRequest ID=1:uint64
MemberRemoveResponse header=1:ResponseHeader members=2:[]Member
MemberUpdateRequest ID=1:uint64 peerURLs=2:[]string
MemberUpdateResponse header=1:ResponseHeader members=2:[]Member
MemberListRequest linearizable=1:bool
MemberListResponse header=1:ResponseHeader members=2:[]Member
MemberPromoteRequest ID=1:uint64
MemberPromoteResponse header=1:ResponseHeader members=2:[]Member
DefragmentRequest
DefragmentResponse header=1:ResponseHeader
MoveLeaderRequest targetID=1:uint64
MoveLeaderResponse header=1:ResponseHeader
AlarmType NONE=0 NOSPACE=1 CORRUPT=2
AlarmRequest action=1:AlarmRequest.AlarmAction memberID=2:uint64 alarm=3:AlarmType
AlarmRequest.AlarmAction GET=0 ACTIVATE=1 DEACTIVATE=2
AlarmMember memberID=1:uint64 alarm=2:AlarmType
AlarmResponse header=1:ResponseHeader alarms=2:[]AlarmMember
DowngradeRequest action=1:DowngradeRequest.DowngradeAction version=2:string
DowngradeRequest.DowngradeAction VALIDATE=0 ENABLE=1 CANCEL=2
DowngradeResponse header=1:ResponseHeader version=2:string
StatusRequest
StatusResponse header=1:ResponseHeader version=2:string dbSize=3:int64 leader=4:uint64
  raftIndex=5:uint64 raftTerm=6:uint64 raftAppliedIndex=7:uint64 errors=8:[]string
  dbSizeInUse=9:int64 isLearner=10:bool storageVersion=11:string dbSizeQuota=12:int64
  downgradeInfo=13:DowngradeInfo
DowngradeInfo enabled=1:bool targetVersion=2:string
AuthEnableRequest
AuthDisableRequest
AuthStatusRequest
AuthenticateRequest name=1:string password=2:string
AuthUserAddRequest name=1:string password=2:string options=3:authpb.UserAddOptions
  hashedPassword=4:string
AuthUserGetRequest name=1:string
AuthUserDeleteRequest name=1:string
AuthUserChangePasswordRequest name=1:string password=2:string hashedPassword=3:string
AuthUserGrantRoleRequest user=1:string role=2:string
AuthUserRevokeRoleRequest name=1:string role=2:string
AuthRoleAddRequest name=1:string
AuthRoleGetRequest role=1:string
AuthUserListRequest
AuthRoleListRequest
AuthRoleDeleteRequest role=1:string
AuthRoleGrantPermissionRequest name=1:string perm=2:authpb.Permission
AuthRoleRevokePermissionRequest role=1:string key=2:bytes range_end=3:bytes
AuthEnableResponse header=1:ResponseHeader
AuthDisableResponse header=1:ResponseHeader
AuthStatusResponse header=1:ResponseHeader enabled=2:bool authRevision=3:uint64
AuthenticateResponse header=1:ResponseHeader token=2:string
AuthUserAddResponse header=1:ResponseHeader
AuthUserGetResponse header=1:ResponseHeader roles=2:[]string
AuthUserDeleteResponse header=1:ResponseHeader
AuthUserChangePasswordResponse header=1:ResponseHeader
AuthUserGrantRoleResponse header=1:ResponseHeader
AuthUserRevokeRoleResponse header=1:ResponseHeader
AuthRoleAddResponse header=1:ResponseHeader
AuthRoleGetResponse header=1:ResponseHeader perm=2:[]authpb.Permission
AuthRoleListResponse header=1:ResponseHeader roles=2:[]string
AuthUserListResponse header=1:ResponseHeader users=2:[]string
AuthRoleDeleteResponse header=1:ResponseHeader
AuthRoleGrantPermissionResponse header=1:ResponseHeader
AuthRoleRevokePermissionResponse header=1:ResponseHeader
mvccpb.KeyValue key=1:bytes create_revision=2:int64 mod_revision=3:int64 version=4:int64
  value=5:bytes lease=6:int64
mvccpb.Event type=1:mvccpb.Event.EventType kv=2:mvccpb.KeyValue prev_kv=3:mvccpb.KeyValue
mvccpb.Event.EventType PUT=0 DELETE=1
authpb.UserAddOptions no_password=1:bool
authpb.User name=1:bytes password=2:bytes roles=3:[]string options=4:authpb.UserAddOptions
authpb.Permission permType=1:authpb.Permission.Type key=2:bytes range_end=3:bytes
authpb.Permission.Type READ=0 WRITE=1 READWRITE=2
authpb.Role name=1:bytes keyPermission=2:[]authpb.Permission
LockRequest name=1:bytes lease=2:int64
LockResponse header=1:ResponseHeader key=2:bytes
UnlockRequest key=1:bytes
UnlockResponse header=1:ResponseHeader
CampaignRequest name=1:bytes lease=2:int64 value=3:bytes
CampaignResponse header=1:ResponseHeader leader=2:LeaderKey
LeaderKey name=1:bytes key=2:bytes rev=3:int64 lease=4:int64
LeaderRequest name=1:bytes
LeaderResponse header=1:ResponseHeader kv=2:mvccpb.KeyValue
ResignRequest leader=1:LeaderKey
ResignResponse header=1:ResponseHeader
ProclaimRequest leader=1:LeaderKey value=2:bytes
ProclaimResponse header=1:ResponseHeader
grpc.health.v1.HealthCheckRequest service=1:string
grpc.health.v1.HealthCheckResponse status=1:grpc.health.v1.ServingStatus
grpc.health.v1.ServingStatus UNKNOWN=0 SERVING=1 NOT_SERVING=2 SERVICE_UNKNOWN=3
leasepb.Lease ID=1:int64 TTL=2:int64 RemainingTTL=3:int64
`;

/**
 * The RPCs, one per line: service, method, request, response, and the paths of the JSON gateway
 * below /v3; "<" marks a stream of responses, "<>" one in both directions.
 */
export const RPC_TABLE = `
etcdserverpb.KV Range RangeRequest RangeResponse /kv/range
etcdserverpb.KV Put PutRequest PutResponse /kv/put
etcdserverpb.KV DeleteRange DeleteRangeRequest DeleteRangeResponse /kv/deleterange
etcdserverpb.KV Txn TxnRequest TxnResponse /kv/txn
etcdserverpb.KV Compact CompactionRequest CompactionResponse /kv/compaction
etcdserverpb.Watch Watch WatchRequest <>WatchResponse /watch
etcdserverpb.Lease LeaseGrant LeaseGrantRequest LeaseGrantResponse /lease/grant
etcdserverpb.Lease LeaseRevoke LeaseRevokeRequest LeaseRevokeResponse /lease/revoke
  /kv/lease/revoke
etcdserverpb.Lease LeaseKeepAlive LeaseKeepAliveRequest <>LeaseKeepAliveResponse /lease/keepalive
etcdserverpb.Lease LeaseTimeToLive LeaseTimeToLiveRequest LeaseTimeToLiveResponse
  /lease/timetolive /kv/lease/timetolive
etcdserverpb.Lease LeaseLeases LeaseLeasesRequest LeaseLeasesResponse /lease/leases
  /kv/lease/leases
etcdserverpb.Cluster MemberAdd MemberAddRequest MemberAddResponse /cluster/member/add
etcdserverpb.Cluster MemberRemove MemberRemoveRequest MemberRemoveResponse /cluster/member/remove
etcdserverpb.Cluster MemberUpdate MemberUpdateRequest MemberUpdateResponse /cluster/member/update
etcdserverpb.Cluster MemberList MemberListRequest MemberListResponse /cluster/member/list
etcdserverpb.Cluster MemberPromote MemberPromoteRequest MemberPromoteResponse
  /cluster/member/promote
etcdserverpb.Maintenance Alarm AlarmRequest AlarmResponse /maintenance/alarm
etcdserverpb.Maintenance Status StatusRequest StatusResponse /maintenance/status
etcdserverpb.Maintenance Defragment DefragmentRequest DefragmentResponse /maintenance/defragment
etcdserverpb.Maintenance Hash HashRequest HashResponse /maintenance/hash
etcdserverpb.Maintenance HashKV HashKVRequest HashKVResponse /maintenance/hashkv
etcdserverpb.Maintenance Snapshot SnapshotRequest <SnapshotResponse /maintenance/snapshot
etcdserverpb.Maintenance MoveLeader MoveLeaderRequest MoveLeaderResponse
  /maintenance/transfer-leadership
etcdserverpb.Maintenance Downgrade DowngradeRequest DowngradeResponse /maintenance/downgrade
etcdserverpb.Auth AuthEnable AuthEnableRequest AuthEnableResponse /auth/enable
etcdserverpb.Auth AuthDisable AuthDisableRequest AuthDisableResponse /auth/disable
etcdserverpb.Auth AuthStatus AuthStatusRequest AuthStatusResponse /auth/status
etcdserverpb.Auth Authenticate AuthenticateRequest AuthenticateResponse /auth/authenticate
etcdserverpb.Auth UserAdd AuthUserAddRequest AuthUserAddResponse /auth/user/add
etcdserverpb.Auth UserGet AuthUserGetRequest AuthUserGetResponse /auth/user/get
etcdserverpb.Auth UserList AuthUserListRequest AuthUserListResponse /auth/user/list
etcdserverpb.Auth UserDelete AuthUserDeleteRequest AuthUserDeleteResponse /auth/user/delete
etcdserverpb.Auth UserChangePassword AuthUserChangePasswordRequest
  AuthUserChangePasswordResponse /auth/user/changepw
etcdserverpb.Auth UserGrantRole AuthUserGrantRoleRequest AuthUserGrantRoleResponse
  /auth/user/grant
etcdserverpb.Auth UserRevokeRole AuthUserRevokeRoleRequest AuthUserRevokeRoleResponse
  /auth/user/revoke
etcdserverpb.Auth RoleAdd AuthRoleAddRequest AuthRoleAddResponse /auth/role/add
etcdserverpb.Auth RoleGet AuthRoleGetRequest AuthRoleGetResponse /auth/role/get
etcdserverpb.Auth RoleList AuthRoleListRequest AuthRoleListResponse /auth/role/list
etcdserverpb.Auth RoleDelete AuthRoleDeleteRequest AuthRoleDeleteResponse /auth/role/delete
etcdserverpb.Auth RoleGrantPermission AuthRoleGrantPermissionRequest
  AuthRoleGrantPermissionResponse /auth/role/grant
etcdserverpb.Auth RoleRevokePermission AuthRoleRevokePermissionRequest
  AuthRoleRevokePermissionResponse /auth/role/revoke
v3lockpb.Lock Lock LockRequest LockResponse /lock/lock
v3lockpb.Lock Unlock UnlockRequest UnlockResponse /lock/unlock
v3electionpb.Election Campaign CampaignRequest CampaignResponse /election/campaign
v3electionpb.Election Proclaim ProclaimRequest ProclaimResponse /election/proclaim
v3electionpb.Election Leader LeaderRequest LeaderResponse /election/leader
v3electionpb.Election Observe LeaderRequest <LeaderResponse /election/observe
v3electionpb.Election Resign ResignRequest ResignResponse /election/resign
grpc.health.v1.Health Check grpc.health.v1.HealthCheckRequest grpc.health.v1.HealthCheckResponse
grpc.health.v1.Health Watch grpc.health.v1.HealthCheckRequest <grpc.health.v1.HealthCheckResponse
`;
