/** A connection that another member has made: its messages and questions. */
import type { Clock } from '../../platform/clock.ts';
import type { FrameConnection } from '../../platform/net/frames.ts';
import type { Logger } from '../../platform/logger.ts';
import { StoreError } from '../kv.ts';
import type { PeerHandlers, Question } from '../replica/peers.ts';
import { framed, frameKinds } from './link.ts';
import { decodeMessage } from './message-codec.ts';
import type { PeerCounts } from './peer-counts.ts';
import { Vigil } from './vigil.ts';

interface InboundParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counts: PeerCounts;
}

/** Resolves when the connection has ended. */
export function receiveMessages(
  connection: FrameConnection,
  handlers: PeerHandlers,
  { clock, logger, counts }: InboundParts,
): Promise<void> {
  const answer = async (bytes: Buffer): Promise<void> => {
    const { id, question } = JSON.parse(bytes.toString('utf8', 1)) as {
      id: number;
      question: Question;
    };
    const reply = await handlers.answer(question).then(
      (value) => ({ id, answer: value ?? null }),
      (error: unknown) => {
        if (error instanceof StoreError) return { id, reason: error.reason };
        logger.error({ error, question }, 'a question of another member failed unexpectedly');
        return { id, reason: 'unavailable' };
      },
    );
    connection.send(framed(frameKinds.answer, Buffer.from(JSON.stringify(reply))));
  };
  return new Promise((resolve) => {
    // The other end asks for a sign of life more often than that.
    const vigil = new Vigil(clock, { signal() {}, lost: () => connection.abort() });
    connection.receive({
      frame(bytes) {
        vigil.heard();
        counts.receivedBytes += bytes.length;
        if (bytes[0] === frameKinds.message) handlers.receive(decodeMessage(bytes.subarray(1)));
        else if (bytes[0] === frameKinds.question) void answer(bytes);
        else if (bytes[0] === frameKinds.ping)
          connection.send(framed(frameKinds.pong, bytes.subarray(1)));
      },
      closed() {
        vigil.end();
        counts.receiveFailures++;
        resolve();
      },
    });
  });
}
