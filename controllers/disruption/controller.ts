/**
 * The disruption controller: keeps the status of PodDisruptionBudgets, on which the server decides
 * about evictions, and takes back a pod's condition DisruptionTarget when nobody deleted the pod.
 * It needs no caches of the pods' controllers: a scale is asked for when a budget depends on one.
 */
import { controllerOf, keyOf, nameOf, namespaceOf, type OwnerReference } from '../../api/meta.ts';
import { groupOf, groupResource, resourcePath, type ResourceType } from '../../api/resource.ts';
import {
  podDisruptionBudgets as budgetType,
  pods as podType,
  replicaSets,
} from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import { formatTime } from '../../api/time.ts';
import type { Scale } from '../../api/types/autoscaling-v1.ts';
import type { Pod, PodCondition } from '../../api/types/core-v1.ts';
import type { PodDisruptionBudget } from '../../api/types/policy-v1.ts';
import type { ObjectRef } from '../../client/interface.ts';
import { BaseController } from '../runtime/base-controller.ts';
import type { Controller, ControllerContext, ReconcileResult } from '../runtime/controller.ts';
import { labelMatcher } from '../runtime/label-selector.ts';
import { indexByController, NAMESPACE_INDEX } from '../runtime/owner-index.ts';
import { podActive, podReady } from '../runtime/pods.ts';
import { writeStatus } from '../runtime/write-status.ts';
import { type BudgetState, disruptionLeftMs, planBudget, sameStatus } from './plan.ts';

const NAME = 'disruption-controller';

export function disruptionController(context: ControllerContext): Controller {
  return new DisruptionController(context);
}

/** What a budget sees of a pod; equal texts change nothing. */
const seen = (pod: Pod): string =>
  JSON.stringify([podActive(pod), podReady(pod), pod.metadata.labels]);

class DisruptionController extends BaseController {
  readonly name = NAME;
  readonly #budgets = this.informerOf(budgetType);
  readonly #pods = this.informerOf(podType);
  readonly #recorder = this.recorderAs('controllermanager');

  constructor(context: ControllerContext) {
    super(context);
    indexByController(this.#budgets);
    indexByController(this.#pods);
    const enqueue = (budget: PodDisruptionBudget): void => this.#enqueue(budget);
    this.#budgets.addHandler({
      added: enqueue,
      updated: (_old, budget) => enqueue(budget),
      deleted: enqueue,
    });
    this.#pods.addHandler({
      added: (pod) => {
        this.#awaitsEnd(pod);
        this.#changed(pod);
      },
      updated: (old, pod) => {
        this.#awaitsEnd(pod);
        if (this.#budgets.lister.list().length === 0 || seen(old) === seen(pod)) return;
        for (const budget of this.#budgetsOf(old)) enqueue(budget);
        this.#changed(pod);
      },
      deleted: (pod) => this.#changed(pod),
    });
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const slash = key.indexOf('/');
    const named = key.slice(slash + 1);
    return key.slice(0, slash) === 'pod' ? this.#reconcilePod(named) : this.#reconcileBudget(named);
  }

  #enqueue(budget: PodDisruptionBudget): void {
    this.queue.add(`budget/${keyOf(budget)}`);
  }

  #budgetsOf(pod: Pod): readonly PodDisruptionBudget[] {
    return this.#budgets.lister
      .byIndex(NAMESPACE_INDEX, namespaceOf(pod))
      .filter(({ spec }) => labelMatcher(spec.selector)(pod.metadata.labels));
  }

  /** Every budget of the pod counts anew; that they are several, the pod's owner has to know. */
  #changed(pod: Pod): void {
    const budgets = this.#budgetsOf(pod);
    for (const budget of budgets) this.#enqueue(budget);
    const [first, second] = budgets;
    if (first === undefined || second === undefined) return;
    const message =
      `Pod "${namespaceOf(pod)}"/"${nameOf(pod)}" matches multiple PodDisruptionBudgets.  ` +
      `Chose "${nameOf(first)}" arbitrarily.`;
    this.#recorder.record(pod, {
      type: 'Warning',
      reason: 'MultiplePodDisruptionBudgets',
      message,
    });
  }

  #awaitsEnd(pod: Pod): void {
    const leftMs = disruptionLeftMs(pod, this.context.clock.now());
    if (leftMs !== undefined) this.queue.addAfter(`pod/${keyOf(pod)}`, leftMs);
  }

  async #reconcilePod(key: string): Promise<ReconcileResult | undefined> {
    const pod = this.#pods.lister.get(key);
    const nowMs = this.context.clock.now();
    const leftMs = pod && disruptionLeftMs(pod, nowMs);
    if (pod === undefined || leftMs === undefined) return undefined;
    if (leftMs > 0) return { requeueAfterMs: leftMs };
    const { generation } = pod.metadata;
    const condition: PodCondition = {
      type: 'DisruptionTarget',
      status: 'False',
      lastTransitionTime: formatTime(nowMs),
      ...(generation !== undefined && { observedGeneration: generation }),
    };
    const conditions = pod.status?.conditions?.map((each) =>
      each.type === condition.type ? condition : each,
    );
    await writeStatus(this.context.client, podType, {
      ...pod,
      status: { ...pod.status, ...(conditions && { conditions }) },
    });
    return undefined;
  }

  async #reconcileBudget(key: string): Promise<ReconcileResult | undefined> {
    const budget = this.#budgets.lister.get(key);
    if (budget === undefined) return undefined;
    const matches = labelMatcher(budget.spec.selector);
    const pods = this.#pods.lister
      .byIndex(NAMESPACE_INDEX, namespaceOf(budget))
      .filter(({ metadata }) => matches(metadata.labels));
    if (pods.length === 0) {
      const message = 'No matching pods found';
      this.#recorder.record(budget, { type: 'Normal', reason: 'NoPods', message });
    }
    const scale = await this.#scale(budget, pods);
    if ('problem' in scale) {
      const message = `Failed to calculate the number of expected pods: ${scale.problem}`;
      const reason = 'CalculateExpectedPodCountFailed';
      this.#recorder.record(budget, { type: 'Warning', reason, message });
    } else if (needsControllers(budget) && pods.some((pod) => controllerOf(pod) === undefined))
      this.#recorder.record(budget, {
        type: 'Warning',
        reason: 'UnmanagedPods',
        message: unmanagedText(budget),
      });
    const plan = planBudget({ budget, pods, scale, nowMs: this.context.clock.now() });
    for (const pod of plan.spared) {
      const by = `${namespaceOf(budget)}/${nameOf(budget)}`;
      const message = `Pod was expected by PDB ${by} to be deleted but it wasn't`;
      this.#recorder.record(pod, { type: 'Warning', reason: 'NotDeleted', message });
    }
    if (!sameStatus(budget.status, plan.status)) {
      await writeStatus(this.context.client, budgetType, { ...budget, status: plan.status });
    }
    const { requeueAfterMs } = plan;
    return requeueAfterMs === undefined ? undefined : { requeueAfterMs };
  }

  async #scale(budget: PodDisruptionBudget, pods: readonly Pod[]): Promise<BudgetState['scale']> {
    if (!needsControllers(budget)) return { replicas: pods.length };
    const owners = new Map<string, { owner: OwnerReference; namespace: string }>();
    for (const pod of pods) {
      const owner = controllerOf(pod);
      if (owner !== undefined) owners.set(owner.uid, { owner, namespace: namespaceOf(pod) });
    }
    const sizes = new Map<string, number>();
    for (const { owner, namespace } of owners.values()) {
      const found = await this.#sizeOf(owner, namespace);
      if ('problem' in found) return found;
      sizes.set(found.uid, found.replicas);
    }
    return { replicas: [...sizes.values()].reduce((sum, size) => sum + size, 0) };
  }

  /** Of the one on top: a Deployment counts once, however many ReplicaSets it has. */
  async #sizeOf(
    owner: OwnerReference,
    namespace: string,
  ): Promise<{ readonly uid: string; readonly replicas: number } | { readonly problem: string }> {
    const { client, types } = this.context;
    const { apiVersion, kind, name, uid } = owner;
    const type = types.ofKind(groupOf(apiVersion), kind);
    if (type === undefined)
      return { problem: `no matches for kind "${kind}" in version "${apiVersion}"` };
    try {
      if (groupResource(type) === groupResource(replicaSets)) {
        const above = controllerOf(await client.get(type, { namespace, name }));
        if (above !== undefined) return await this.#sizeOf(above, namespace);
      }
      const path = resourcePath(type, { namespace, name, subresource: 'scale' });
      const { metadata, spec } = (await client.getPath(path)) as Scale;
      return { uid, replicas: metadata?.uid === uid ? (spec?.replicas ?? 0) : 0 };
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error;
      return (await this.#isThere(type, { namespace, name }))
        ? { problem: `${groupResource(type)} does not implement the scale subresource` }
        : { uid, replicas: 0 };
    }
  }

  async #isThere(type: ResourceType, ref: ObjectRef): Promise<boolean> {
    try {
      await this.context.client.get(type, ref);
      return true;
    } catch (error) {
      if (isStatus(error, 'NotFound')) return false;
      throw error;
    }
  }
}

/** A part of the pods, or a loss, is counted of what their controllers want. */
function needsControllers({ spec }: PodDisruptionBudget): boolean {
  return spec.maxUnavailable !== undefined || typeof spec.minAvailable === 'string';
}

function unmanagedText({ spec }: PodDisruptionBudget): string {
  const selector = selectorText(spec.selector);
  return (
    `Pods selected by this PodDisruptionBudget (selector: ${selector}) were found to be ` +
    'unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may ' +
    'result in undefined behavior. To account for these pods please set ".spec.minAvailable" ' +
    'field of the PDB to an integer value.'
  );
}

/** As Go prints a selector. */
function selectorText(selector: PodDisruptionBudget['spec']['selector']): string {
  if (selector === undefined) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`)
    .join('');
  const expressions = (selector.matchExpressions ?? [])
    .map(
      ({ key, operator, values = [] }) =>
        `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
    )
    .join('');
  return (
    `&LabelSelector{MatchLabels:map[string]string{${labels}},` +
    `MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`
  );
}
