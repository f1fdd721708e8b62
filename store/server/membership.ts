/** The Cluster service: who belongs to the cluster, and changes of it (etcd's rules). */
import type { Clock } from '../../platform/clock.ts';
import { StoreError } from '../kv.ts';
import { NONE } from '../raft/entry.ts';
import type { MemberId } from '../raft/entry.ts';
import type { ClusterChange } from '../persistence/cluster-state.ts';
import { memberIdOf } from '../replica/identity.ts';
import type { Sha1 } from '../replica/identity.ts';
import { type ClusterMember, isMemberUrl } from '../cluster-member.ts';
import type { Membership } from './interface.ts';
import type { Peers } from '../replica/peers.ts';
import type { Replica } from '../replica/replica.ts';

/** A peer must have been connected so long to be counted on (etcd's HealthInterval). */
const HEALTH_INTERVAL_MS = 5000;
/** A learner is ready when its log is this far along the leader's. */
const READY_SHARE = 0.9;

export interface MembershipEnvironment {
  readonly replica: () => Replica;
  readonly peers: () => Peers | undefined;
  readonly clock: Clock;
  readonly sha1: Sha1;
  readonly strictReconfigCheck: boolean;
  readonly maxLearners: number;
}

export interface PromotionCounters {
  promoted: number;
  notPromoted: number;
}

const quorumOf = (voters: number): number => Math.floor(voters / 2) + 1;
const startedOf = (members: readonly ClusterMember[]): number =>
  members.filter(({ name }) => name !== '').length;

export class ClusterMembership implements Membership {
  readonly #environment: MembershipEnvironment;

  /** Of learners, here as the leader. */
  readonly counters: PromotionCounters = { promoted: 0, notPromoted: 0 };

  constructor(environment: MembershipEnvironment) {
    this.#environment = environment;
  }

  get #replica(): Replica {
    return this.#environment.replica();
  }

  get #members(): readonly ClusterMember[] {
    return this.#replica.cluster.members;
  }

  async list({ linearizable }: { linearizable: boolean }): Promise<readonly ClusterMember[]> {
    this.#replica.assertRunning();
    this.#replica.assertVoter();
    if (linearizable) await this.#replica.confirmRead();
    return this.#members;
  }

  async add(request: {
    readonly peerUrls: readonly string[];
    readonly isLearner: boolean;
  }): Promise<{
    readonly member: ClusterMember;
    readonly members: readonly ClusterMember[];
  }> {
    const peerUrls = checkedUrls(request.peerUrls);
    const seconds = String(Math.floor(this.#environment.clock.now() / 1000));
    const id = memberIdOf(peerUrls, seconds, this.#environment.sha1);
    const { isLearner } = request;
    const { maxLearners } = this.#environment;
    const change = { type: 'add', id, peerUrls, isLearner, maxLearners } as const;
    await this.#propose(change, () => this.#assertMayAdd(isLearner));
    return { member: this.#replica.cluster.get(id)!, members: this.#members };
  }

  async remove(id: MemberId): Promise<readonly ClusterMember[]> {
    await this.#propose({ type: 'remove', id }, () => this.#assertMayRemove(id));
    return this.#members;
  }

  async update(id: MemberId, urls: readonly string[]): Promise<readonly ClusterMember[]> {
    await this.#propose({ type: 'update', id, peerUrls: checkedUrls(urls) }, () => {});
    return this.#members;
  }

  /** Only the leader knows how far the learner is. */
  async promote(id: MemberId): Promise<readonly ClusterMember[]> {
    const { raft } = this.#replica;
    if (this.#replica.leads) await this.promoteHere(id);
    else if (raft.leader === NONE) throw new StoreError('noLeader');
    else {
      await this.#environment.peers()!.ask(raft.leader, { type: 'promote', id });
      await this.#replica.confirmRead();
    }
    return this.#members;
  }

  /** As the leader, for this member's clients and for the others'. */
  async promoteHere(id: MemberId): Promise<void> {
    try {
      await this.#promote(id);
      this.counters.promoted++;
    } catch (error) {
      this.counters.notPromoted++;
      throw error;
    }
  }

  async #promote(id: MemberId): Promise<void> {
    await this.#propose({ type: 'promote', id }, () => {
      const { raft } = this.#replica;
      const match = raft.progressOf(id)?.match;
      if (!this.#replica.leads) throw new StoreError('notLeader');
      if (match === undefined || match < raft.lastIndex * READY_SHARE)
        throw new StoreError('learnerNotReady');
      // Who is connected does not matter: with this one in sync, whoever were a quorum still are.
      const { voters } = this.#replica.cluster;
      if (startedOf(voters) + 1 < quorumOf(voters.length + 1))
        throw new StoreError('notEnoughStarted');
    });
  }

  async #propose(change: ClusterChange, strictly: () => void): Promise<void> {
    this.#replica.assertRunning();
    this.#replica.assertVoter();
    this.#replica.cluster.check(change);
    // A lone member that listens for nobody could not say a word to a second one.
    if (change.type === 'add' && this.#environment.peers() === undefined)
      throw new StoreError('unhealthy');
    if (this.#environment.strictReconfigCheck) strictly();
    await this.#replica.proposeChange(change);
  }

  /**
   * The larger cluster must have a quorum of members that run, the new one not counted. A learner
   * is held to the same number, for it is to become a voter (etcd since 3.6.16).
   */
  #assertMayAdd(isLearner: boolean): void {
    const { voters } = this.#replica.cluster;
    if (voters.length === 1 && startedOf(voters) === 1) return;
    const quorum = quorumOf(voters.length + 1);
    if (!isLearner && startedOf(voters) < quorum) throw new StoreError('notEnoughStarted');
    const active = voters.filter(({ id }) => this.#isConnected(id)).length;
    if (voters.length > 1 && active < quorum) throw new StoreError('unhealthy');
  }

  /** So must the smaller one. Who is down anyway may go. */
  #assertMayRemove(id: MemberId): void {
    const { voters } = this.#replica.cluster;
    if (!voters.some((voter) => voter.id === id)) return;
    const rest = voters.filter((voter) => voter.id !== id);
    if (rest.length === 0 || startedOf(rest) < quorumOf(rest.length))
      throw new StoreError('notEnoughStarted');
    const { replica, peers } = this.#environment;
    const isSelf = id === replica().raft.id;
    if (!isSelf && peers()?.connectedSince(id) === undefined) return;
    const active = voters.filter((voter) => this.#isConnected(voter.id)).length;
    if (active - 1 < quorumOf(rest.length)) throw new StoreError('unhealthy');
  }

  #isConnected(id: MemberId): boolean {
    const { replica, peers, clock } = this.#environment;
    if (id === replica().raft.id) return true;
    const since = peers()?.connectedSince(id);
    return since !== undefined && clock.monotonic() - since >= HEALTH_INTERVAL_MS;
  }
}

function checkedUrls(urls: readonly string[]): readonly string[] {
  if (urls.length === 0 || !urls.every(isMemberUrl)) throw new StoreError('memberUrlsInvalid');
  return urls.map((url) => url.replace(/\/$/, '')).sort();
}
