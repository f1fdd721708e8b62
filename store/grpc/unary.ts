import type { Crypto } from '../../platform/crypto/crypto.ts';
import type { WatchTimes } from '../http/watch-times.ts';
import type { ClusterMember } from '../cluster-member.ts';
import type { Member, MemberCalls } from '../server/interface.ts';
import type { EncodedEvents } from './encoded-events.ts';
import type { SlowCalls } from './slow-calls.ts';
import type { ResponseHeader } from './messages/header.ts';
import type { Plain } from './schema/codec.ts';
import type { LongMessage } from './wire/long-message.ts';

/**
 * `cancelled`: nobody waits for the answer any more. `close`: the call has ended, for whatever
 * reason. `drain`: there is room again after a write that found none.
 */
export type CallEvent = 'cancelled' | 'close' | 'drain';

/** Who calls. */
export interface CallOrigin {
  /** Absent where calls cannot be cancelled. */
  on?(event: CallEvent, listener: () => void): void;
  readonly metadata: { get(name: string): readonly string[] };
  /** Of a verified client certificate. */
  readonly commonName?: string | undefined;
  /** "127.0.0.1:40000" */
  readonly address: string;
}

/** A call that answers in a stream. */
export interface AnswerStream extends CallOrigin {
  /** A copy. False: wait for `drain`. */
  write(bytes: Buffer): boolean;
  on(event: CallEvent, listener: () => void): void;
  off(event: CallEvent, listener: () => void): void;
}

/** Asked once. */
export interface DownloadCall extends AnswerStream {
  readonly request: Buffer;
}

/** Asked again and again. */
export interface DuplexCall extends AnswerStream {
  /** No further requests until `resume`. */
  pause(): void;
  resume(): void;
  /** All is said. */
  end(): void;
}

export interface DownloadService {
  /** Resolves when all is sent, or nobody reads any more. */
  run(): Promise<void>;
  /** The stream has ended, whoever ended it. */
  close(): void;
}

/** Answers one unary RPC: encoded request in, encoded response out. */
export type UnaryMethod = (request: Buffer, origin: CallOrigin) => Promise<Buffer | LongMessage>;

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
  readonly encodedEvents: EncodedEvents;
  readonly watchTimes: WatchTimes;
  readonly slowCalls: SlowCalls;
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
