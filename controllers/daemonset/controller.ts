/** The DaemonSet controller: one pod on each node that fits, whatever else happens there. */
import { keyOf, uidOf } from '../../api/meta.ts';
import {
  controllerRevisions as revisionType,
  daemonSets as setType,
  nodes as nodeType,
  pods as podType,
} from '../../api/resources.ts';
import { deepEqual } from '../../api/deep.ts';
import { namespaceTerminates } from '../../api/status.ts';
import type { ControllerRevision, DaemonSet } from '../../api/types/apps-v1.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { Expectations } from '../../client/expectations.ts';
import { BaseController } from '../runtime/base-controller.ts';
import { claimPods } from '../runtime/claim-pods.ts';
import type { Controller, ControllerContext, ReconcileResult } from '../runtime/controller.ts';
import { labelMatcher, selectsEverything } from '../runtime/label-selector.ts';
import { indexByController } from '../runtime/owner-index.ts';
import { createPods, draftKey, PodControl, removePods } from '../runtime/pod-control.ts';
import { watchPods } from '../runtime/pod-events.ts';
import { requeueAtFirst } from '../runtime/requeue.ts';
import { type CurrentHistory, removeRevisions, syncHistory } from '../runtime/revision-history.ts';
import { expiredRevisions } from '../runtime/revisions.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import { templateHash } from '../runtime/template-hash.ts';
import { writeStatus } from '../runtime/write-status.ts';
import { EndedBackoff } from './ended-backoff.ts';
import { HASH_LABEL, newPod, nodeOf, placementOn } from './placement.ts';
import { mergeTwins } from './twin-revisions.ts';
import {
  BURST,
  type DaemonSetPlan,
  type DaemonSetState,
  planDaemonSet,
  planStatus,
  sameStatus,
} from './plan.ts';

const NAME = 'daemonset-controller';
const HISTORY_LIMIT = 10;

export function daemonSetController(context: ControllerContext): Controller {
  return new DaemonSetController(context);
}

class DaemonSetController extends BaseController {
  readonly name = NAME;
  readonly #sets = this.informerOf(setType);
  readonly #pods = this.informerOf(podType);
  readonly #nodes = this.informerOf(nodeType);
  readonly #revisions = this.informerOf(revisionType);
  readonly #expectations = new Expectations(this.context.clock);
  readonly #recorder = this.recorderAs(NAME);
  readonly #podControl: PodControl;
  readonly #backoff = new EndedBackoff(this.context.clock);

  constructor(context: ControllerContext) {
    super(context);
    this.#podControl = new PodControl({
      client: context.client,
      random: context.random,
      recorder: this.#recorder,
      pods: this.#pods.lister,
    });
    indexByController(this.#sets);
    indexByController(this.#pods);
    indexByController(this.#revisions);
    enqueueSelf(this.#sets, this.queue);
    this.#sets.addHandler({
      deleted: (set) => {
        this.#expectations.forget(keyOf(set));
        this.#backoff.forget(uidOf(set));
      },
    });
    watchPods({
      pods: this.#pods,
      owners: this.#sets.lister,
      kind: setType.kind,
      matcherOf: (set) => labelMatcher(set.spec.selector),
      queue: this.queue,
      expectations: this.#expectations,
    });
    this.#watchNodes();
  }

  /** Nodes report all the time: only what decides about placement is of interest. */
  #watchNodes(): void {
    const all = (): void => this.#sets.lister.list().forEach((set) => this.queue.add(keyOf(set)));
    this.#nodes.addHandler({
      added: all,
      deleted: all,
      updated: (old, node) => {
        if (
          deepEqual(old.metadata.labels, node.metadata.labels) &&
          deepEqual(old.spec?.taints, node.spec?.taints)
        ) {
          return;
        }
        for (const set of this.#sets.lister.list()) {
          if (!deepEqual(placementOn(old, set), placementOn(node, set))) this.queue.add(keyOf(set));
        }
      },
    });
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const set = this.#sets.lister.get(key);
    if (set === undefined) return undefined;
    if (selectsEverything(set.spec.selector)) {
      const message = 'This daemon set is selecting all pods. A non-empty selector is required.';
      this.#recorder.record(set, { type: 'Warning', reason: 'SelectingAll', message });
      return undefined;
    }
    // Asked before the cache is read: what is seen in between can only make the cache newer.
    const current = this.#expectations.satisfied(key);
    const claimed = await this.#claim(set);
    const found = { history: await this.#history(set), pods: claimed };
    const { history, pods } = await mergeTwins(this.context.client, found);
    const state: DaemonSetState = {
      set,
      nodes: this.#nodes.lister.list(),
      pods,
      hash: history.current.metadata.labels?.[HASH_LABEL] ?? '',
      nowMs: this.context.clock.now(),
    };
    const failure = current ? await this.#carryOut(state, planDaemonSet(state)) : undefined;
    const status = planStatus(state, history.collisionCount);
    if (!sameStatus(set.status, status)) {
      await writeStatus(this.context.client, setType, { ...set, status });
    }
    await this.#truncate(state, history);
    if (failure !== undefined) throw failure;
    return this.#later(state, status.numberReady > (status.numberAvailable ?? 0));
  }

  #later({ set }: DaemonSetState, waits: boolean): ReconcileResult | undefined {
    const minReadyMs = (set.spec.minReadySeconds ?? 0) * 1000;
    return requeueAtFirst(
      waits && minReadyMs > 0 ? minReadyMs : undefined,
      this.#backoff.nextMs(uidOf(set)),
      this.#expectations.overdueAfterMs(keyOf(set)),
    );
  }

  #claim(set: DaemonSet): Promise<readonly Pod[]> {
    const selects = labelMatcher(set.spec.selector);
    const matches = (pod: Pod): boolean => selects(pod.metadata.labels);
    const { client } = this.context;
    return claimPods({ client, pods: this.#pods.lister, ownerType: setType, matches }, set);
  }

  #history(set: DaemonSet): Promise<CurrentHistory> {
    return syncHistory(
      {
        client: this.context.client,
        revisions: this.#revisions.lister,
        ownerType: setType,
        hash: { label: HASH_LABEL, of: templateHash },
        matcherOf: ({ spec }) => labelMatcher(spec.selector),
      },
      set,
    );
  }

  async #truncate({ set, pods }: DaemonSetState, { old }: CurrentHistory): Promise<void> {
    const hashOf = (labels: Readonly<Record<string, string>> = {}) => labels[HASH_LABEL];
    const used = new Set(pods.map(({ metadata }) => hashOf(metadata.labels)));
    const limit = set.spec.revisionHistoryLimit ?? HISTORY_LIMIT;
    const inUse = ({ metadata }: ControllerRevision) => used.has(hashOf(metadata.labels));
    await removeRevisions(this.context.client, expiredRevisions(old, inUse, limit));
  }

  /** The first failure, if any: the status is to be written all the same. */
  async #carryOut({ set, hash }: DaemonSetState, plan: DaemonSetPlan): Promise<Error | undefined> {
    const key = keyOf(set);
    const held = new Set(plan.ended.filter((pod) => this.#backoff.holds(set, nodeOf(pod) ?? '')));
    const remove = plan.remove.filter((pod) => !held.has(pod)).slice(0, BURST);
    const create = plan.create.slice(0, BURST);
    for (const pod of plan.ended) if (remove.includes(pod)) this.#tellEnded(set, pod);
    if (create.length + remove.length === 0) return undefined;
    const drafts = this.#podControl.named(
      set,
      create.map((node) => newPod(set, node, hash)),
    );
    this.#expectations.expect(key, drafts.map(draftKey), remove.map(keyOf));
    const { error } = await createPods(
      drafts,
      (draft) => this.#podControl.create(set, draft),
      (draft) => this.#expectations.creationObserved(key, draftKey(draft)),
    );
    const removal = await removePods(
      remove,
      (pod) => this.#podControl.remove(set, pod),
      (pod) => this.#expectations.deletionObserved(key, keyOf(pod)),
    );
    return namespaceTerminates(error) ? undefined : (error ?? removal);
  }

  #tellEnded(set: DaemonSet, pod: Pod): void {
    const failed = pod.status?.phase === 'Failed';
    const what = `${failed ? 'failed' : 'succeeded'} daemon pod ${keyOf(pod)}`;
    const verb = failed ? 'kill' : 'delete';
    const message = `Found ${what} on node ${nodeOf(pod)}, will try to ${verb} it`;
    this.#recorder.record(set, {
      type: failed ? 'Warning' : 'Normal',
      reason: failed ? 'FailedDaemonPod' : 'SucceededDaemonPod',
      message,
    });
    if (failed) this.#backoff.ended(set, nodeOf(pod) ?? '');
  }
}
