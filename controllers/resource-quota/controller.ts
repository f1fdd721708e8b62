/**
 * The resource quota controller: counts what a namespace uses. Admission counts up as objects are
 * created; this one starts the count, gives back what was deleted or has ended, and corrects from
 * time to time what was counted for objects that never came to be.
 */
import { type KubernetesObject, keyOf, namespaceOf } from '../../api/meta.ts';
import { type Amounts, amountsOf, sameAmounts } from '../../api/quota/amounts.ts';
import type { Evaluator } from '../../api/quota/evaluator.ts';
import { evaluatorOf } from '../../api/quota/evaluators.ts';
import type { ResourceType } from '../../api/resource.ts';
import { resourceQuotas as quotaType } from '../../api/resources.ts';
import type { ResourceQuota } from '../../api/types/core-v1.ts';
import type { Informer } from '../../client/informer-interface.ts';
import { BaseController } from '../runtime/base-controller.ts';
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
  readonly #followed: readonly Followed[];
  /** Of objects that live on; a change is another object. */
  readonly #usage = new WeakMap<KubernetesObject, Amounts>();

  constructor(context: ControllerContext) {
    super(context);
    indexByController(this.#quotas);
    enqueueSelf(this.#quotas, this.queue, (quota, old) => old === undefined || differs(quota, old));
    this.#followed = context.resourceTypes
      .filter(({ namespaced }) => namespaced)
      .flatMap((type) => this.#follow(type) ?? []);
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const quota = this.#quotas.lister.get(key);
    if (quota === undefined) return undefined;
    const nowMs = this.context.clock.now();
    const namespace = namespaceOf(quota);
    const plan = planQuota(
      quota,
      this.#followed.map((followed) => this.#counted(followed, namespace, nowMs)),
    );
    if (plan === undefined) return { requeueAfterMs: SYNC_PERIOD_MS };
    await writeStatus(this.context.client, quotaType, { ...quota, status: plan.status });
    return { requeueAfterMs: plan.lowered ? RECOUNT_MS : SYNC_PERIOD_MS };
  }

  #follow(type: ResourceType): Followed | undefined {
    const evaluator = evaluatorOf(type);
    if (evaluator === undefined) return undefined;
    const informer = this.informerOf(type);
    const indexed = isSpecial(type);
    if (indexed) indexByController(informer);
    const replenish = (object: KubernetesObject): void => {
      for (const quota of this.#quotas.lister.byIndex(NAMESPACE_INDEX, namespaceOf(object)))
        if (Object.keys(quota.spec.hard ?? {}).some((name) => evaluator.covers(name)))
          this.queue.add(keyOf(quota));
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
    return { evaluator, informer, indexed };
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

function differs(quota: ResourceQuota, old: ResourceQuota): boolean {
  return !sameAmounts(amountsOf(quota.spec.hard), amountsOf(old.spec.hard));
}
