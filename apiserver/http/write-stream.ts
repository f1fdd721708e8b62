import type { Response } from 'express';
import type { Clock } from '../../platform/clock.ts';
import { type Chunk, JsonValue } from '../../platform/net/http.ts';
import type { Logger } from '../../platform/logger.ts';
import { StreamOverflowError } from '../../platform/stream.ts';
import { breakOff } from './break-off.ts';
import type { OpenStreams } from './open-streams.ts';

/** A client that reads nothing for so long is taken for dead. */
const STALL_MS = 60_000;

/** Resolves to true when the socket takes more, to false when it is closed or stalled. */
export function drained(response: Response, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = (ready: boolean): void => {
      timer.cancel();
      response.off('drain', onDrain).off('close', onClose);
      resolve(ready);
    };
    const onDrain = (): void => settle(true);
    const onClose = (): void => settle(false);
    const timer = clock.after(STALL_MS, () => {
      settle(false);
      breakOff(response);
    });
    response.on('drain', onDrain).on('close', onClose);
  });
}

export interface StreamOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly streams: OpenStreams;
}

/** Where an answer goes. */
export interface Outlet {
  readonly response: Response;
  /** Aborts the request's signal: nobody wants the rest of the answer. */
  readonly abandon: () => void;
}

/**
 * Writes a streamed body. The source is asked for the next chunk only when the socket took the last
 * one, so what waits is bounded by the source: a watch that overflows ends cleanly, and its client
 * watches again from the last version it saw.
 */
export async function writeStream(
  { response, abandon }: Outlet,
  body: AsyncIterable<Chunk>,
  options: StreamOptions,
): Promise<void> {
  const iterator: AsyncIterator<Chunk, unknown> = body[Symbol.asyncIterator]();
  // A source that waits for its next event would otherwise never hear that its client left.
  const leave = (): void => {
    abandon();
    iterator.return?.().catch(() => {});
  };
  response.once('close', leave);
  options.streams.add(leave);
  // Clients wait for the status of a watch before its first event.
  response.flushHeaders();
  try {
    for (;;) {
      const next = await iterator.next();
      if (next.done === true || response.destroyed) break;
      const { value } = next;
      const bytes = value instanceof JsonValue ? value.line() : value;
      if (!response.write(bytes) && !(await drained(response, options.clock))) break;
    }
    response.end();
  } catch (error) {
    if (error instanceof StreamOverflowError || options.streams.ended) {
      response.end();
    } else {
      // An end would make the part that was sent look whole.
      if (!response.destroyed) options.logger.error({ error }, 'a response stream broke');
      breakOff(response);
    }
  } finally {
    response.off('close', leave);
    options.streams.delete(leave);
    leave();
  }
}
