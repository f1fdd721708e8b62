/** client-go's metrics about work queues, under its names. */
import type { Clock } from '../platform/clock.ts';
import { exponential } from '../platform/metrics/histogram.ts';
import type { Metrics } from '../platform/metrics/metrics.ts';
import type { WorkQueue, WorkQueueMeter } from './work-queue.ts';

const SECONDS = exponential(1e-8, 10, 10);
const labels = ['name'];

/** Meters a queue from now on. Yields how to forget what is looked up at each scrape. */
export function meterQueue(
  queue: WorkQueue,
  of: { readonly name: string; readonly metrics: Metrics; readonly clock: Clock },
): () => void {
  const { name, metrics, clock } = of;
  const shape = { bounds: SECONDS, labels };
  const adds = metrics.counter('workqueue_adds_total', 'Keys added.', labels).with(name);
  const retries = metrics.counter('workqueue_retries_total', 'Keys tried again.', labels);
  const depth = metrics.gauge('workqueue_depth', 'Keys waiting.', labels).with(name);
  const waited = 'workqueue_queue_duration_seconds';
  const worked = 'workqueue_work_duration_seconds';
  const meter = new Meter(clock, {
    adds,
    retries: retries.with(name),
    waited: metrics.histogram(waited, 'Time keys wait.', shape).with(name),
    worked: metrics.histogram(worked, 'Time keys are worked on.', shape).with(name),
  });
  const unfinished = metrics.gauge(
    ...(['workqueue_unfinished_work_seconds', 'Time spent on what is not done.', labels] as const),
  );
  const longest = metrics.gauge(
    'workqueue_longest_running_processor_seconds',
    'Time spent on the oldest of what is not done.',
    labels,
  );
  queue.meter(meter);
  return metrics.collect(() => {
    depth.value = queue.size;
    const [sum, max] = meter.unfinished();
    unfinished.with(name).value = sum;
    longest.with(name).value = max;
  });
}

interface Series {
  readonly adds: { value: number };
  readonly retries: { value: number };
  readonly waited: { observe(seconds: number): void };
  readonly worked: { observe(seconds: number): void };
}

class Meter implements WorkQueueMeter {
  readonly #clock: Clock;
  readonly #series: Series;
  /** Times by key; a key is in the queue, and in work, at most once. */
  readonly #added = new Map<string, number>();
  readonly #begun = new Map<string, number>();

  constructor(clock: Clock, series: Series) {
    this.#clock = clock;
    this.#series = series;
  }

  added(key: string): void {
    this.#series.adds.value++;
    if (!this.#added.has(key)) this.#added.set(key, this.#clock.monotonic());
  }

  begun(key: string): void {
    const now = this.#clock.monotonic();
    const added = this.#added.get(key);
    this.#added.delete(key);
    this.#begun.set(key, now);
    if (added !== undefined) this.#series.waited.observe((now - added) / 1000);
  }

  done(key: string): void {
    const begun = this.#begun.get(key);
    this.#begun.delete(key);
    if (begun !== undefined) this.#series.worked.observe((this.#clock.monotonic() - begun) / 1000);
  }

  retried(): void {
    this.#series.retries.value++;
  }

  /** Seconds spent so far on what is not done: all together, and the oldest. */
  unfinished(): readonly [sum: number, max: number] {
    const now = this.#clock.monotonic();
    let sum = 0;
    let max = 0;
    for (const begun of this.#begun.values()) {
      const seconds = (now - begun) / 1000;
      sum += seconds;
      max = Math.max(max, seconds);
    }
    return [sum, max];
  }
}
