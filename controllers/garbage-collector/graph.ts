/**
 * Who owns whom, over every object of the cluster, by uid. Pure: informer events go in, uids
 * whose fate may have changed come out.
 *
 * Dependents are filed under their owners' uids whether or not the owner was seen, so the order
 * in which kinds are listed does not matter.
 */
import {
  nameOf,
  namespaceOf,
  type KubernetesObject,
  type OwnerReference,
  uidOf,
} from '../../api/meta.ts';
import { groupOf, type ResourceType } from '../../api/resource.ts';

export const ORPHAN = 'orphan';
export const FOREGROUND = 'foregroundDeletion';

export interface Node {
  readonly type: ResourceType;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly owners: readonly OwnerReference[];
  /** None, or how the object is being deleted. */
  readonly deletion: 'none' | 'background' | 'foreground' | 'orphan';
}

/** Owners once seen to be gone are remembered: a uid never comes back. */
const GONE_LIMIT = 5000;

export function nodeOf(type: ResourceType, object: KubernetesObject): Node {
  return {
    type,
    uid: uidOf(object),
    namespace: namespaceOf(object),
    name: nameOf(object),
    owners: object.metadata.ownerReferences ?? [],
    deletion: deletionOf(object),
  };
}

function deletionOf({ metadata }: KubernetesObject): Node['deletion'] {
  if (metadata.deletionTimestamp === undefined) return 'none';
  if (metadata.finalizers?.includes(ORPHAN)) return 'orphan';
  return metadata.finalizers?.includes(FOREGROUND) ? 'foreground' : 'background';
}

export class OwnerGraph {
  readonly #nodes = new Map<string, Node>();
  readonly #dependents = new Map<string, Set<string>>();
  readonly #gone = new Set<string>();

  get size(): number {
    return this.#nodes.size;
  }

  get(uid: string): Node | undefined {
    return this.#nodes.get(uid);
  }

  dependentsOf(uid: string): readonly Node[] {
    return [...(this.#dependents.get(uid) ?? [])].map((dependent) => this.#nodes.get(dependent)!);
  }

  isGone(uid: string): boolean {
    return this.#gone.has(uid);
  }

  /** The owner was looked for and is not there. */
  rememberGone(uid: string): void {
    this.#gone.add(uid);
    if (this.#gone.size <= GONE_LIMIT) return;
    for (const oldest of this.#gone) {
      this.#gone.delete(oldest);
      break;
    }
  }

  /** Returns the uids to look at. */
  set(node: Node): readonly string[] {
    const old = this.#nodes.get(node.uid);
    this.#nodes.set(node.uid, node);
    for (const owner of old?.owners ?? []) this.#unfile(owner.uid, node.uid);
    for (const owner of node.owners) this.#file(owner.uid, node.uid);
    const suspects: string[] = [];
    if (node.owners.some((owner) => this.#isSuspect(node, owner))) suspects.push(node.uid);
    if (node.deletion !== (old?.deletion ?? 'none')) {
      if (node.deletion === 'foreground' || node.deletion === 'orphan') suspects.push(node.uid);
      if (node.deletion === 'foreground') suspects.push(...(this.#dependents.get(node.uid) ?? []));
    }
    // An owner may have waited for this one to let go of it, or to be marked.
    if (old !== undefined) suspects.push(...this.#waitingOwners(old));
    // Dependents seen before their owner: now it can be compared with what they say of it.
    if (old === undefined) suspects.push(...this.#misplacedDependents(node));
    return suspects;
  }

  /** Returns the uids to look at. */
  delete(uid: string): readonly string[] {
    const old = this.#nodes.get(uid);
    if (old === undefined) return [];
    this.#nodes.delete(uid);
    for (const owner of old.owners) this.#unfile(owner.uid, uid);
    this.rememberGone(uid);
    return [...(this.#dependents.get(uid) ?? []), ...this.#waitingOwners(old)];
  }

  /** Forgets all objects of a kind that is served no longer. Returns the uids to look at. */
  deleteAll({ group, resource }: ResourceType): readonly string[] {
    const suspects: string[] = [];
    for (const { uid, type } of [...this.#nodes.values()])
      if (type.group === group && type.resource === resource) suspects.push(...this.delete(uid));
    return suspects;
  }

  #isSuspect(node: Node, reference: OwnerReference): boolean {
    const owner = this.#nodes.get(reference.uid);
    if (owner === undefined) return true;
    return !isMeant(node, reference, owner) || owner.deletion === 'foreground';
  }

  #waitingOwners(node: Node): string[] {
    return node.owners
      .map(({ uid }) => uid)
      .filter((uid) => this.#nodes.get(uid)?.deletion === 'foreground');
  }

  #misplacedDependents(owner: Node): string[] {
    return this.dependentsOf(owner.uid)
      .filter((dependent) =>
        dependent.owners.some(
          (reference) => reference.uid === owner.uid && !isMeant(dependent, reference, owner),
        ),
      )
      .map(({ uid }) => uid);
  }

  #file(owner: string, dependent: string): void {
    let dependents = this.#dependents.get(owner);
    if (dependents === undefined) this.#dependents.set(owner, (dependents = new Set()));
    dependents.add(dependent);
  }

  #unfile(owner: string, dependent: string): void {
    const dependents = this.#dependents.get(owner);
    dependents?.delete(dependent);
    if (dependents?.size === 0) this.#dependents.delete(owner);
  }
}

/** The object of that uid is of the kind and name that the reference says, and may own it. */
function isMeant(dependent: Node, reference: OwnerReference, owner: Node): boolean {
  return sameScope(dependent, owner) && isNamed(reference, owner);
}

/** In whatever version: the graph knows one of those that are served. */
export function isNamed(reference: OwnerReference, { type, name }: Node): boolean {
  const { apiVersion, kind } = reference;
  return reference.name === name && kind === type.kind && groupOf(apiVersion) === type.group;
}

/** An owner is cluster-scoped or lives in the dependent's own namespace. */
export function sameScope(dependent: Node, owner: Node): boolean {
  return owner.namespace === '' || owner.namespace === dependent.namespace;
}
