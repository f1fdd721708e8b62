import type { Crypto } from '../../platform/crypto.ts';
import type { ClusterMember, Member, MemberCalls } from '../server/interface.ts';
import type { ResponseHeader } from './messages/header.ts';
import type { Plain } from './schema/codec.ts';

/** Who calls, as grpc-js's calls tell it. */
export interface CallOrigin {
  /** Absent where calls cannot be cancelled. */
  on?(event: 'cancelled', listener: () => void): unknown;
  readonly metadata: { get(name: string): readonly (string | Buffer)[] };
  getAuthContext(): {
    readonly sslPeerCertificate?: { readonly subject: { readonly CN?: string | string[] } };
  };
}

/** A call that is asked once and answers in a stream: the part of grpc-js's that is used. */
export interface DownloadCall extends CallOrigin {
  readonly request: Buffer;
  /** False: wait for `drain`. */
  write(bytes: Buffer): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

export interface DownloadService {
  /** Resolves when all is sent, or nobody reads any more. */
  run(): Promise<void>;
  /** The stream has ended, whoever ended it. */
  close(): void;
}

/** Answers one unary RPC: encoded request in, encoded response out. */
export type UnaryMethod = (request: Buffer, origin: CallOrigin) => Promise<Buffer>;

/** Full method names ("/etcdserverpb.KV/Range") and what answers them. */
export type UnaryMethods = Readonly<Record<string, UnaryMethod>>;

/** What every service needs. */
export interface ServiceContext {
  readonly member: Member;
  /** The member for whoever calls: the way of every call that could need permission. */
  readonly callsOf: (origin: CallOrigin) => MemberCalls;
  /** A full header (all four fields) at `revision`. */
  readonly header: (revision: number) => ResponseHeader;
  /** This member as others should see it. */
  readonly self: ClusterMember;
  /** "3.6.0" */
  readonly version: string;
  readonly crypto: Crypto;
  readonly quotaBytes: number;
  /** Above this a watch that asked for fragments gets them, and a request is refused. */
  readonly maxMessageBytes: number;
}

/** A full header as the schema's codec takes it. */
export function plainHeader({ member }: ServiceContext, revision = member.head().revision): Plain {
  const { clusterId, memberId } = member.identity;
  return {
    cluster_id: BigInt(clusterId),
    member_id: BigInt(memberId),
    revision,
    raft_term: member.head().raftTerm,
  };
}
