/**
 * The ReplicaSet controller: keeps the number of pods that match a ReplicaSet's selector at
 * `spec.replicas`, and writes down how many there are. A ReplicationController is the same under
 * an older name: it is looked at as a ReplicaSet.
 */
import { controllerOf, keyOf, type KubernetesObject, namespaceOf, uidOf } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import {
  pods as podType,
  replicaSets as replicaSetType,
  replicationControllers as replicationControllerType,
} from '../../api/resources.ts';
import { namespaceTerminates } from '../../api/status.ts';
import type { ReplicaSet } from '../../api/types/apps-v1.ts';
import type { Pod, ReplicationController } from '../../api/types/core-v1.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { Expectations } from '../../client/expectations.ts';
import type { Informer } from '../../client/informer-interface.ts';
import { BaseController } from '../runtime/base-controller.ts';
import { claimPods } from '../runtime/claim-pods.ts';
import type { Controller, ControllerContext, ReconcileResult } from '../runtime/controller.ts';
import { labelMatcher } from '../runtime/label-selector.ts';
import { indexByController, OWNER_INDEX } from '../runtime/owner-index.ts';
import { createPods, draftKey, PodControl, podOf, removePods } from '../runtime/pod-control.ts';
import { PodPace } from '../runtime/pod-pace.ts';
import { PodTallies } from '../runtime/pod-tallies.ts';
import { watchPods } from '../runtime/pod-events.ts';
import { podActive } from '../runtime/pods.ts';
import { requeueAtFirst } from '../runtime/requeue.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import { writeStatus } from '../runtime/write-status.ts';
import {
  availableAfterMs,
  countReplicas,
  planReplicas,
  planStatus,
  type ReplicaCounts,
  type ReplicaFailure,
  type ReplicaSetState,
  sameStatus,
  tallied,
} from './plan.ts';

interface ReplicaKind<T extends KubernetesObject> {
  readonly name: string;
  /** Of its events. */
  readonly source: string;
  readonly type: ResourceType<T>;
  asReplicaSet(object: T): ReplicaSet;
}

interface Owned {
  readonly pods: () => readonly Pod[];
  /** Undefined: nobody has counted them. */
  readonly counts: ReplicaCounts | undefined;
}

export function replicaSetController(context: ControllerContext): Controller {
  return new ReplicaController<ReplicaSet>(context, {
    name: 'replicaset-controller',
    source: 'replicaset-controller',
    type: replicaSetType,
    asReplicaSet: (replicaSet) => replicaSet,
  });
}

export function replicationControllerController(context: ControllerContext): Controller {
  return new ReplicaController<ReplicationController>(context, {
    name: 'replicationcontroller-controller',
    source: 'replication-controller',
    type: replicationControllerType,
    asReplicaSet(object) {
      const selector = { matchLabels: object.spec.selector ?? {} };
      return { ...object, spec: { ...object.spec, selector } };
    },
  });
}

class ReplicaController<T extends KubernetesObject> extends BaseController {
  readonly name: string;
  readonly #kind: ReplicaKind<T>;
  readonly #objects: Informer<T>;
  readonly #pods = this.informerOf(podType);
  readonly #expectations = new Expectations(this.context.clock);
  readonly #recorder: EventRecorder;
  readonly #podControl: PodControl;
  readonly #tallies: PodTallies;
  readonly #pace = new PodPace(this.context.clock);

  constructor(context: ControllerContext, kind: ReplicaKind<T>) {
    super(context);
    this.name = kind.name;
    this.#kind = kind;
    this.#objects = this.informerOf(kind.type);
    this.#recorder = this.recorderAs(kind.source);
    this.#podControl = new PodControl({
      client: context.client,
      random: context.random,
      recorder: this.#recorder,
      pods: this.#pods.lister,
    });
    indexByController(this.#objects);
    indexByController(this.#pods);
    this.#tallies = new PodTallies(this.#pods, kind.type.kind);
    enqueueSelf(this.#objects, this.queue);
    this.#objects.addHandler({
      deleted: (object) => {
        this.#expectations.forget(keyOf(object));
        this.#pace.forget(keyOf(object));
      },
    });
    watchPods({
      pods: this.#pods,
      owners: this.#objects.lister,
      kind: kind.type.kind,
      matcherOf: (owner) => labelMatcher(kind.asReplicaSet(owner).spec.selector),
      queue: this.queue,
      expectations: this.#expectations,
    });
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const object = this.#objects.lister.get(key);
    if (object === undefined) return undefined;
    const replicaSet = this.#kind.asReplicaSet(object);
    const { clock } = this.context;
    // Asked before the cache is read: what is seen in between can only make the cache newer.
    const current = this.#expectations.satisfied(key);
    const nowMs = clock.now();
    const counted = { replicaSet, nowMs };
    const owned = this.#ownedForSure(replicaSet) ?? (await this.#claim(replicaSet));
    const state: ReplicaSetState = {
      ...counted,
      counts: owned.counts ?? countReplicas(counted, owned.pods()),
      pods: owned.pods,
      related: () => this.#related(replicaSet),
      removing: this.#podControl.removing(replicaSet),
    };
    const failed = current ? await this.#manage(key, state) : undefined;
    const status = planStatus(state, failed?.failure);
    if (!sameStatus(replicaSet.status, status)) {
      await writeStatus(this.context.client, this.#kind.type, { ...object, status });
    }
    if (failed !== undefined) throw failed.error;
    const overdueMs = this.#expectations.overdueAfterMs(key);
    const availableMs = availableAfterMs(replicaSet, status);
    return requeueAtFirst(availableMs, overdueMs, this.#pace.afterMs(key));
  }

  /**
   * The pods it owns, none of them looked at. Undefined if there may be some to adopt or to
   * release: this tells the labels that its pods and orphans have.
   */
  #ownedForSure(replicaSet: ReplicaSet): Owned | undefined {
    const matches = labelMatcher(replicaSet.spec.selector);
    const owned = this.#tallies.of(uidOf(replicaSet));
    for (const { labels } of owned.labelled) if (!matches(labels)) return undefined;
    const orphans = this.#tallies.orphans(namespaceOf(replicaSet));
    for (const { labels, active } of orphans.labelled)
      if (active > 0 && matches(labels)) return undefined;
    const pods = (): readonly Pod[] => this.#pods.lister.byIndex(OWNER_INDEX, uidOf(replicaSet));
    return { pods, counts: tallied(replicaSet, owned) };
  }

  async #claim(replicaSet: ReplicaSet): Promise<Owned> {
    const matches = labelMatcher(replicaSet.spec.selector);
    const pods = await claimPods<KubernetesObject>(
      {
        client: this.context.client,
        pods: this.#pods.lister,
        ownerType: this.#kind.type,
        matches: (pod) => matches(pod.metadata.labels),
      },
      replicaSet,
    );
    return { pods: () => pods, counts: undefined };
  }

  /** Pods of all ReplicaSets of one Deployment: when it rolls, old and new share the nodes. */
  #related(replicaSet: ReplicaSet): readonly Pod[] {
    const owner = controllerOf(replicaSet);
    const siblings: readonly KubernetesObject[] =
      owner === undefined ? [replicaSet] : this.#objects.lister.byIndex(OWNER_INDEX, owner.uid);
    return siblings.flatMap((sibling) =>
      this.#pods.lister.byIndex(OWNER_INDEX, uidOf(sibling)).filter(podActive),
    );
  }

  async #manage(
    key: string,
    state: ReplicaSetState,
  ): Promise<{ failure: ReplicaFailure; error: Error } | undefined> {
    const plan = planReplicas(state);
    const ask = { key, has: state.counts.replicas, wants: plan.create };
    const allowed = this.#pace.allowed(ask);
    if (allowed > 0) {
      const error = await this.#create(key, state.replicaSet, allowed);
      return error && { failure: { reason: 'FailedCreate', message: error.message }, error };
    }
    if (plan.remove.length > 0) {
      const error = await this.#remove(key, state.replicaSet, plan.remove);
      return error && { failure: { reason: 'FailedDelete', message: error.message }, error };
    }
    return undefined;
  }

  async #create(key: string, replicaSet: ReplicaSet, count: number): Promise<Error | undefined> {
    const draft = podOf(replicaSet, replicaSet.spec.template);
    const drafts = this.#podControl.named(
      replicaSet,
      Array.from({ length: count }, () => draft),
    );
    this.#expectations.expectCreations(key, drafts.map(draftKey));
    const { error } = await createPods(
      drafts,
      (each) => this.#podControl.create(replicaSet, each),
      (each) => this.#expectations.creationObserved(key, draftKey(each)),
    );
    // A namespace on its way out takes this ReplicaSet along: nothing to complain about.
    return namespaceTerminates(error) ? undefined : error;
  }

  async #remove(
    key: string,
    replicaSet: ReplicaSet,
    doomed: readonly Pod[],
  ): Promise<Error | undefined> {
    this.#expectations.expectDeletions(key, doomed.map(keyOf));
    return removePods(
      doomed,
      (pod) => this.#podControl.remove(replicaSet, pod),
      (pod) => this.#expectations.deletionObserved(key, keyOf(pod)),
    );
  }
}
