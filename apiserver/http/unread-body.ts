import type { Request, Response } from 'express';
import type { Clock } from '../../platform/clock.ts';

/** A client that still sends when it has its answer gets so long to read that. */
const REST_MS = 1_000;

/** HTTP/2 says with the headers that nothing follows; HTTP/1.1 says that something does. */
export function sendsBody(request: Request): boolean {
  if (request.httpVersionMajor >= 2) {
    const { stream } = request as unknown as { readonly stream?: { endAfterHeaders?: boolean } };
    return stream?.endAfterHeaders !== true;
  }
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  return coding !== undefined || Number(length ?? 0) > 0;
}

/** The body as it comes. What nobody has read of it when the answer is sent is dropped. */
export function unreadBody(
  { request, response }: { readonly request: Request; readonly response: Response },
  clock: Clock,
): AsyncIterable<Uint8Array> {
  // Otherwise it would go uncaught while nobody iterates.
  request.on('error', () => {});
  response.once('finish', () => {
    if (request.complete) return;
    request.resume();
    const timer = clock.after(REST_MS, () => request.destroy());
    request.once('close', () => timer.cancel());
  });
  return { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) };
}
