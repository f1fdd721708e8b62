/** A store whose requests are timed under kube-apiserver's names. Watches pass through. */
import type { ResourceType } from '../../api/resource.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Histogram } from '../../platform/metrics/histogram.ts';
import type { Metrics, Sample } from '../../platform/metrics/metrics.ts';
import type { Kv, RangeRequest, TxnRequest } from '../../store/kv.ts';
import { collectionPrefix, REGISTRY_PREFIX } from './keys.ts';

const SECONDS = [
  ...[0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3],
  ...[4, 5, 6, 8, 10, 15, 20, 30, 45, 60],
];
const labels = ['operation', 'group', 'resource'];

interface Series {
  readonly took: Histogram;
  readonly total: Sample;
  readonly errors: () => Sample;
}

type Operation = 'get' | 'list' | 'create' | 'update' | 'delete';

/** What a transaction is to those who read dashboards: Kubernetes has one write in each. */
function operationOf({ compare, success }: TxnRequest): Operation {
  const written = success.find(({ type }) => type === 'put' || type === 'deleteRange');
  if (written === undefined) return 'get';
  if (written.type === 'deleteRange') return 'delete';
  const [first] = compare;
  return first?.target === 'mod' && first.operand === 0 ? 'create' : 'update';
}

const keyOf = ({ success: [first] }: TxnRequest): string =>
  first !== undefined && 'request' in first && 'key' in first.request ? first.request.key : '';

export class MeasuredKv implements Kv {
  readonly #kv: Kv;
  readonly #clock: Clock;
  readonly #took;
  readonly #total;
  readonly #errors;
  /** By "/registry/pods/" or "/registry/services/specs/". */
  readonly #resources = new Map<string, { readonly group: string; readonly resource: string }>();
  readonly #series = new Map<string, Map<Operation, Series>>();

  constructor(
    kv: Kv,
    of: {
      readonly clock: Clock;
      readonly metrics: Metrics;
      readonly resources: readonly {
        readonly storagePrefix: string;
        readonly type: ResourceType;
      }[];
    },
  ) {
    this.#kv = kv;
    this.#clock = of.clock;
    const shape = { bounds: SECONDS, labels };
    const name = 'etcd_request_duration_seconds';
    this.#took = of.metrics.histogram(name, 'Time the store takes to answer.', shape);
    this.#total = of.metrics.counter('etcd_requests_total', 'Requests to the store.', labels);
    const errors = 'etcd_request_errors_total';
    this.#errors = of.metrics.counter(errors, 'Requests to the store that failed.', labels);
    for (const { storagePrefix, type } of of.resources) {
      const { group, resource } = type;
      this.#resources.set(collectionPrefix(storagePrefix), { group, resource });
    }
  }

  range(request: RangeRequest): ReturnType<Kv['range']> {
    const operation = request.rangeEnd === undefined ? 'get' : 'list';
    return this.#timed(operation, request.key, this.#kv.range(request));
  }

  txn(request: TxnRequest): ReturnType<Kv['txn']> {
    return this.#timed(operationOf(request), keyOf(request), this.#kv.txn(request));
  }

  watch(request: Parameters<Kv['watch']>[0]): ReturnType<Kv['watch']> {
    return this.#kv.watch(request);
  }

  compact(revision: number): Promise<void> {
    return this.#kv.compact(revision);
  }

  leaseGrant(ttlSeconds: number): ReturnType<Kv['leaseGrant']> {
    return this.#kv.leaseGrant(ttlSeconds);
  }

  status(): ReturnType<Kv['status']> {
    return this.#kv.status();
  }

  close(): Promise<void> {
    return this.#kv.close();
  }

  async #timed<T>(operation: Operation, key: string, answer: Promise<T>): Promise<T> {
    const begunMs = this.#clock.monotonic();
    const series = this.#seriesOf(operation, key);
    try {
      return await answer;
    } catch (error) {
      series.errors().value++;
      throw error;
    } finally {
      series.total.value++;
      series.took.observe((this.#clock.monotonic() - begunMs) / 1000);
    }
  }

  #seriesOf(operation: Operation, key: string): Series {
    const prefix = this.#prefixOf(key);
    let operations = this.#series.get(prefix);
    if (operations === undefined)
      this.#series.set(prefix, (operations = new Map<Operation, Series>()));
    const known = operations.get(operation);
    if (known !== undefined) return known;
    const { group, resource } = this.#resources.get(prefix) ?? { group: '', resource: 'other' };
    const made: Series = {
      took: this.#took.with(operation, group, resource),
      total: this.#total.with(operation, group, resource),
      errors: () => this.#errors.with(operation, group, resource),
    };
    operations.set(operation, made);
    return made;
  }

  /** "" for keys of nobody who was known at the start. */
  #prefixOf(key: string): string {
    const first = key.indexOf('/', REGISTRY_PREFIX.length);
    if (first < 0) return '';
    const short = key.slice(0, first + 1);
    if (this.#resources.has(short)) return short;
    const second = key.indexOf('/', first + 1);
    const long = key.slice(0, second + 1);
    return second >= 0 && this.#resources.has(long) ? long : '';
  }
}
