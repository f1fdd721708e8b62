/**
 * The other members, as one member sees them. `store/peer` implements it over connections, the
 * simulator over a seeded network.
 */
import type { Running } from '../../platform/lifecycle.ts';
import type { MemberId } from '../raft/entry.ts';
import type { Message } from '../raft/message.ts';
import type { Histogram } from '../../platform/metrics/histogram.ts';

export interface PeerAddress {
  readonly id: MemberId;
  readonly peerUrls: readonly string[];
}

/** What members ask each other: mostly of the leader, on behalf of a follower's client. */
export type Question =
  | { readonly type: 'leaseRenew'; readonly id: string }
  | { readonly type: 'leaseTimeToLive'; readonly id: string; readonly keys: boolean }
  | { readonly type: 'promote'; readonly id: MemberId }
  // This one any member answers.
  | { readonly type: 'hashKv'; readonly revision: number };

/** A hash of all that can be read at a revision. */
export interface MemberHash {
  readonly hash: number;
  readonly hashRevision: number;
  readonly compactRevision: number;
  /** The newest of the member that answers. */
  readonly revision: number;
}

export interface Answers {
  readonly leaseRenew: number;
  readonly leaseTimeToLive: {
    readonly id: string;
    readonly ttlSeconds: number;
    readonly grantedTtlSeconds: number;
    readonly keys: readonly string[];
  };
  readonly promote: null;
  readonly hashKv: MemberHash;
}

/** Snapshots in one direction. */
export interface SnapshotTraffic {
  readonly underWay: number;
  readonly failures: number;
  /** Of those that succeeded. */
  readonly seconds: Histogram;
}

/** What one member has exchanged with another since it started. */
export interface PeerTraffic {
  readonly id: MemberId;
  readonly isActive: boolean;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Batches of messages that were dropped because the other could not be reached. */
  readonly sendFailures: number;
  /** Connections from it that broke. */
  readonly receiveFailures: number;
  /** Connections to it that broke. */
  readonly disconnects: number;
  readonly roundTrips: Histogram;
  readonly snapshotsSent: SnapshotTraffic;
  readonly snapshotsReceived: SnapshotTraffic;
}

export interface Peers extends Running {
  /**
   * Each message at most once, those to one member in order, or not at all: then
   * {@link PeerHandlers.unreachable} is told. Never waits; what waits for the network is bounded.
   */
  send(messages: readonly Message[]): void;
  /** Who there is besides this member. Connections to others are closed. */
  update(members: readonly PeerAddress[], removed: readonly MemberId[]): void;
  /** Rejects with a StoreError: the other's own, or `timeout` if it does not answer. */
  ask<T extends Question['type']>(
    to: MemberId,
    question: Extract<Question, { type: T }>,
  ): Promise<Answers[T]>;
  /** Resolves when the other has installed it. */
  sendSnapshot(to: MemberId, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** Resolves once connecting to the member was tried, with success or without. */
  tried(id: MemberId): Promise<void>;
  /** Monotonic time since which the member has been reached without a break. */
  connectedSince(id: MemberId): number | undefined;
  traffic(): readonly PeerTraffic[];
}

/** What a member does with what comes from the others. */
export interface PeerHandlers {
  receive(message: Message): void;
  unreachable(id: MemberId): void;
  /** Its process does not run: the machine itself says so. It may come back. */
  gone(id: MemberId): void;
  answer(question: Question): Promise<unknown>;
  /** Resolves when the snapshot is installed. */
  receiveSnapshot(from: MemberId, chunks: AsyncIterable<Uint8Array>): Promise<void>;
  /** The others say that this member was removed for good. */
  removed(): void;
}

export interface PeersOptions {
  readonly clusterId: string;
  readonly memberId: MemberId;
  readonly handlers: PeerHandlers;
  /** What a process that wants to join is told. */
  readonly members: () => object;
}

/** Resolves when other members can reach this one. */
export type PeersFactory = (options: PeersOptions) => Promise<Peers>;
