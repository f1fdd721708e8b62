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

  /** `path`: "/etcdserverpb.KV/Range". */
  constructor(path: string, kind: RpcKind) {
    const [, service = '', method = ''] = path.split('/');
    this.service = service;
    this.method = method;
    this.kind = kind;
  }
}

export class CallCounts {
  readonly methods: MethodCounts[] = [];

  method(path: string, kind: RpcKind): MethodCounts {
    const counts = new MethodCounts(path, kind);
    this.methods.push(counts);
    return counts;
  }
}
