/** What StatefulSets, Jobs, budgets and quotas promise at every moment. */
import type { StatefulSet } from '../../../../api/types/apps-v1.ts';
import type { Job } from '../../../../api/types/batch-v1.ts';
import type { Pod, ResourceQuota } from '../../../../api/types/core-v1.ts';
import type { PodDisruptionBudget } from '../../../../api/types/policy-v1.ts';
import type { Change, Truth } from '../truth.ts';
import { hasEnded, isReady } from './placement.ts';
import { controllerUid } from './replicas.ts';

type Report = (problem: string) => void;

/** A server may not have seen a new quota yet. */
const NEW_QUOTA_MS = 15_000;

export class WorkloadChecks {
  readonly #truth: Truth;
  readonly #report: Report;
  /** UIDs of the pods of a Job that have succeeded. */
  readonly #succeeded = new Map<string, Set<string>>();

  constructor(truth: Truth, report: Report) {
    this.#truth = truth;
    this.#report = report;
    truth.onChange((change) => {
      if (change.resource === 'pods') this.#pod(change);
      if (change.resource === 'jobs') this.#job(change);
      if (change.resource === 'poddisruptionbudgets') this.#budget(change);
    });
  }

  #pod({ old, current, atMs }: Change): void {
    const pod = current as Pod | undefined;
    if (pod === undefined) return;
    const owner = controllerUid(pod);
    if (owner !== undefined && pod.status?.phase === 'Succeeded') {
      const known = this.#succeeded.get(owner) ?? new Set();
      this.#succeeded.set(owner, known.add(pod.metadata.uid ?? ''));
    }
    if (old !== undefined) return;
    this.#ordinal(pod, owner);
    this.#quota(pod, atMs);
  }

  /** In order: each one before it has been ready, as far as a cache may be behind. */
  #ordinal(pod: Pod, owner: string | undefined): void {
    const sets = [...this.#truth.of<StatefulSet>('statefulsets').values()];
    const set = sets.find(({ metadata }) => metadata.uid === owner);
    if (set === undefined || set.spec.podManagementPolicy === 'Parallel') return;
    const { namespace, name = '' } = pod.metadata;
    const ordinal = Number(name.slice(name.lastIndexOf('-') + 1));
    for (let before = 0; before < ordinal; before++) {
      const key = `${namespace}/${set.metadata.name}-${before}`;
      if (!this.#truth.recent<Pod>('pods', key).some(isReady))
        this.#report(`pod ${name} was created before ${key} was ready`);
    }
  }

  #quota(pod: Pod, atMs: number): void {
    const { namespace } = pod.metadata;
    const key = `${namespace}/quota`;
    const quota = this.#truth.of<ResourceQuota>('resourcequotas').get(key);
    if (quota === undefined) return;
    if (atMs - this.#truth.createdMs('resourcequotas', key) < NEW_QUOTA_MS) return;
    const states = this.#truth.recent<ResourceQuota>('resourcequotas', key);
    const most = Math.max(...states.map(({ spec }) => Number(spec?.hard?.['pods'] ?? Infinity)));
    const count = this.#truth.pods.filter(
      (each) => each.metadata.namespace === namespace && !hasEnded(each),
    ).length;
    if (count > most) this.#report(`${namespace} has ${count} pods, and a quota of ${most}`);
  }

  #job({ key, old, current }: Change): void {
    const [before, after] = [old as Job | undefined, current as Job | undefined];
    if (after === undefined) return;
    const told = after.status?.succeeded ?? 0;
    const sameJob = before?.metadata.uid === after.metadata.uid;
    if (sameJob && told < (before?.status?.succeeded ?? 0))
      this.#report(`job ${key} told of ${before?.status?.succeeded} successes, then of ${told}`);
    const real = this.#succeeded.get(after.metadata.uid ?? '')?.size ?? 0;
    if (told > real) this.#report(`job ${key} tells of ${told} successes, and had ${real}`);
    const { completions } = after.spec;
    if (completions !== undefined && told > completions)
      this.#report(`job ${key} tells of ${told} successes of ${completions}`);
  }

  /** Each eviction takes one permission that is there. */
  #budget({ key, old, current }: Change): void {
    if (old === undefined || current === undefined) return;
    const [before, after] = [
      (old as PodDisruptionBudget).status,
      (current as PodDisruptionBudget).status,
    ];
    const known = before?.disruptedPods ?? {};
    const taken = Object.keys(after?.disruptedPods ?? {}).filter((name) => !(name in known));
    const left = (before?.disruptionsAllowed ?? 0) - (after?.disruptionsAllowed ?? 0);
    if (taken.length > 0 && (left !== taken.length || (after?.disruptionsAllowed ?? 0) < 0))
      this.#report(`budget ${key} let ${taken.join()} go for ${left} permissions`);
  }
}
