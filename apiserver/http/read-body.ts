import type { Request } from 'express';
import type { Clock } from '../../platform/clock.ts';

/** kube-apiserver's limit for request bodies. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;
/** How long a client may take to send its body. */
const BODY_TIMEOUT_MS = 60_000;

export type ReadBody =
  | { readonly type: 'body'; readonly bytes: Uint8Array | undefined }
  | { readonly type: 'tooLarge' }
  | { readonly type: 'timeout' }
  /** The client went away: there is nobody to answer. */
  | { readonly type: 'aborted' };

/** Calls back exactly once. A GET or HEAD has no body that means anything, whatever it sends. */
export function readBody(request: Request, clock: Clock, done: (result: ReadBody) => void): void {
  if (request.method === 'GET' || request.method === 'HEAD') {
    request.resume();
    done({ type: 'body', bytes: undefined });
    return;
  }
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) {
    request.resume();
    done({ type: 'tooLarge' });
    return;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  const timer = clock.after(BODY_TIMEOUT_MS, () => finish({ type: 'timeout' }));
  const finish = (result: ReadBody): void => {
    timer.cancel();
    request.off('data', onData).off('end', onEnd).off('close', onGone).off('error', onGone);
    // Whatever still comes is dropped; an error of a request nobody reads must not go uncaught.
    request.on('error', () => {});
    if (result.type !== 'body') request.resume();
    done(result);
  };
  const onData = (chunk: Buffer): void => {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) finish({ type: 'tooLarge' });
    else chunks.push(chunk);
  };
  const onEnd = (): void => {
    const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length);
    finish({ type: 'body', bytes: length === 0 ? undefined : bytes });
  };
  const onGone = (): void => finish({ type: 'aborted' });
  request.on('data', onData).on('end', onEnd).on('close', onGone).on('error', onGone);
}
