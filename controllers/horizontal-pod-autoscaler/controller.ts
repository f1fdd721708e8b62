/**
 * The horizontal pod autoscaler: every 15 seconds, and when its spec changes, it sets the scale of
 * its target to what the target's metrics ask for.
 */
import { deepEqual } from '../../api/deep.ts';
import { nameOf, namespaceOf, keyOf } from '../../api/meta.ts';
import { podMetrics as podMetricsType, type PodMetrics } from '../../api/metrics.ts';
import { groupOf, resourcePath, type ResourceType } from '../../api/resource.ts';
import { horizontalPodAutoscalers as hpaType, pods as podType } from '../../api/resources.ts';
import { matchesLabels } from '../../api/selector/label.ts';
import { parseLabelSelector } from '../../api/selector/label-parser.ts';
import { isStatus, StatusError } from '../../api/status.ts';
import { formatTime } from '../../api/time.ts';
import type { Scale } from '../../api/types/autoscaling-v1.ts';
import type { HorizontalPodAutoscaler } from '../../api/types/autoscaling-v2.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { BaseController } from '../runtime/base-controller.ts';
import type { Controller, ControllerContext, ReconcileResult } from '../runtime/controller.ts';
import { indexByController, NAMESPACE_INDEX } from '../runtime/owner-index.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import { writeStatus } from '../runtime/write-status.ts';
import { Histories } from './history.ts';
import type { Readings } from './metric-outcome.ts';
import { evaluate } from './metrics.ts';
import { MetricsApis, unfetchedOf } from './metrics-apis.ts';
import {
  type AutoscalerPlan,
  type AutoscalerState,
  type ConditionChange,
  planAutoscaler,
  withConditions,
} from './plan.ts';
import { readMetric } from './readings.ts';
import type { NoMetricError } from './replicas.ts';
import { AutoscalerSelectors, selectorRequired } from './selectors.ts';

const SYNC_MS = 15_000;
const TOLERANCE = 0.1;

export function horizontalPodAutoscalerController(context: ControllerContext): Controller {
  return new HorizontalPodAutoscalerController(context);
}

interface Target {
  readonly type: ResourceType;
  readonly scale: Scale;
}

class HorizontalPodAutoscalerController extends BaseController {
  readonly name = 'horizontal-pod-autoscaler-controller';
  readonly #autoscalers = this.informerOf(hpaType);
  readonly #pods = this.informerOf(podType);
  readonly #recorder = this.recorderAs('horizontal-pod-autoscaler');
  readonly #apis: MetricsApis;
  readonly #histories = new Histories();
  readonly #selectors = new AutoscalerSelectors();

  constructor(context: ControllerContext) {
    super(context);
    this.#apis = new MetricsApis(context);
    indexByController(this.#pods);
    // Its own status writes are no reason to look again.
    const news = (now: HorizontalPodAutoscaler, old?: HorizontalPodAutoscaler): boolean =>
      old === undefined || !deepEqual(old.spec, now.spec);
    enqueueSelf(this.#autoscalers, this.queue, news);
    this.#autoscalers.addHandler({
      deleted: (gone) => {
        this.#histories.forget(keyOf(gone));
        this.#selectors.forget(keyOf(gone));
      },
    });
  }

  async reconcile(key: string): Promise<ReconcileResult | undefined> {
    const autoscaler = this.#autoscalers.lister.get(key);
    if (autoscaler === undefined) return undefined;
    const again = { requeueAfterMs: SYNC_MS };
    const target = await this.#target(autoscaler);
    if (target === undefined) return again;
    const { clock } = this.context;
    const nowMs = clock.now();
    const current = target.scale.spec?.replicas ?? 0;
    const selector = target.scale.status?.selector ?? '';
    const history = this.#histories.of(key, { current, nowMs: clock.monotonic() });
    const seen = selector === '' ? [] : this.#select(namespaceOf(autoscaler), selector);
    const unmeasured = current === 0 || selector === '';
    const readings = unmeasured ? new Map() : await this.#read(autoscaler, selector);
    const measured = unmeasured ? [] : await this.#measure(namespaceOf(autoscaler), selector);
    const metrics: AutoscalerState['metrics'] = () => {
      if (selector === '') return selectorRequired;
      const problem = this.#selectors.check(key, selector, seen);
      if (problem !== undefined) return problem;
      const { up, down } = tolerances(autoscaler);
      const tolerance = { up, down };
      const replicas = target.scale.status?.replicas ?? 0;
      const counted = { current, replicas, pods: seen, nowMs, tolerance };
      const input = { ...counted, podMetrics: measured, readings };
      return (autoscaler.spec.metrics ?? []).map((spec) => evaluate(spec, input));
    };
    const monotonicMs = clock.monotonic();
    const plan = planAutoscaler({ autoscaler, current, metrics, nowMs, history, monotonicMs });
    if (plan.recommendation !== undefined)
      this.#histories.recommended(key, plan.recommendation, clock.monotonic());
    for (const event of plan.events) this.#recorder.record(autoscaler, event);
    await this.#carryOut(autoscaler, target, plan);
    return again;
  }

  async #target(autoscaler: HorizontalPodAutoscaler): Promise<Target | undefined> {
    const { client, types } = this.context;
    const { kind, name, apiVersion = 'v1' } = autoscaler.spec.scaleTargetRef;
    const group = groupOf(apiVersion);
    const type = types.ofKind(group, kind);
    let problem = `no matches for kind "${kind}" in group "${group}"`;
    if (type !== undefined) {
      const at = { namespace: namespaceOf(autoscaler), name, subresource: 'scale' };
      try {
        return { type, scale: (await client.getPath(resourcePath(type, at))) as Scale };
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        problem = error.message;
      }
    }
    this.#recorder.record(autoscaler, {
      type: 'Warning',
      reason: 'FailedGetScale',
      message: problem,
    });
    await this.#write(autoscaler, {
      type: 'AbleToScale',
      status: 'False',
      reason: 'FailedGetScale',
      message: `the HPA controller was unable to get the target's current scale: ${problem}`,
    });
    return undefined;
  }

  #select(namespace: string, selector: string): readonly Pod[] {
    const requirements = parseLabelSelector(selector);
    return this.#pods.lister
      .byIndex(NAMESPACE_INDEX, namespace)
      .filter(({ metadata }) => matchesLabels(requirements, metadata.labels));
  }

  async #read(autoscaler: HorizontalPodAutoscaler, selector: string): Promise<Readings> {
    const { metrics = [] } = autoscaler.spec;
    const at = { namespace: namespaceOf(autoscaler), selector };
    const read = metrics.map(
      async (spec) => [spec, await readMetric(this.#apis, spec, at)] as const,
    );
    return new Map(await Promise.all(read));
  }

  async #measure(
    namespace: string,
    labelSelector: string,
  ): Promise<readonly PodMetrics[] | NoMetricError> {
    try {
      const { client } = this.context;
      return (await client.list(podMetricsType, { namespace, labelSelector })).items;
    } catch (error) {
      return unfetchedOf('resource', 'pods.metrics.k8s.io', error);
    }
  }

  async #carryOut(
    autoscaler: HorizontalPodAutoscaler,
    target: Target,
    { rescale, desired, status }: AutoscalerPlan,
  ): Promise<void> {
    if (rescale === undefined) {
      await this.#update(autoscaler, status);
      return;
    }
    const { clock } = this.context;
    const current = target.scale.spec?.replicas ?? 0;
    try {
      await this.#scale(target, desired);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      const message = `New size: ${desired}; reason: ${rescale}; error: ${error.message}`;
      this.#recorder.record(autoscaler, { type: 'Warning', reason: 'FailedRescale', message });
      await this.#update(autoscaler, {
        ...status,
        desiredReplicas: current,
        conditions: withConditions(
          status.conditions ?? [],
          [
            {
              type: 'AbleToScale',
              status: 'False',
              reason: 'FailedUpdateScale',
              message: `the HPA controller was unable to update the target scale: ${error.message}`,
            },
          ],
          clock.now(),
        ),
      });
      throw error;
    }
    const message = `New size: ${desired}; reason: ${rescale}`;
    this.#recorder.record(autoscaler, { type: 'Normal', reason: 'SuccessfulRescale', message });
    this.#histories.scaled(keyOf(autoscaler), desired - current, clock.monotonic());
    const done: ConditionChange = {
      type: 'AbleToScale',
      status: 'True',
      reason: 'SucceededRescale',
      message: `the HPA controller was able to update the target scale to ${desired}`,
    };
    await this.#update(autoscaler, {
      ...status,
      lastScaleTime: formatTime(clock.now()),
      conditions: withConditions(status.conditions ?? [], [done], clock.now()),
    });
  }

  async #scale({ type, scale }: Target, replicas: number): Promise<void> {
    const { client } = this.context;
    const changed = { ...scale, metadata: scale.metadata ?? {}, spec: { replicas } };
    const subresource = 'scale';
    try {
      await client.update(type, changed, { subresource });
    } catch (error) {
      if (!isStatus(error, 'Conflict')) throw error;
      // Somebody wrote to the target meanwhile: the size is wanted of its newest version too.
      const { resourceVersion: _old, ...metadata } = changed.metadata;
      await client.update(type, { ...changed, metadata }, { subresource });
    }
  }

  async #write(autoscaler: HorizontalPodAutoscaler, change: ConditionChange): Promise<void> {
    const { status } = autoscaler;
    const conditions = withConditions(status?.conditions ?? [], [change], this.context.clock.now());
    const { desiredReplicas = 0 } = status ?? {};
    await this.#update(autoscaler, { ...status, desiredReplicas, conditions });
  }

  async #update(autoscaler: HorizontalPodAutoscaler, status: Status): Promise<void> {
    if (sameStatus(autoscaler.status, status)) return;
    const { client, logger } = this.context;
    logger.debug({ autoscaler: nameOf(autoscaler), status }, 'autoscaler status');
    await writeStatus(client, hpaType, { ...autoscaler, status });
  }
}

type Status = NonNullable<HorizontalPodAutoscaler['status']>;

/** The server writes null for metrics that are not told. */
function sameStatus(a: Status | undefined, b: Status): boolean {
  const filled = (of: Status): Status => ({ ...of, currentMetrics: of.currentMetrics ?? [] });
  return a !== undefined && deepEqual(filled(a), filled(b));
}

/** `behavior.scaleUp.tolerance` where the server keeps it. */
function tolerances({ spec }: HorizontalPodAutoscaler): { up: number; down: number } {
  const { scaleUp, scaleDown } = spec.behavior ?? {};
  return {
    up: scaleUp?.tolerance === undefined ? TOLERANCE : Number(scaleUp.tolerance),
    down: scaleDown?.tolerance === undefined ? TOLERANCE : Number(scaleDown.tolerance),
  };
}
