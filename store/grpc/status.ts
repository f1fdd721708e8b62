/**
 * The one place where failures and gRPC statuses meet. etcd's clients recognise an error by its
 * text, so a {@link StoreError} travels as exactly the text of its row in `storeErrors`.
 */
import { StoreError, storeErrors, type StoreErrorReason } from '../kv.ts';
import { WireError } from './wire/reader.ts';

/** Numbers of google.rpc.Code that this package names. */
export const codes = {
  ok: 0,
  canceled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  failedPrecondition: 9,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

export interface RpcStatus {
  readonly code: number;
  readonly details: string;
}

/** A failure that has no row in `storeErrors`: of the transport, or of an RPC not served. */
export class RpcError extends Error implements RpcStatus {
  override readonly name = 'RpcError';
  readonly code: number;
  readonly details: string;

  constructor(code: number, details: string) {
    super(details);
    this.code = code;
    this.details = details;
  }
}

export const storeStatus = (reason: StoreErrorReason): RpcStatus => {
  const [code, details] = storeErrors[reason];
  return { code, details };
};

/** Undefined for an error that is not expected: a bug, to be logged. */
export function expectedStatus(error: unknown): RpcStatus | undefined {
  if (error instanceof StoreError) return storeStatus(error.reason);
  if (error instanceof RpcError) return { code: error.code, details: error.details };
  if (error instanceof WireError) {
    const details = `grpc: failed to unmarshal the received message: ${error.message}`;
    return { code: codes.internal, details };
  }
  return undefined;
}

const reasons = new Map<string, StoreErrorReason>(
  Object.entries(storeErrors).map(([reason, [, text]]) => [text, reason as StoreErrorReason]),
);

/** What a remote store's status means. Texts etcd extends ("…, possibly due to …") keep theirs. */
export function storeErrorOf(status: RpcStatus): StoreError {
  const reason = reasons.get(status.details);
  if (reason !== undefined) return new StoreError(reason);
  if (status.details.startsWith(storeErrors.timeout[1])) {
    return new StoreError('timeout', { detail: status.details });
  }
  if (status.code === codes.deadlineExceeded) {
    return new StoreError('timeout', { detail: status.details });
  }
  if (status.code === codes.resourceExhausted) {
    return new StoreError('requestTooLarge', { detail: status.details });
  }
  return new StoreError('unavailable', { detail: status.details, cause: status });
}
