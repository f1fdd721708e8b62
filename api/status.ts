import type { Status, StatusCause, StatusDetails } from './types/meta-v1.ts';

export type { Status, StatusCause, StatusDetails };

/**
 * The closed table of API failures: reason → HTTP status code (apimachinery meta/v1 StatusReason,
 * as documented in the API conventions under "Response Status Kind").
 */
export const statusCodes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServerTimeout: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;

export type StatusReason = keyof typeof statusCodes;

/** An expected failure of an API call, on both sides of the wire. */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: Status;

  constructor(status: Status) {
    super(status.message ?? status.reason ?? 'unknown failure');
    this.status = status;
  }

  get reason(): string {
    return this.status.reason ?? '';
  }

  get code(): number {
    return this.status.code ?? 500;
  }
}

/** Builds the error for `reason`; its code comes from {@link statusCodes}. */
export function statusError(
  reason: StatusReason,
  message: string,
  details?: StatusDetails,
): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code: statusCodes[reason],
  });
}

/** A failure that Kubernetes has no reason for: 500. */
export function unexplained(message: string): StatusError {
  const kind = { kind: 'Status', apiVersion: 'v1', metadata: {} } as const;
  return new StatusError({ ...kind, status: 'Failure', message, code: 500 });
}

/** True if `error` is a {@link StatusError} with that reason. */
export function isStatus(error: unknown, reason: StatusReason): error is StatusError {
  return error instanceof StatusError && error.reason === reason;
}

/** A namespace on its way out takes everything in it along: such a refusal is no failure. */
export function namespaceTerminates(error: unknown): boolean {
  const causes = isStatus(error, 'Forbidden') ? (error.status.details?.causes ?? []) : [];
  return causes.some(({ reason }) => reason === 'NamespaceTerminating');
}

/** Of an object that says of itself that it is elsewhere. */
export function otherNamespaceError(): StatusError {
  return statusError(
    'BadRequest',
    'the namespace of the provided object does not match the namespace sent on the request',
  );
}
