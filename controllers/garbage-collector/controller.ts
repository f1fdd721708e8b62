/**
 * The garbage collector: deletes what lost its last owner, holds owners deleted in the foreground
 * until their dependents are gone, and frees the dependents of owners deleted with `orphan`.
 *
 * Before anything is deleted the server itself is asked for the object and, unless the graph
 * knows it, for the owner: a cache that is behind must not cost an object its life.
 */
import type { KubernetesObject, OwnerReference } from '../../api/meta.ts';
import { groupOf, groupResource, type ResourceType } from '../../api/resource.ts';
import { events as eventType } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { Informer } from '../../client/informer-interface.ts';
import { BaseController } from '../runtime/base-controller.ts';
import { boundedSync } from '../runtime/bounded-sync.ts';
import type { Controller, ControllerContext, ReconcileResult } from '../runtime/controller.ts';
import { FOREGROUND, isNamed, type Node, nodeOf, ORPHAN, OwnerGraph, sameScope } from './graph.ts';
import { blockingDependents, type ItemState, type OwnerState, planItem } from './plan.ts';

const NAME = 'garbage-collector-controller';
const CONCURRENCY = 20;
/** An owner of a kind that is not served may be served later. */
const UNKNOWN_KIND_RETRY_MS = 30_000;

export function garbageCollector(context: ControllerContext): Controller {
  return new GarbageCollector(context);
}

class GarbageCollector extends BaseController {
  readonly name = NAME;
  readonly concurrency = CONCURRENCY;
  readonly #graph = new OwnerGraph();
  readonly #recorder = this.recorderAs(NAME);
  /** By "deployments.apps": how it is followed no longer. */
  readonly #followed = new Map<string, () => void>();

  constructor(context: ControllerContext) {
    super(context);
    // Events have no owners and are many.
    const types = context.types.list().filter(({ resource }) => resource !== eventType.resource);
    const bounds = { ...context, controller: NAME };
    for (const type of types) this.informers.push(boundedSync(type, this.#follow(type), bounds));
    context.types.onChange((type, before) => this.#learn(type, before));
  }

  #learn(type: ResourceType | undefined, before: ResourceType | undefined): void {
    if (before !== undefined) {
      this.#followed.get(groupResource(before))?.();
      this.#followed.delete(groupResource(before));
    }
    if (type !== undefined) this.#follow(type).start();
    else if (before !== undefined) this.#enqueue(this.#graph.deleteAll(before));
  }

  async reconcile(uid: string): Promise<ReconcileResult | undefined> {
    const node = this.#graph.get(uid);
    if (node === undefined) return undefined;
    if (node.deletion === 'orphan') {
      await this.#orphanDependents(node);
      return undefined;
    }
    if (node.deletion === 'foreground') {
      await this.#waitForDependents(node);
      return undefined;
    }
    if (node.deletion === 'background' || node.owners.length === 0) return undefined;
    return this.#judge(node);
  }

  #follow(type: ResourceType): Informer<KubernetesObject> {
    const informer = this.context.informers.of(type);
    const seen = (object: KubernetesObject): void =>
      this.#enqueue(this.#graph.set(nodeOf(type, object)));
    const unfollow = informer.addHandler({
      added: seen,
      updated: (old, object) => {
        if (concernsGraph(old, object)) seen(object);
      },
      deleted: ({ metadata }) => this.#enqueue(this.#graph.delete(metadata.uid ?? '')),
    });
    this.#followed.set(groupResource(type), unfollow);
    return informer;
  }

  #enqueue(uids: readonly string[]): void {
    for (const uid of uids) this.queue.add(uid);
  }

  async #judge(node: Node): Promise<ReconcileResult | undefined> {
    const states: { reference: OwnerReference; state: OwnerState }[] = [];
    for (const reference of node.owners) {
      const state = await this.#stateOf(node, reference);
      if (state === 'unknown') return { requeueAfterMs: UNKNOWN_KIND_RETRY_MS };
      states.push({ reference, state });
    }
    if (states.every(({ state }) => state === 'solid')) return undefined;
    const live = await this.#live(node);
    if (live === undefined) return undefined;
    const current = nodeOf(node.type, live);
    const judged = new Set(node.owners.map(({ uid }) => uid));
    // Changed since: the event of that change brings it back here.
    if (!current.owners.every(({ uid }) => judged.has(uid))) return undefined;
    const owners = states.filter(({ reference }) =>
      current.owners.some(({ uid }) => uid === reference.uid),
    );
    const dependents = this.#graph.dependentsOf(node.uid);
    const finalizers = live.metadata.finalizers ?? [];
    await this.#execute(live, { node: current, finalizers, owners, dependents });
    return undefined;
  }

  async #execute(live: KubernetesObject, state: ItemState): Promise<void> {
    const { node, dependents } = state;
    const plan = planItem(state);
    if (plan.action === 'keep') return;
    if (plan.action === 'detach') {
      const gone = new Set(plan.uids);
      const kept = node.owners.filter(({ uid }) => !gone.has(uid));
      await this.#patch(node, live, { ownerReferences: kept });
      return;
    }
    if (plan.unblock) {
      for (const dependent of dependents) await this.#unblock(dependent, node.uid);
    }
    const { uid, resourceVersion } = live.metadata;
    await this.#ignoringGone(() =>
      this.context.client.delete(node.type, refOf(node), {
        propagationPolicy: plan.policy,
        preconditions: {
          ...(uid === undefined ? {} : { uid }),
          // The owners judged are those of this version.
          ...(resourceVersion === undefined ? {} : { resourceVersion }),
        },
      }),
    );
  }

  async #stateOf(node: Node, reference: OwnerReference): Promise<OwnerState | 'unknown'> {
    const known = this.#graph.get(reference.uid);
    if (known !== undefined && !sameScope(node, known)) {
      this.#complain(node, reference);
      // A cluster-scoped object cannot have an owner in a namespace: nothing to look up.
      return node.namespace === '' ? 'unknown' : 'dangling';
    }
    if (known !== undefined && isNamed(reference, known))
      return known.deletion === 'foreground' ? 'waiting' : 'solid';
    const type = this.context.types.ofKind(groupOf(reference.apiVersion), reference.kind);
    if (type?.namespaced && node.namespace === '') {
      this.#complain(node, reference);
      return 'unknown';
    }
    if (this.#graph.isGone(reference.uid)) return 'dangling';
    if (type === undefined) return 'unknown';
    const owner = { type, name: reference.name, namespace: type.namespaced ? node.namespace : '' };
    const live = await this.#liveOf(owner);
    if (live?.metadata.uid === reference.uid) return 'solid';
    // Of another kind or name its owner is not; but an object with that uid there is.
    if (known === undefined) this.#graph.rememberGone(reference.uid);
    return 'dangling';
  }

  #complain(node: Node, owner: OwnerReference): void {
    const { type, uid, namespace, name } = node;
    const { apiVersion, kind } = owner;
    const where = `namespace: ${namespace}, name: ${owner.name}, uid: ${owner.uid}`;
    const shown = `[${apiVersion}/${kind}, ${where}]`;
    this.#recorder.record(
      {
        apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`,
        kind: type.kind,
        name,
        uid,
        ...(namespace === '' ? {} : { namespace }),
      },
      {
        type: 'Warning',
        reason: 'OwnerRefInvalidNamespace',
        message: `ownerRef ${shown} does not exist in namespace "${namespace}"`,
      },
    );
  }

  async #waitForDependents(node: Node): Promise<void> {
    const blocking = blockingDependents(node, this.#graph.dependentsOf(node.uid));
    if (blocking.length === 0) {
      await this.#dropFinalizer(node, FOREGROUND);
      return;
    }
    this.#enqueue(blocking.filter(({ deletion }) => deletion === 'none').map(({ uid }) => uid));
  }

  async #orphanDependents(node: Node): Promise<void> {
    for (const dependent of this.#graph.dependentsOf(node.uid)) {
      const live = await this.#live(dependent);
      const owners = live?.metadata.ownerReferences?.filter(({ uid }) => uid !== node.uid);
      if (live === undefined || owners === undefined) continue;
      await this.#patch(dependent, live, { ownerReferences: owners });
    }
    await this.#dropFinalizer(node, ORPHAN);
  }

  async #unblock(dependent: Node, owner: string): Promise<void> {
    const live = await this.#live(dependent);
    const owners = live?.metadata.ownerReferences?.map((reference) =>
      reference.uid === owner ? { ...reference, blockOwnerDeletion: false } : reference,
    );
    if (live !== undefined && owners !== undefined) {
      await this.#patch(dependent, live, { ownerReferences: owners });
    }
  }

  async #dropFinalizer(node: Node, finalizer: string): Promise<void> {
    const live = await this.#live(node);
    const finalizers = live?.metadata.finalizers;
    if (live === undefined || !finalizers?.includes(finalizer)) return;
    await this.#patch(node, live, { finalizers: finalizers.filter((name) => name !== finalizer) });
  }

  /** Lists are replaced whole, so the patch names the version they were read from. */
  async #patch(
    node: Node,
    live: KubernetesObject,
    change: Pick<KubernetesObject['metadata'], 'finalizers' | 'ownerReferences'>,
  ): Promise<void> {
    const { uid, resourceVersion } = live.metadata;
    const body = { metadata: { uid, resourceVersion, ...change } };
    const patch = { type: 'application/merge-patch+json', body } as const;
    await this.#ignoringGone(() => this.context.client.patch(node.type, refOf(node), patch));
  }

  /** The object now; undefined if it is gone or another took its name. */
  async #live(node: Node): Promise<KubernetesObject | undefined> {
    const live = await this.#liveOf(node);
    return live?.metadata.uid === node.uid ? live : undefined;
  }

  #liveOf(node: Pick<Node, 'type' | 'namespace' | 'name'>): Promise<KubernetesObject | undefined> {
    return this.#ignoringGone(() => this.context.client.get(node.type, refOf(node)));
  }

  async #ignoringGone<T>(call: () => Promise<T>): Promise<T | undefined> {
    try {
      return await call();
    } catch (error) {
      if (isStatus(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}

/** Most updates change a status: nothing the graph is made of. */
function concernsGraph(
  { metadata: a }: KubernetesObject,
  { metadata: b }: KubernetesObject,
): boolean {
  if (a.deletionTimestamp !== b.deletionTimestamp || b.deletionTimestamp !== undefined) return true;
  if (a.ownerReferences === b.ownerReferences) return false;
  const [was, is] = [a.ownerReferences ?? [], b.ownerReferences ?? []];
  return (
    was.length !== is.length ||
    was.some(
      ({ uid, blockOwnerDeletion }, i) =>
        uid !== is[i]!.uid || blockOwnerDeletion !== is[i]!.blockOwnerDeletion,
    )
  );
}

const refOf = ({ namespace, name }: Pick<Node, 'namespace' | 'name'>) =>
  namespace === '' ? { name } : { namespace, name };
