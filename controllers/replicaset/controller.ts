/**
 * The ReplicaSet controller: keeps the number of pods that match a ReplicaSet's selector at
 * `spec.replicas`, and writes down how many there are.
 */
import { controllerOf, keyOf, nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import { pods as podType, replicaSets as replicaSetType } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { ReplicaSet } from '../../api/types/apps-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { Expectations } from '../../client/expectations.ts';
import type { Informer } from '../../client/informer-interface.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { controllerReference, executeClaims, planClaims } from '../runtime/claim.ts';
import {
  type Controller,
  type ControllerContext,
  type ReconcileResult,
  recorderFor,
} from '../runtime/controller.ts';
import { labelMatcher } from '../runtime/label-selector.ts';
import { indexByController, OWNER_INDEX, orphansOf } from '../runtime/owner-index.ts';
import { podActive } from '../runtime/pods.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import {
  availableAfterMs,
  planReplicas,
  planStatus,
  type ReplicaFailure,
  type ReplicaSetState,
  sameStatus,
} from './plan.ts';
import { watchPods } from './pod-events.ts';
import { slowStart } from './slow-start.ts';

const NAME = 'replicaset-controller';

export function replicaSetController(context: ControllerContext): Controller {
  return new ReplicaSetController(context);
}

class ReplicaSetController implements Controller {
  readonly name = NAME;
  readonly queue: WorkQueue;
  readonly informers;
  readonly #context: ControllerContext;
  readonly #replicaSets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;
  readonly #expectations: Expectations;
  readonly #recorder: EventRecorder;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.queue = new WorkQueue({ clock: context.clock });
    this.#replicaSets = context.informers.of(replicaSetType);
    this.#pods = context.informers.of(podType);
    this.informers = [this.#replicaSets, this.#pods] as never;
    this.#expectations = new Expectations(context.clock);
    this.#recorder = recorderFor(context, NAME);
    indexByController(this.#replicaSets);
    indexByController(this.#pods);
    enqueueSelf(this.#replicaSets, this.queue);
    this.#replicaSets.addHandler({
      deleted: (replicaSet) => this.#expectations.forget(keyOf(replicaSet)),
    });
    watchPods({
      pods: this.#pods,
      replicaSets: this.#replicaSets.lister,
      queue: this.queue,
      expectations: this.#expectations,
    });
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const replicaSet = this.#replicaSets.lister.get(key);
    if (replicaSet === undefined) return undefined;
    const { clock } = this.#context;
    // Asked before the cache is read: what is seen in between can only make the cache newer.
    const current = this.#expectations.satisfied(key);
    const pods = await this.#claim(replicaSet);
    const state: ReplicaSetState = {
      replicaSet,
      pods,
      related: () => this.#related(replicaSet),
      nowMs: clock.now(),
    };
    const failed = current ? await this.#manage(key, state) : undefined;
    const status = planStatus(state, failed?.failure);
    await this.#writeStatus(replicaSet, status);
    if (failed !== undefined) throw failed.error;
    const requeueAfterMs = availableAfterMs(replicaSet, status);
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  }

  async stop(): Promise<void> {
    await this.#recorder.stop();
  }

  #claim(replicaSet: ReplicaSet): Promise<readonly Pod[]> {
    const { client } = this.#context;
    const orphans = orphansOf(this.#pods.lister, namespaceOf(replicaSet)).filter(podActive);
    const own = this.#pods.lister.byIndex(OWNER_INDEX, uidOf(replicaSet));
    const candidates = orphans.length === 0 ? own : [...own, ...orphans];
    const claims = planClaims(replicaSet, labelMatcher(replicaSet.spec.selector), candidates);
    return executeClaims({ client, ownerType: replicaSetType, type: podType }, replicaSet, claims);
  }

  /** Pods of all ReplicaSets of one Deployment: when it rolls, old and new share the nodes. */
  #related(replicaSet: ReplicaSet): readonly Pod[] {
    const owner = controllerOf(replicaSet);
    const siblings =
      owner === undefined ? [replicaSet] : this.#replicaSets.lister.byIndex(OWNER_INDEX, owner.uid);
    return siblings.flatMap((sibling) =>
      this.#pods.lister.byIndex(OWNER_INDEX, uidOf(sibling)).filter(podActive),
    );
  }

  async #manage(
    key: string,
    state: ReplicaSetState,
  ): Promise<{ failure: ReplicaFailure; error: Error } | undefined> {
    const plan = planReplicas(state);
    if (plan.create > 0) {
      const error = await this.#create(key, state.replicaSet, plan.create);
      return error && { failure: { reason: 'FailedCreate', message: error.message }, error };
    }
    if (plan.remove.length > 0) {
      const error = await this.#remove(key, state.replicaSet, plan.remove);
      return error && { failure: { reason: 'FailedDelete', message: error.message }, error };
    }
    return undefined;
  }

  async #create(key: string, replicaSet: ReplicaSet, count: number): Promise<Error | undefined> {
    this.#expectations.expectCreations(key, count);
    const draft = podOf(replicaSet);
    const { succeeded, error } = await slowStart(count, () => this.#createPod(replicaSet, draft));
    // Those that failed or were not tried will never be seen.
    if (succeeded < count) this.#expectations.creationObserved(key, count - succeeded);
    // A namespace on its way out takes this ReplicaSet along: nothing to complain about.
    const causes = isStatus(error, 'Forbidden') ? (error.status.details?.causes ?? []) : [];
    return causes.some(({ reason }) => reason === 'NamespaceTerminating') ? undefined : error;
  }

  async #createPod(replicaSet: ReplicaSet, draft: ReturnType<typeof podOf>): Promise<void> {
    try {
      const pod = await this.#context.client.create(podType, draft);
      const message = `Created pod: ${nameOf(pod)}`;
      this.#recorder.record(replicaSet, { type: 'Normal', reason: 'SuccessfulCreate', message });
    } catch (error) {
      const message = `Error creating: ${(error as Error).message}`;
      this.#recorder.record(replicaSet, { type: 'Warning', reason: 'FailedCreate', message });
      throw error;
    }
  }

  async #remove(
    key: string,
    replicaSet: ReplicaSet,
    doomed: readonly Pod[],
  ): Promise<Error | undefined> {
    this.#expectations.expectDeletions(key, doomed.map(keyOf));
    const results = await Promise.allSettled(doomed.map((pod) => this.#removePod(replicaSet, pod)));
    const failed = results.find((result) => result.status === 'rejected');
    return failed?.reason as Error | undefined;
  }

  async #removePod(replicaSet: ReplicaSet, pod: Pod): Promise<void> {
    const ref = { namespace: namespaceOf(pod), name: nameOf(pod) };
    try {
      await this.#context.client.delete(podType, ref, { preconditions: { uid: uidOf(pod) } });
      const message = `Deleted pod: ${ref.name}`;
      this.#recorder.record(replicaSet, { type: 'Normal', reason: 'SuccessfulDelete', message });
    } catch (error) {
      this.#expectations.deletionObserved(keyOf(replicaSet), keyOf(pod));
      if (isStatus(error, 'NotFound')) return;
      const message = `Error deleting: ${(error as Error).message}`;
      this.#recorder.record(replicaSet, { type: 'Warning', reason: 'FailedDelete', message });
      throw error;
    }
  }

  async #writeStatus(replicaSet: ReplicaSet, status: ReplicaSet['status']): Promise<void> {
    if (status === undefined || sameStatus(replicaSet.status, status)) return;
    // The cache's version makes the write conditional: a stale count never replaces a newer one.
    const { client } = this.#context;
    try {
      await client.update(replicaSetType, { ...replicaSet, status }, { subresource: 'status' });
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
    }
  }
}

/** The pod that a ReplicaSet's template describes; the server makes up the rest of the name. */
function podOf(replicaSet: ReplicaSet): Pick<Pod, 'metadata' | 'spec'> {
  const { metadata, spec } = replicaSet.spec.template ?? {};
  const { labels, annotations, finalizers } = metadata ?? {};
  return {
    metadata: {
      namespace: namespaceOf(replicaSet),
      generateName: `${nameOf(replicaSet)}-`,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(replicaSet)],
    },
    spec: spec ?? { containers: [] },
  };
}
