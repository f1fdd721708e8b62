/** kube-apiserver's metrics about requests, under its names. */
import type { Clock } from '../../platform/clock.ts';
import type { Histogram } from '../../platform/metrics/histogram.ts';
import type { HistogramFamily, Metrics, Sample } from '../../platform/metrics/metrics.ts';
import { type HttpResponse, NEWLINE } from '../../platform/net/http.ts';
import { takeFrom, type Taking } from '../../platform/stream.ts';
import type { PipelineRequest } from './api-request.ts';
import { isLongRunning } from './long-running.ts';
import type { RequestCounts } from './request-counts.ts';
import type { RequestInfo } from './request-info.ts';

const SECONDS = [
  ...[0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3],
  ...[4, 5, 6, 8, 10, 15, 20, 30, 45, 60],
];
const BYTES = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
const EVENT_BYTES = Array.from({ length: 8 }, (_, i) => 1024 * 2 ** i);
const target = ['component', 'group', 'resource', 'scope', 'subresource', 'verb', 'version'];
const COMPONENT = 'apiserver';

/** Paths whose requests are told apart; kube-apiserver shows them as subresources. */
const paths = new Set(['/healthz', '/livez', '/readyz', '/metrics', '/version']);

const verbs: Readonly<Record<string, string>> = { create: 'POST', update: 'PUT' };
const connects = new Set(['attach', 'exec', 'portforward', 'proxy']);
const reads = new Set(['GET', 'LIST']);

/** What the labels of a request say; equal for all requests of one row. */
interface Labels {
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly scope: string;
  readonly dryRun: string;
}

function verbOf({ info, http }: PipelineRequest): string {
  if (info.type === 'path') return info.verb.toUpperCase();
  if (connects.has(info.subresource)) return 'CONNECT';
  if (info.verb === 'patch' && http.headers['content-type']?.startsWith('application/apply'))
    return 'APPLY';
  return verbs[info.verb] ?? info.verb.toUpperCase();
}

function scopeOf(info: RequestInfo): string {
  if (info.type === 'path') return '';
  if (info.name !== '' || info.verb === 'create') return 'resource';
  return info.namespace === '' ? 'cluster' : 'namespace';
}

function labelsOf(request: PipelineRequest): Labels {
  const { info, http } = request;
  const verb = verbOf(request);
  const scope = scopeOf(info);
  if (info.type === 'path') {
    const subresource = paths.has(info.path) ? info.path : '';
    return { verb, scope, subresource, dryRun: '', group: '', version: '', resource: '' };
  }
  const { group, version, resource, subresource } = info;
  const dryRun = info.verb !== 'get' && http.query.get('dryRun') === 'All' ? 'All' : '';
  return { verb, group, version, resource, subresource, scope, dryRun };
}

/** The series of one kind of request, found by one look into a map. */
interface Row {
  readonly labels: Labels;
  readonly codes: Map<number, Sample>;
  readonly took: Histogram;
  readonly sli: Histogram | undefined;
  readonly sizes: Histogram | undefined;
  longRunning: Sample | undefined;
  events: { readonly count: Sample; readonly sizes: Histogram } | undefined;
}

/** A failure with one of these codes says nothing of whether what was asked for exists. */
const VAGUE = new Set([401, 403, 404, 405, 429]);

type Stream = Extract<NonNullable<HttpResponse['body']>, AsyncIterable<unknown>>;

export class RequestMetrics {
  readonly #clock: Clock;
  readonly #rows = new Map<string, Row>();
  readonly #total;
  readonly #took: HistogramFamily;
  readonly #sli: HistogramFamily;
  readonly #sizes: HistogramFamily;
  readonly #longRunning;
  readonly #terminated;
  readonly #events;
  readonly #eventSizes: HistogramFamily;

  constructor(metrics: Metrics, clock: Clock, counts: RequestCounts) {
    this.#clock = clock;
    this.#total = metrics.counter('apiserver_request_total', 'Requests answered.', [
      ...['code', 'component', 'dry_run', 'group', 'resource', 'scope', 'subresource', 'verb'],
      'version',
    ]);
    const name = 'apiserver_request_duration_seconds';
    const labels = ['component', 'dry_run', ...target.slice(1)];
    this.#took = metrics.histogram(name, 'Time to answer.', { bounds: SECONDS, labels });
    const sli = 'apiserver_request_sli_duration_seconds';
    const shape = { bounds: SECONDS, labels: target };
    this.#sli = metrics.histogram(sli, 'Time to answer, streams aside.', shape);
    const sizes = { bounds: BYTES, labels: target };
    this.#sizes = metrics.histogram(
      'apiserver_response_sizes',
      'Bytes of answers to reads.',
      sizes,
    );
    const streams = 'apiserver_longrunning_requests';
    this.#longRunning = metrics.gauge(streams, 'Streams under way.', target);
    const given = 'apiserver_request_terminations_total';
    this.#terminated = metrics.counter(given, 'Requests given up by the server itself.', [
      ...['code', ...target],
    ]);
    const of = ['group', 'resource', 'version'];
    this.#events = metrics.counter('apiserver_watch_events_total', 'Events sent to watchers.', of);
    const eventSizes = { bounds: EVENT_BYTES, labels: of };
    this.#eventSizes = metrics.histogram(
      ...(['apiserver_watch_events_sizes', 'Bytes of events sent.', eventSizes] as const),
    );
    inFlight(metrics, counts);
  }

  now(): number {
    return this.#clock.monotonic();
  }

  /** Counts an answer; one that is a stream when that ends. */
  answered(request: PipelineRequest, response: HttpResponse, begunMs: number): HttpResponse {
    const row = this.#rowOf(request, response.status);
    const { body } = response;
    if (request.notes.terminated) {
      this.#terminated.with(String(response.status), ...valuesOf(row.labels)).value++;
    }
    const streams = isLongRunning(request.info) && body !== undefined;
    if (streams && Symbol.asyncIterator in body) {
      const encoded = request.http.peer.address !== 'in-process';
      const stream = this.#stream(row, response.status, { body, begunMs, encoded });
      return { ...response, body: stream };
    }
    this.#end(row, response.status, begunMs);
    if (row.sizes !== undefined && body !== undefined && !(Symbol.asyncIterator in body)) {
      // In the same process nobody encodes the answer, and so its size is nothing.
      if (body instanceof Uint8Array) row.sizes.observe(body.length);
      else if (request.http.peer.address !== 'in-process')
        row.sizes.observe(body.byteLength + NEWLINE.length);
    }
    return response;
  }

  #end(row: Row, code: number, begunMs: number): void {
    let total = row.codes.get(code);
    if (total === undefined) row.codes.set(code, (total = this.#totalOf(row.labels, code)));
    total.value++;
    const seconds = (this.#clock.monotonic() - begunMs) / 1000;
    row.took.observe(seconds);
    row.sli?.observe(seconds);
  }

  #stream(
    row: Row,
    code: number,
    from: { readonly body: Stream; readonly begunMs: number; readonly encoded: boolean },
  ): Stream {
    const longRunning = (row.longRunning ??= this.#longRunning.with(...valuesOf(row.labels)));
    longRunning.value++;
    let open = true;
    const end = (): void => {
      if (!open) return;
      open = false;
      longRunning.value--;
      this.#end(row, code, from.begunMs);
    };
    const events = this.#eventsOf(row);
    const sent = (chunk: StreamItem): void => {
      if (events === undefined) return;
      events.count.value++;
      // In the same process nobody encodes events, and so their size is nothing.
      if (chunk instanceof Uint8Array) events.sizes.observe(chunk.length);
      else if (from.encoded) events.sizes.observe(chunk.bytes().length);
    };
    return new CountedStream(from.body, { sent, end });
  }

  #eventsOf(row: Row): Row['events'] {
    const { group, resource, version, verb } = row.labels;
    if (verb !== 'WATCH') return undefined;
    row.events ??= {
      count: this.#events.with(group, resource, version),
      sizes: this.#eventSizes.with(group, resource, version),
    };
    return row.events;
  }

  /** Unknown resources share one row per verb: what clients make up must not fill memory. */
  #rowOf(request: PipelineRequest, status: number): Row {
    const labels = labelsOf(request);
    const { verb, group, version, resource, subresource, scope, dryRun } = labels;
    const key = `${verb}|${group}|${version}|${resource}|${subresource}|${scope}|${dryRun}`;
    const row = this.#rows.get(key);
    if (row !== undefined) return row;
    if (VAGUE.has(status) && resource !== '') {
      const nothing = { group: '', version: '', resource: '', subresource: '', scope: '' };
      return this.#shared({ ...nothing, verb, dryRun: '' });
    }
    return this.#made(key, labels);
  }

  #shared(labels: Labels): Row {
    const key = `${labels.verb}||||||`;
    return this.#rows.get(key) ?? this.#made(key, labels);
  }

  #made(key: string, labels: Labels): Row {
    const values = valuesOf(labels);
    const streams = labels.verb === 'WATCH' || labels.verb === 'CONNECT';
    const row: Row = {
      labels,
      codes: new Map(),
      took: this.#took.with(COMPONENT, labels.dryRun, ...values.slice(1)),
      sli: streams ? undefined : this.#sli.with(...values),
      sizes: reads.has(labels.verb) ? this.#sizes.with(...values) : undefined,
      longRunning: undefined,
      events: undefined,
    };
    this.#rows.set(key, row);
    return row;
  }

  #totalOf(labels: Labels, code: number): Sample {
    const { dryRun } = labels;
    return this.#total.with(String(code), COMPONENT, dryRun, ...valuesOf(labels).slice(1));
  }
}

function valuesOf({ group, resource, scope, subresource, verb, version }: Labels): string[] {
  return [COMPONENT, group, resource, scope, subresource, verb, version];
}

function inFlight(metrics: Metrics, counts: RequestCounts): void {
  const kinds = ['request_kind'];
  const atWork = metrics.gauge('apiserver_current_inflight_requests', 'At work.', kinds);
  const waiting = metrics.gauge('apiserver_current_inqueue_requests', 'Waiting.', kinds);
  const rejected = metrics.counter('apiserver_rejected_requests_total', 'Turned away by limits.');
  metrics.collect(() => {
    for (const kind of ['readOnly', 'mutating'] as const) {
      atWork.with(kind).value = counts.inFlight[kind];
      waiting.with(kind).value = counts.waiting[kind];
    }
    rejected.with().value = counts.rejected;
  });
}

/** Passes a stream on as it is, and tells of each item and of the end, however that comes. */
class CountedStream implements Taking<StreamItem> {
  readonly #inner: AsyncIterator<StreamItem>;
  readonly #tell: { readonly sent: (chunk: StreamItem) => void; readonly end: () => void };

  constructor(
    inner: Stream,
    tell: { readonly sent: (chunk: StreamItem) => void; readonly end: () => void },
  ) {
    this.#inner = inner[Symbol.asyncIterator]();
    this.#tell = tell;
  }

  next(): Promise<IteratorResult<StreamItem>> {
    const item = this.#inner.next();
    const { sent, end } = this.#tell;
    const counted = item.then((result) => {
      if (result.done === true) end();
      else sent(result.value);
    });
    // What cannot be read or encoded is told to who writes it, and ends the stream there.
    counted.catch(end);
    return item;
  }

  take(): StreamItem | undefined {
    const item = takeFrom(this.#inner);
    if (item !== undefined) this.#tell.sent(item);
    return item;
  }

  async return(): Promise<IteratorResult<StreamItem>> {
    this.#tell.end();
    return (await this.#inner.return?.()) ?? { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

type StreamItem = Stream extends AsyncIterable<infer T> ? T : never;
