import type { ClusterMember } from '../cluster-member.ts';
import { decodeMessage, encodeMessage, type Plain } from './schema/codec.ts';
import { plainHeader, type ServiceContext, type UnaryMethods } from './unary.ts';

interface MemberRequest {
  readonly ID?: number | bigint;
  readonly peerURLs?: readonly string[];
  readonly isLearner?: boolean;
  readonly linearizable?: boolean;
}

const idOf = ({ ID = 0 }: MemberRequest): string => BigInt(ID).toString();

/** etcdserverpb.Cluster, and the RPC of Maintenance that concerns leadership. */
export function clusterService(context: ServiceContext): UnaryMethods {
  const { member, callsOf } = context;
  const { membership } = member;
  // Cluster's headers carry no revision.
  const header = (): Plain => plainHeader(context, 0);
  const plain = ({ id, name, peerUrls, clientUrls, isLearner }: ClusterMember): Plain => ({
    ID: BigInt(id),
    name,
    peerURLs: peerUrls,
    isLearner,
    // Alone, it may not know beforehand where it will be reached.
    clientURLs: context.self.id === id ? context.self.clientUrls : clientUrls,
  });
  const members = (all: readonly ClusterMember[]): Plain => ({
    header: header(),
    members: all.map(plain),
  });
  const request = (name: string, bytes: Buffer): MemberRequest =>
    decodeMessage<MemberRequest>(name, bytes);
  return {
    '/etcdserverpb.Cluster/MemberList': async (bytes, origin) => {
      await callsOf(origin).checkUser();
      const { linearizable = false } = request('MemberListRequest', bytes);
      return encodeMessage('MemberListResponse', members(await membership.list({ linearizable })));
    },
    '/etcdserverpb.Cluster/MemberAdd': async (bytes, origin) => {
      await callsOf(origin).checkAdmin();
      const { peerURLs = [], isLearner = false } = request('MemberAddRequest', bytes);
      const added = await membership.add({ peerUrls: peerURLs, isLearner });
      const answer = { ...members(added.members), member: plain(added.member) };
      return encodeMessage('MemberAddResponse', answer);
    },
    '/etcdserverpb.Cluster/MemberRemove': async (bytes, origin) => {
      await callsOf(origin).checkAdmin();
      const rest = await membership.remove(idOf(request('MemberRemoveRequest', bytes)));
      return encodeMessage('MemberRemoveResponse', members(rest));
    },
    '/etcdserverpb.Cluster/MemberUpdate': async (bytes, origin) => {
      await callsOf(origin).checkAdmin();
      const update = request('MemberUpdateRequest', bytes);
      const all = await membership.update(idOf(update), update.peerURLs ?? []);
      return encodeMessage('MemberUpdateResponse', members(all));
    },
    '/etcdserverpb.Cluster/MemberPromote': async (bytes, origin) => {
      await callsOf(origin).checkAdmin();
      const all = await membership.promote(idOf(request('MemberPromoteRequest', bytes)));
      return encodeMessage('MemberPromoteResponse', members(all));
    },
    '/etcdserverpb.Maintenance/MoveLeader': async (bytes, origin) => {
      await callsOf(origin).checkAdmin();
      const { targetID = 0 } = decodeMessage<{ targetID?: number | bigint }>(
        'MoveLeaderRequest',
        bytes,
      );
      await member.moveLeader(BigInt(targetID).toString());
      return Buffer.alloc(0);
    },
  };
}
