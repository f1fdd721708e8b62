/**
 * Who belongs to the cluster, as replicated state: the same on every member at the same index.
 * Changes come as log entries of their own kind (`cluster-codec.ts`), and either apply whole or
 * throw a StoreError and change nothing.
 */
import { StoreError } from '../kv.ts';
import type { Configuration, MemberId } from '../raft/entry.ts';
import type { ClusterMember } from '../cluster-member.ts';

export type ClusterChange =
  | {
      readonly type: 'add';
      readonly id: MemberId;
      readonly peerUrls: readonly string[];
      readonly isLearner: boolean;
      /**
       * So many learners there may be: --max-learners of the member that was asked, so that all
       * decide alike. Absent: 1.
       */
      readonly maxLearners?: number;
    }
  | { readonly type: 'promote'; readonly id: MemberId }
  | { readonly type: 'remove'; readonly id: MemberId }
  | { readonly type: 'update'; readonly id: MemberId; readonly peerUrls: readonly string[] }
  /** What a member tells of itself at each start. */
  | {
      readonly type: 'publish';
      readonly id: MemberId;
      readonly name: string;
      readonly clientUrls: readonly string[];
    };

interface Snapshot {
  readonly members: readonly ClusterMember[];
  /** IDs never come back. */
  readonly removed: readonly MemberId[];
}

/** Changes that concern votes: entries of type `configuration`, one at a time. */
export function changesConfiguration(change: ClusterChange): boolean {
  return change.type === 'add' || change.type === 'promote' || change.type === 'remove';
}

export class ClusterState {
  #members: ReadonlyMap<MemberId, ClusterMember>;
  #removed: readonly MemberId[];
  /** Made when first asked for: every write of the store asks who votes. */
  #voters: readonly ClusterMember[] | undefined;

  constructor(snapshot: Snapshot = { members: [], removed: [] }) {
    this.#members = new Map(snapshot.members.map((member) => [member.id, member]));
    this.#removed = snapshot.removed;
  }

  static decode(text: string): ClusterState {
    return new ClusterState(JSON.parse(text) as Snapshot);
  }

  encode(): string {
    return JSON.stringify({ members: this.members, removed: this.#removed } satisfies Snapshot);
  }

  /** By ID, as etcd lists them. */
  get members(): readonly ClusterMember[] {
    return [...this.#members.values()].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  }

  get removed(): readonly MemberId[] {
    return this.#removed;
  }

  get voters(): readonly ClusterMember[] {
    this.#voters ??= this.members.filter((member) => !member.isLearner);
    return this.#voters;
  }

  get configuration(): Configuration {
    const ids = (isLearner: boolean): MemberId[] =>
      this.members.filter((member) => member.isLearner === isLearner).map(({ id }) => id);
    return { voters: ids(false), learners: ids(true) };
  }

  get(id: MemberId): ClusterMember | undefined {
    return this.#members.get(id);
  }

  isRemoved(id: MemberId): boolean {
    return this.#removed.includes(id);
  }

  apply(change: ClusterChange): void {
    this.check(change);
    const members = new Map(this.#members);
    const member = members.get(change.id);
    switch (change.type) {
      case 'add': {
        const { id, peerUrls, isLearner } = change;
        members.set(id, { id, peerUrls, isLearner, name: '', clientUrls: [] });
        break;
      }
      case 'promote':
        members.set(change.id, { ...member!, isLearner: false });
        break;
      case 'remove':
        members.delete(change.id);
        this.#removed = [...this.#removed, change.id];
        break;
      case 'update':
        members.set(change.id, { ...member!, peerUrls: change.peerUrls });
        break;
      case 'publish': {
        const { name, clientUrls } = change;
        members.set(change.id, { ...member!, name, clientUrls });
      }
    }
    this.#members = members;
    this.#voters = undefined;
  }

  /** Throws what {@link apply} would. */
  check(change: ClusterChange): void {
    const { id } = change;
    if (this.isRemoved(id)) throw new StoreError('memberNotFound');
    const member = this.#members.get(id);
    if (change.type === 'add') {
      if (member !== undefined) throw new StoreError('memberExists');
      this.#checkUrls(id, change.peerUrls);
      const learners = this.members.filter((other) => other.isLearner).length;
      const { isLearner, maxLearners = 1 } = change;
      if (isLearner && learners >= maxLearners) throw new StoreError('tooManyLearners');
      return;
    }
    if (member === undefined) throw new StoreError('memberNotFound');
    if (change.type === 'promote' && !member.isLearner) throw new StoreError('memberNotLearner');
    if (change.type === 'update') this.#checkUrls(id, change.peerUrls);
  }

  #checkUrls(id: MemberId, peerUrls: readonly string[]): void {
    for (const member of this.#members.values())
      if (member.id !== id && member.peerUrls.some((url) => peerUrls.includes(url)))
        throw new StoreError('peerUrlExists');
  }
}
