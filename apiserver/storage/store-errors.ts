import { StatusError, statusError } from '../../api/status.ts';
import { StoreError } from '../../store/kv.ts';

/** The store's failures in the API's words: the one place where they are translated. */
export function translateStoreError(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  switch (error.reason) {
    case 'timeout':
      return statusError('Timeout', `Timeout: request did not complete: ${error.message}`);
    case 'tooManyRequests':
      return statusError('TooManyRequests', error.message, { retryAfterSeconds: 1 });
    case 'requestTooLarge':
      return statusError('RequestEntityTooLarge', error.message);
    case 'noLeader':
    case 'leaderChanged':
    case 'stopped':
    case 'unavailable':
      return statusError('ServiceUnavailable', error.message);
    case 'compacted':
      return expiredError(error.message);
    case 'futureRevision':
      return statusError('Timeout', error.message, {
        causes: [{ reason: 'ResourceVersionTooLarge', message: error.message }],
        retryAfterSeconds: 1,
      });
    default:
      return statusError('InternalError', `Internal error occurred: ${error.message}`);
  }
}

/** Awaits a call to the store and translates its failure. */
export async function translated<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw translateStoreError(error);
  }
}

/** 410: what the client asked to read has been compacted or left the window. */
export function expiredError(message: string, continueToken?: string): StatusError {
  const error = statusError('Expired', message);
  if (continueToken === undefined) return error;
  return new StatusError({ ...error.status, metadata: { continue: continueToken } });
}

/** 504: the client knows a newer state than this server, or the store itself, has seen. */
export function tooLargeResourceVersion(
  { requested, current }: { readonly requested: number; readonly current: number },
  retry: { readonly retryAfterSeconds?: number } = {},
): StatusError {
  const message = `Timeout: Too large resource version: ${requested}, current: ${current}`;
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  return statusError('Timeout', message, { causes, ...retry });
}
