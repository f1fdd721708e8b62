import type { Clock } from '../../platform/clock.ts';
import { Histogram } from '../../platform/metrics/histogram.ts';

/** What grpc-prometheus counts of RPCs; the names of its labels are those of the metrics. */
export type RpcKind = 'unary' | 'server_stream' | 'bidi_stream';

/** Names of google.rpc.Code by number, as grpc-prometheus labels them. */
export const codeNames: readonly string[] = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];

/** The buckets of Prometheus' clients when none are asked for, in seconds. */
const CALL_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** How long calls take: only asked for with `--metrics=extensive`. */
class CallTimes {
  readonly #clock: Clock;
  readonly seconds = new Histogram(CALL_BOUNDS);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.monotonic();
  }

  ended(began: number): void {
    this.seconds.observe((this.now() - began) / 1000);
  }
}

/** The counters of one method. The hot path increments fields and looks nothing up. */
export class MethodCounts {
  readonly service: string;
  readonly method: string;
  readonly kind: RpcKind;
  started = 0;
  received = 0;
  sent = 0;
  receivedBytes = 0;
  sentBytes = 0;
  /** By number of the status code. */
  readonly handled: number[] = codeNames.map(() => 0);
  readonly times: CallTimes | undefined;

  /** `path`: "/etcdserverpb.KV/Range". */
  constructor(path: string, kind: RpcKind, times?: CallTimes) {
    const [, service = '', method = ''] = path.split('/');
    this.service = service;
    this.method = method;
    this.kind = kind;
    this.times = times;
  }
}

/** Clients say their version themselves: so many are told apart. */
const MAX_VERSIONS = 16;

export interface ClientRequests {
  readonly version: string;
  unary: number;
  stream: number;
}

export class CallCounts {
  readonly methods: MethodCounts[] = [];
  readonly clients = new Map<string, ClientRequests>();
  /** Absent: calls are not timed. */
  readonly #clock: Clock | undefined;

  constructor(clock?: Clock) {
    this.#clock = clock;
  }

  /** A call of a client that says this version of itself. */
  request(version: string, isStream: boolean): void {
    let client = this.clients.get(version);
    if (client === undefined) {
      if (this.clients.size >= MAX_VERSIONS && version !== 'other')
        return this.request('other', isStream);
      client = { version, unary: 0, stream: 0 };
      this.clients.set(version, client);
    }
    if (isStream) client.stream++;
    else client.unary++;
  }

  method(path: string, kind: RpcKind): MethodCounts {
    const times = this.#clock === undefined ? undefined : new CallTimes(this.#clock);
    const counts = new MethodCounts(path, kind, times);
    this.methods.push(counts);
    return counts;
  }
}
