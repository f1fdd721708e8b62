/**
 * The StatefulSet controller: pods with an identity that outlives them. Their names make a second
 * one impossible, so no expectations are needed: what a stale cache asks for again is refused.
 */
import { controllerOf, type Draft, keyOf, nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import {
  controllerRevisions as revisionType,
  persistentVolumeClaims as claimType,
  pods as podType,
  statefulSets as setType,
} from '../../api/resources.ts';
import { isStatus, namespaceTerminates } from '../../api/status.ts';
import type { StatefulSet } from '../../api/types/apps-v1.ts';
import type { PersistentVolumeClaim, Pod } from '../../api/types/core-v1.ts';
import { Expectations } from '../../client/expectations.ts';
import { BaseController } from '../runtime/base-controller.ts';
import { claimPods } from '../runtime/claim-pods.ts';
import type { Controller, ControllerContext, ReconcileResult } from '../runtime/controller.ts';
import { labelMatcher, selectsEverything } from '../runtime/label-selector.ts';
import { indexByController } from '../runtime/owner-index.ts';
import { removePods } from '../runtime/pod-control.ts';
import { PodPace } from '../runtime/pod-pace.ts';
import { isTerminating } from '../runtime/pods.ts';
import { requeueAtFirst } from '../runtime/requeue.ts';
import { watchPods } from '../runtime/pod-events.ts';
import { type CurrentHistory, removeRevisions, syncHistory } from '../runtime/revision-history.ts';
import { dataHash, expiredRevisions, templateOf } from '../runtime/revisions.ts';
import { slowStart } from '../runtime/slow-start.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import { writeStatus } from '../runtime/write-status.ts';
import {
  claimsOf,
  HISTORY_LABEL,
  inRange,
  ordinalOf,
  podRevision,
  repairedLabels,
  type Version,
} from './identity.ts';
import {
  type Creation,
  planStatefulSet,
  type StatefulSetPlan,
  type StatefulSetState,
} from './plan.ts';
import { claimProblem, ownersOf } from './retention.ts';
import { planStatus, sameStatus } from './status.ts';

const NAME = 'statefulset-controller';
const HISTORY_LIMIT = 10;

export function statefulSetController(context: ControllerContext): Controller {
  return new StatefulSetController(context);
}

class StatefulSetController extends BaseController {
  readonly name = NAME;
  readonly #sets = this.informerOf(setType);
  readonly #pods = this.informerOf(podType);
  readonly #revisions = this.informerOf(revisionType);
  readonly #claims = this.informerOf(claimType);
  readonly #recorder = this.recorderAs(NAME);
  readonly #pace = new PodPace(this.context.clock);

  constructor(context: ControllerContext) {
    super(context);
    indexByController(this.#sets);
    indexByController(this.#pods);
    indexByController(this.#revisions);
    enqueueSelf(this.#sets, this.queue);
    this.#sets.addHandler({ deleted: (set) => this.#pace.forget(keyOf(set)) });
    watchPods({
      pods: this.#pods,
      owners: this.#sets.lister,
      kind: setType.kind,
      matcherOf: (set) => labelMatcher(set.spec.selector),
      queue: this.queue,
      expectations: new Expectations(context.clock),
    });
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const set = this.#sets.lister.get(key);
    if (set === undefined) return undefined;
    if (selectsEverything(set.spec.selector)) {
      const message = 'This stateful set is selecting all pods. A non-empty selector is required.';
      this.#recorder.record(set, { type: 'Warning', reason: 'SelectingAll', message });
      return undefined;
    }
    const pods = await this.#claim(set);
    const history = await this.#history(set);
    const state = stateOf({ set, pods, history, nowMs: this.context.clock.now() });
    // Before pods go: what they leave behind has to go along with them, or stay.
    await this.#conform(state);
    const plan = planStatefulSet(state);
    const allowed = this.#pace.allowed({ key, has: pods.length, wants: plan.create.length });
    const create = plan.create.slice(0, allowed);
    const failure = await this.#carryOut(set, { ...plan, create });
    const status = planStatus(state, history.collisionCount);
    if (!sameStatus(set.status, status)) {
      await writeStatus(this.context.client, setType, { ...set, status });
    }
    await this.#truncate(state, history);
    if (failure !== undefined) throw failure;
    const waits = (status.readyReplicas ?? 0) > (status.availableReplicas ?? 0);
    const minReadySeconds = set.spec.minReadySeconds ?? 0;
    return requeueAtFirst(waits ? minReadySeconds * 1000 : undefined, this.#pace.afterMs(key));
  }

  #claim(set: StatefulSet): Promise<readonly Pod[]> {
    const matchesLabels = labelMatcher(set.spec.selector);
    const matches = (pod: Pod): boolean =>
      matchesLabels(pod.metadata.labels) && ordinalOf(set, pod) !== undefined;
    const { client } = this.context;
    return claimPods({ client, pods: this.#pods.lister, ownerType: setType, matches }, set);
  }

  /** Its labels and the owners of its claims, of all pods; who stays is told of. */
  async #conform({ set, pods }: StatefulSetState): Promise<void> {
    for (const pod of pods) {
      const ordinal = ordinalOf(set, pod);
      if (ordinal === undefined) continue;
      const ownersChanged = await this.#applyRetention(set, pod, ordinal);
      if (!inRange(set, ordinal) || isTerminating(pod)) continue;
      const labels = repairedLabels(pod, ordinal);
      if (labels !== undefined)
        await this.context.client.update(podType, {
          ...pod,
          metadata: { ...pod.metadata, labels },
        });
      if (labels === undefined && !ownersChanged) continue;
      const message = `update Pod ${nameOf(pod)} in StatefulSet ${nameOf(set)} successful`;
      this.#recorder.record(set, { type: 'Normal', reason: 'SuccessfulUpdate', message });
    }
  }

  /** Whether a claim has other owners now. */
  async #applyRetention(set: StatefulSet, pod: Pod, ordinal: number): Promise<boolean> {
    if (!set.spec.volumeClaimTemplates?.length) return false;
    // A claim that was deleted under a pod that waits for it is made again.
    const waits = pod.status?.phase === 'Pending' && !isTerminating(pod);
    if (waits && inRange(set, ordinal)) await this.#createClaims(set, ordinal, nameOf(pod));
    let changes = false;
    for (const { metadata } of claimsOf(set, ordinal)) {
      const claim = this.#claims.lister.get(`${namespaceOf(set)}/${metadata.name}`);
      if (claim === undefined || claim.metadata.deletionTimestamp !== undefined) continue;
      const owners = ownersOf(claim, { set, pod, condemned: !inRange(set, ordinal) });
      if (owners === undefined) continue;
      const changed = { ...claim.metadata, ownerReferences: owners };
      await this.context.client.update(claimType, { ...claim, metadata: changed });
      changes = true;
    }
    return changes;
  }

  #history(set: StatefulSet): Promise<CurrentHistory> {
    return syncHistory(
      {
        client: this.context.client,
        revisions: this.#revisions.lister,
        ownerType: setType,
        hash: { label: HISTORY_LABEL, of: dataHash },
        matcherOf: ({ spec }) => labelMatcher(spec.selector),
      },
      set,
    );
  }

  async #truncate({ set, pods }: StatefulSetState, history: CurrentHistory): Promise<void> {
    const used = new Set(pods.map(podRevision)).add(set.status?.currentRevision);
    const limit = set.spec.revisionHistoryLimit ?? HISTORY_LIMIT;
    const expired = expiredRevisions(history.old, (old) => used.has(old.metadata.name), limit);
    await removeRevisions(this.context.client, expired);
  }

  /** The first failure, if any: the status is to be written all the same. */
  async #carryOut(set: StatefulSet, plan: StatefulSetPlan): Promise<Error | undefined> {
    const removal = await removePods(
      plan.remove,
      (pod) => this.#remove(set, pod),
      () => {},
    );
    let next = 0;
    const { error } = await slowStart(plan.create.length, () =>
      this.#create(set, plan.create[next++]!),
    );
    return removal ?? error;
  }

  async #create(set: StatefulSet, { ordinal, draft }: Creation): Promise<void> {
    const pod = draft.metadata.name ?? '';
    try {
      await this.#createClaims(set, ordinal, pod);
      await this.context.client.create(podType, draft);
      const message = `create Pod ${pod} in StatefulSet ${nameOf(set)} successful`;
      this.#recorder.record(set, { type: 'Normal', reason: 'SuccessfulCreate', message });
    } catch (error) {
      if (namespaceTerminates(error)) return;
      if (isStatus(error, 'AlreadyExists') && (await this.#isOurs(set, pod))) return;
      const reasonText = (error as Error).message;
      const message = `create Pod ${pod} in StatefulSet ${nameOf(set)} failed error: ${reasonText}`;
      this.#recorder.record(set, { type: 'Warning', reason: 'FailedCreate', message });
      throw error;
    }
  }

  /** The cache is behind: what it does not show yet brings the next step. */
  async #isOurs(set: StatefulSet, name: string): Promise<boolean> {
    const pod = await this.context.client.get(podType, { namespace: namespaceOf(set), name });
    return controllerOf(pod)?.uid === uidOf(set);
  }

  /** All that can be made are, whatever becomes of the others. */
  async #createClaims(set: StatefulSet, ordinal: number, pod: string): Promise<void> {
    const problems: string[] = [];
    for (const claim of claimsOf(set, ordinal)) {
      const known = this.#claims.lister.get(`${namespaceOf(set)}/${claim.metadata.name}`);
      const problem =
        known === undefined ? await this.#createClaim(set, claim, pod) : claimProblem(known, pod);
      if (problem !== undefined) problems.push(problem);
    }
    // As Go joins errors.
    if (problems.length > 0)
      throw new Error(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);
  }

  /** Resolves with the reason if it was refused. */
  async #createClaim(
    set: StatefulSet,
    claim: Draft<PersistentVolumeClaim>,
    pod: string,
  ): Promise<string | undefined> {
    const { name } = claim.metadata;
    const where = `Pod ${pod} in StatefulSet ${nameOf(set)}`;
    try {
      await this.context.client.create(claimType, claim);
      const message = `create Claim ${name} ${where} success`;
      this.#recorder.record(set, { type: 'Normal', reason: 'SuccessfulCreate', message });
      return undefined;
    } catch (error) {
      if (namespaceTerminates(error)) throw error;
      if (isStatus(error, 'AlreadyExists')) return undefined;
      const why = (error as Error).message;
      const message = `create Claim ${name} for ${where} failed error: ${why}`;
      this.#recorder.record(set, { type: 'Warning', reason: 'FailedCreate', message });
      return `failed to create PVC ${name}: ${why}`;
    }
  }

  async #remove(set: StatefulSet, pod: Pod): Promise<boolean> {
    const ref = { namespace: namespaceOf(pod), name: nameOf(pod) };
    try {
      await this.context.client.delete(podType, ref, { preconditions: { uid: uidOf(pod) } });
      const message = `delete Pod ${ref.name} in StatefulSet ${nameOf(set)} successful`;
      this.#recorder.record(set, { type: 'Normal', reason: 'SuccessfulDelete', message });
      return true;
    } catch (error) {
      if (isStatus(error, 'NotFound')) return false;
      const reasonText = (error as Error).message;
      const what = `delete Pod ${ref.name} in StatefulSet ${nameOf(set)}`;
      const message = `${what} failed error: ${reasonText}`;
      this.#recorder.record(set, { type: 'Warning', reason: 'FailedDelete', message });
      throw error;
    }
  }
}

interface Observed {
  readonly set: StatefulSet;
  readonly pods: readonly Pod[];
  readonly history: CurrentHistory;
  readonly nowMs: number;
}

/** The status says which revision is the current one; without it, the newest is both. */
function stateOf({ set, pods, history, nowMs }: Observed): StatefulSetState {
  const update: Version = { name: nameOf(history.current), template: set.spec.template };
  const known = history.old.find(({ metadata }) => metadata.name === set.status?.currentRevision);
  const template = known && templateOf(known);
  const current = template === undefined ? update : { name: nameOf(known!), template };
  return { set, pods, current, update, nowMs };
}
