/**
 * `portforward.k8s.io` over SPDY/3.1: a pair of streams, data and error, for each connection;
 * pairs are told apart by their request id.
 */
import type { ByteStream } from '../../platform/bytes/byte-stream.ts';
import type { Clock, Timer } from '../../platform/clock.ts';
import type { RawDeflate } from '../../platform/bytes/raw-deflate.ts';
import { SpdySession } from '../spdy/session.ts';
import type { SpdyStream } from '../spdy/stream.ts';
import { forward, type ForwardTarget, portOf } from './forward.ts';

export const FORWARD_SPDY_PROTOCOL = 'portforward.k8s.io';

/** Until the second stream of a pair must have come. */
const PAIRING_MS = 30_000;

interface Half {
  readonly stream: SpdyStream;
  readonly late: Timer;
}

export interface ForwardOptions {
  readonly target: ForwardTarget;
  readonly deflate: RawDeflate;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Until the client ends the connection. Never rejects. */
export async function forwardOverSpdy(
  connection: ByteStream,
  { target, deflate, clock, signal }: ForwardOptions,
): Promise<void> {
  const halves = new Map<string, Half>();
  const under = new Set<Promise<void>>();
  const begin = (data: SpdyStream, errors: SpdyStream): void => {
    const port = portOf(data.header('port'));
    if (port === undefined) {
      data.destroy();
      errors.destroy();
      return;
    }
    const work = forward(target, { port, data, errors }, signal);
    under.add(work);
    void work.finally(() => under.delete(work));
  };
  const session = new SpdySession(connection, deflate, (stream) => {
    const type = stream.header('streamtype');
    // Clients before 1.3 sent no id, and opened the error stream right before the other.
    const id = stream.header('requestid') || String(type === 'error' ? stream.id : stream.id - 2);
    if (type !== 'data' && type !== 'error') return stream.destroy();
    const other = halves.get(id);
    if (other === undefined) {
      const late = clock.after(PAIRING_MS, () => {
        halves.delete(id);
        stream.destroy();
      });
      halves.set(id, { stream, late });
      return;
    }
    if (other.stream.header('streamtype') === type) return stream.destroy();
    halves.delete(id);
    other.late.cancel();
    if (type === 'data') begin(stream, other.stream);
    else begin(other.stream, stream);
  });
  await session.run().catch(() => {});
  for (const { late } of halves.values()) late.cancel();
  await Promise.all(under);
}
