/**
 * The resource quota controller: counts what a namespace uses. Admission counts up as objects are
 * created; this one starts the count, gives back what was deleted or has ended, and corrects from
 * time to time what was counted for objects that never came to be.
 */
import { type KubernetesObject, keyOf, namespaceOf } from '../../api/meta.ts';
import { type Amounts, amountsOf, sameAmounts } from '../../api/quota/amounts.ts';
import type { Evaluator } from '../../api/quota/evaluator.ts';
import { evaluatorOf } from '../../api/quota/evaluators.ts';
import { groupResource, type ResourceType } from '../../api/resource.ts';
import { resourceQuotas as quotaType } from '../../api/resources.ts';
import type { ResourceQuota } from '../../api/types/core-v1.ts';
import type { Informer } from '../../client/informer-interface.ts';
import { BaseController } from '../runtime/base-controller.ts';
import { boundedSync } from '../runtime/bounded-sync.ts';
import type { Controller, ControllerContext, ReconcileResult } from '../runtime/controller.ts';
import { NAMESPACE_INDEX, indexByController } from '../runtime/owner-index.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import { writeStatus } from '../runtime/write-status.ts';
import { type Counted, planQuota } from './plan.ts';

/** As kube-controller-manager's --resource-quota-sync-period. */
const SYNC_PERIOD_MS = 5 * 60_000;
/**
 * After usage was lowered: what was admitted meanwhile may be in the quota and not yet in the
 * caches that were counted.
 */
const RECOUNT_MS = 1_000;

export function resourceQuotaController(context: ControllerContext): Controller {
  return new ResourceQuotaController(context);
}

interface Followed {
  readonly evaluator: Evaluator;
  readonly informer: Informer<KubernetesObject>;
  /** False for what is only counted: there is one more and one less, and no index is worth it. */
  readonly indexed: boolean;
}

class ResourceQuotaController extends BaseController {
  readonly name = 'resourcequota-controller';
  readonly #quotas = this.informerOf(quotaType);
  /** By "deployments.apps". */
  readonly #followed = new Map<string, Followed>();
  /** Of objects that live on; a change is another object. */
  readonly #usage = new WeakMap<KubernetesObject, Amounts>();

  constructor(context: ControllerContext) {
    super(context);
    indexByController(this.#quotas);
    enqueueSelf(this.#quotas, this.queue, (quota, old) => old === undefined || differs(quota, old));
    for (const type of context.types.list()) {
      const followed = this.#follow(type);
      if (followed !== undefined)
        this.informers.push(
          boundedSync(type, followed.informer, { ...context, controller: this.name }),
        );
    }
    context.types.onChange((type, before) => {
      if (before !== undefined) this.#followed.delete(groupResource(before));
      if (type !== undefined) this.#followLater(type);
    });
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const quota = this.#quotas.lister.get(key);
    if (quota === undefined) return undefined;
    const nowMs = this.context.clock.now();
    const namespace = namespaceOf(quota);
    const followed = [...this.#followed.values()];
    const isUnknown = ({ evaluator, informer }: Followed): boolean =>
      !informer.synced && concerns(evaluator, quota);
    if (followed.some(isUnknown)) return { requeueAfterMs: RECOUNT_MS };
    const plan = planQuota(
      quota,
      followed.map((each) => this.#counted(each, namespace, nowMs)),
    );
    if (plan === undefined) return { requeueAfterMs: SYNC_PERIOD_MS };
    await writeStatus(this.context.client, quotaType, { ...quota, status: plan.status });
    return { requeueAfterMs: plan.lowered ? RECOUNT_MS : SYNC_PERIOD_MS };
  }

  /** One that came while the controllers run. */
  #followLater(type: ResourceType): void {
    const followed = this.#follow(type);
    if (followed === undefined) return;
    followed.informer.start();
    for (const quota of this.#quotas.lister.list())
      if (concerns(followed.evaluator, quota)) this.queue.add(keyOf(quota));
  }

  #follow(type: ResourceType): Followed | undefined {
    const evaluator = type.namespaced ? evaluatorOf(type) : undefined;
    if (evaluator === undefined) return undefined;
    const informer = this.context.informers.of(type);
    const indexed = isSpecial(type);
    if (indexed) indexByController(informer);
    const replenish = (object: KubernetesObject): void => {
      for (const quota of this.#quotas.lister.byIndex(NAMESPACE_INDEX, namespaceOf(object)))
        if (concerns(evaluator, quota)) this.queue.add(keyOf(quota));
    };
    informer.addHandler({
      deleted: replenish,
      // Only what ends, shrinks or becomes something else gives back; growth is admission's.
      ...(indexed && {
        updated: (old: KubernetesObject, object: KubernetesObject) => {
          if (this.#quotas.lister.list().length === 0) return;
          const nowMs = this.context.clock.now();
          const before = this.#usageOf(evaluator, old, nowMs);
          if (!sameAmounts(before, this.#usageOf(evaluator, object, nowMs))) replenish(object);
        },
      }),
    });
    const followed = { evaluator, informer, indexed };
    this.#followed.set(groupResource(type), followed);
    return followed;
  }

  #counted({ evaluator, informer, indexed }: Followed, namespace: string, nowMs: number): Counted {
    const { lister } = informer;
    return {
      evaluator,
      objects: () =>
        indexed
          ? lister.byIndex(NAMESPACE_INDEX, namespace)
          : lister.list().filter((object) => namespaceOf(object) === namespace),
      usage: (object) => this.#usageOf(evaluator, object, nowMs),
    };
  }

  /** What is being deleted uses less with time. */
  #usageOf(evaluator: Evaluator, object: KubernetesObject, nowMs: number): Amounts {
    if (object.metadata.deletionTimestamp !== undefined) return evaluator.usage(object, nowMs);
    let usage = this.#usage.get(object);
    if (usage === undefined) this.#usage.set(object, (usage = evaluator.usage(object, nowMs)));
    return usage;
  }
}

const special = ['pods', 'services', 'persistentvolumeclaims'];

function isSpecial({ group, resource }: ResourceType): boolean {
  return group === '' && special.includes(resource);
}

function concerns(evaluator: Evaluator, { spec }: ResourceQuota): boolean {
  return Object.keys(spec.hard ?? {}).some((name) => evaluator.covers(name));
}

function differs(quota: ResourceQuota, old: ResourceQuota): boolean {
  return !sameAmounts(amountsOf(quota.spec.hard), amountsOf(old.spec.hard));
}
