/** What becomes of one object, given what became of its owners. */
import type { OwnerReference } from '../../api/meta.ts';
import { FOREGROUND, type Node, ORPHAN } from './graph.ts';

/**
 * - solid: the owner lives; - waiting: it is being deleted and waits for its dependents;
 * - dangling: it does not exist (any more).
 */
export type OwnerState = 'solid' | 'waiting' | 'dangling';

export interface ItemState {
  readonly node: Node;
  readonly finalizers: readonly string[];
  readonly owners: readonly { readonly reference: OwnerReference; readonly state: OwnerState }[];
  readonly dependents: readonly Node[];
}

export type ItemPlan =
  | { readonly action: 'keep' }
  /** Lets go of the owners with these uids. */
  | { readonly action: 'detach'; readonly uids: readonly string[] }
  /** Dependents are to stop blocking the deletion of this one first: else a circle never ends. */
  | {
      readonly action: 'delete';
      readonly policy: 'Background' | 'Foreground' | 'Orphan';
      readonly unblock: boolean;
    };

export function planItem({ node, finalizers, owners, dependents }: ItemState): ItemPlan {
  if (node.deletion !== 'none' || owners.length === 0) return { action: 'keep' };
  const lost = owners.filter(({ state }) => state !== 'solid');
  if (lost.length === 0) return { action: 'keep' };
  if (lost.length < owners.length) {
    return { action: 'detach', uids: lost.map(({ reference }) => reference.uid) };
  }
  const waited = owners.some(({ state }) => state === 'waiting');
  if (waited && dependents.length > 0) {
    const unblock = dependents.some(({ deletion }) => deletion === 'foreground');
    return { action: 'delete', policy: 'Foreground', unblock };
  }
  const policy = finalizers.includes(ORPHAN)
    ? 'Orphan'
    : finalizers.includes(FOREGROUND)
      ? 'Foreground'
      : 'Background';
  return { action: 'delete', policy, unblock: false };
}

/** The dependents a foreground deletion waits for. */
export function blockingDependents(owner: Node, dependents: readonly Node[]): readonly Node[] {
  return dependents.filter(({ owners }) =>
    owners.some(({ uid, blockOwnerDeletion }) => uid === owner.uid && blockOwnerDeletion === true),
  );
}
