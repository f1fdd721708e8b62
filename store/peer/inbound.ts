/** A connection that another member has made: its messages and questions. */
import { assert, AssertionError } from '../../platform/assert.ts';
import type { Clock } from '../../platform/clock.ts';
import type { FrameConnection } from '../../platform/net/frames.ts';
import type { Logger } from '../../platform/logger.ts';
import { hexId } from '../cluster-member.ts';
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

interface Asked {
  readonly id: number;
  readonly question: Question;
}

/** Throws for what no member sends. */
function decodeQuestion(bytes: Buffer): Asked {
  const asked = JSON.parse(bytes.toString('utf8')) as Asked | null;
  assert(typeof asked?.id === 'number', 'a question has a number');
  assert(typeof asked.question?.type === 'string', 'a question has a type');
  return asked;
}

/**
 * Resolves when the connection has ended: by what is no frame of a member's, too. Rejects if an
 * answer breaks an invariant: nobody handles that, and the process ends.
 */
export function receiveMessages(
  connection: FrameConnection,
  handlers: PeerHandlers,
  { clock, logger, counts }: InboundParts,
): Promise<void> {
  /** Undefined, and the end of the connection, if it cannot be read. */
  const decoded = <T>(decode: (bytes: Buffer) => T, frame: Buffer): T | undefined => {
    try {
      return decode(frame.subarray(1));
    } catch (error) {
      const fields = { member: hexId(counts.id), reason: (error as Error).message };
      logger.warn(fields, 'another member sends what cannot be read');
      connection.abort();
      return undefined;
    }
  };
  const answer = async ({ id, question }: Asked): Promise<void> => {
    let reply: object;
    try {
      reply = { id, answer: (await handlers.answer(question)) ?? null };
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      reply = { id, reason: error instanceof StoreError ? error.reason : 'unavailable' };
      if (!(error instanceof StoreError))
        logger.error({ error, question }, 'a question of another member failed unexpectedly');
    }
    connection.send(framed(frameKinds.answer, Buffer.from(JSON.stringify(reply))));
  };
  return new Promise((resolve, reject) => {
    // The other end asks for a sign of life more often than that.
    const vigil = new Vigil(clock, { signal() {}, lost: () => connection.abort() });
    connection.receive({
      frame(bytes) {
        vigil.heard();
        counts.receivedBytes += bytes.length;
        if (bytes[0] === frameKinds.message) {
          const message = decoded(decodeMessage, bytes);
          if (message !== undefined) handlers.receive(message);
        } else if (bytes[0] === frameKinds.question) {
          const asked = decoded(decodeQuestion, bytes);
          if (asked !== undefined) answer(asked).catch(reject);
        } else if (bytes[0] === frameKinds.ping) {
          connection.send(framed(frameKinds.pong, bytes.subarray(1)));
        }
      },
      closed() {
        vigil.end();
        counts.receiveFailures++;
        resolve();
      },
    });
  });
}
