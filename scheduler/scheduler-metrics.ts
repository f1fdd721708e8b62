/** kube-scheduler's metrics, under its names. */
import type { Clock } from '../platform/clock.ts';
import { exponential } from '../platform/metrics/histogram.ts';
import type { Metrics } from '../platform/metrics/metrics.ts';
import type { Cache } from './cache/cache.ts';
import type { PointMeter } from './metered-profile.ts';
import type { Evictor } from './plugins/default-preemption.ts';
import type { QueueMeter, SchedulingQueue } from './queue/scheduling-queue.ts';

export type AttemptResult = 'scheduled' | 'unschedulable' | 'error';

const SECONDS = exponential(0.001, 2, 15);

export class SchedulerMetrics implements PointMeter, QueueMeter {
  readonly #clock: Clock;
  readonly #attempts;
  readonly #attemptTook;
  readonly #algorithm;
  readonly #tries;
  readonly #sli;
  readonly #pending;
  readonly #incoming;
  readonly #points;
  readonly #plugins;
  readonly #preemptions;
  readonly #victims;
  readonly #cacheSize;
  readonly #unschedulable;

  constructor(metrics: Metrics, clock: Clock) {
    this.#clock = clock;
    const labels = ['profile', 'result'];
    const name = (rest: string): string => `scheduler_${rest}`;
    this.#attempts = metrics.counter(name('schedule_attempts_total'), 'Attempts.', labels);
    const bounds = SECONDS;
    const attempt = name('scheduling_attempt_duration_seconds');
    this.#attemptTook = metrics.histogram(attempt, 'With the binding.', { bounds, labels });
    const algorithm = name('scheduling_algorithm_duration_seconds');
    this.#algorithm = metrics.histogram(algorithm, 'To find a node.', { bounds }).with();
    const tries = { bounds: exponential(1, 2, 5) };
    this.#tries = metrics.histogram(name('pod_scheduling_attempts'), 'Per pod.', tries).with();
    const sli = { bounds: exponential(0.01, 2, 20), labels: ['attempts'] };
    this.#sli = metrics.histogram(
      ...([name('pod_scheduling_sli_duration_seconds'), 'From the queue to a node.', sli] as const),
    );
    this.#pending = metrics.gauge(name('pending_pods'), 'Pods that wait.', ['queue']);
    const incoming = name('queue_incoming_pods_total');
    this.#incoming = metrics.counter(incoming, 'Pods put into a queue.', ['event', 'queue']);
    const points = {
      bounds: exponential(0.0001, 2, 12),
      labels: ['extension_point', 'profile', 'status'],
    };
    const pointName = name('framework_extension_point_duration_seconds');
    this.#points = metrics.histogram(pointName, 'All plugins of a point.', points);
    const plugins = {
      bounds: exponential(0.00001, 1.5, 20),
      labels: ['extension_point', 'plugin', 'status'],
    };
    const pluginName = name('plugin_execution_duration_seconds');
    this.#plugins = metrics.histogram(pluginName, 'One plugin, of every tenth attempt.', plugins);
    const preemptions = name('preemption_attempts_total');
    this.#preemptions = metrics.counter(preemptions, 'Times room was looked for.').with();
    const victims = { bounds: exponential(1, 2, 7) };
    this.#victims = metrics
      .histogram(name('preemption_victims'), 'Pods sent away.', victims)
      .with();
    this.#cacheSize = metrics.gauge(name('cache_size'), 'What is known.', ['type']);
    const unschedulable = name('unschedulable_pods');
    this.#unschedulable = metrics.gauge(unschedulable, 'Pods by who rejected them.', [
      ...['plugin', 'profile'],
    ]);
  }

  now(): number {
    return this.#clock.monotonic();
  }

  /** Sizes are looked up at each scrape. */
  sizes(
    metrics: Metrics,
    of: { readonly queue: SchedulingQueue; readonly cache: Cache },
  ): () => void {
    return metrics.collect(() => {
      const { active, backoff, unschedulable, gated } = of.queue.sizes;
      this.#pending.with('active').value = active;
      this.#pending.with('backoff').value = backoff;
      this.#pending.with('unschedulable').value = unschedulable - gated;
      this.#pending.with('gated').value = gated;
      const { nodes, pods, assumed } = of.cache.sizes;
      this.#cacheSize.with('nodes').value = nodes;
      this.#cacheSize.with('pods').value = pods;
      this.#cacheSize.with('assumed_pods').value = assumed;
      this.#unschedulable.clear();
      for (const { pod, rejectedBy } of of.queue.rejected())
        for (const plugin of rejectedBy)
          this.#unschedulable.with(plugin, pod.pod.spec.schedulerName ?? '').value++;
    });
  }

  selected(begunMs: number): void {
    this.#algorithm.observe((this.now() - begunMs) / 1000);
  }

  attempted(profile: string, result: AttemptResult, begunMs: number): void {
    this.#attempts.with(profile, result).value++;
    this.#attemptTook.with(profile, result).observe((this.now() - begunMs) / 1000);
  }

  bound(attempts: number, firstQueuedAt: number): void {
    this.#tries.observe(attempts);
    const label = attempts >= 15 ? '15+' : String(attempts);
    this.#sli.with(label).observe((this.now() - firstQueuedAt) / 1000);
  }

  incoming(event: string, queue: string): void {
    this.#incoming.with(event, queue).value++;
  }

  point(
    point: string,
    of: { readonly profile: string; readonly status: string },
    ms: number,
  ): void {
    this.#points.with(point, of.profile, of.status).observe(ms / 1000);
  }

  plugin(
    point: string,
    of: { readonly plugin: string; readonly status: string },
    ms: number,
  ): void {
    this.#plugins.with(point, of.plugin, of.status).observe(ms / 1000);
  }

  preempting(): void {
    this.#preemptions.value++;
  }

  /** The victims of one preemption are sent away side by side, in one turn. */
  evictor(inner: Evictor): Evictor {
    let victims = 0;
    const tell = (): void => {
      this.#victims.observe(victims);
      victims = 0;
    };
    return {
      evict: (...eviction) => {
        if (victims++ === 0) void Promise.resolve().then(tell);
        return inner.evict(...eviction);
      },
      withdrawNomination: (pod) => inner.withdrawNomination(pod),
    };
  }
}
