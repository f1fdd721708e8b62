/** A connection that another member has made: its messages, questions and snapshots. */
import type { FrameConnection } from '../../platform/frames.ts';
import type { Logger } from '../../platform/logger.ts';
import { BoundedStream } from '../../platform/stream.ts';
import { StoreError } from '../kv.ts';
import type { PeerHandlers, Question } from '../server/peers.ts';
import { framed, frameKinds } from './link.ts';
import { decodeMessage } from './message-codec.ts';
import { chunkOf, isLast, report } from './snapshot-frames.ts';

/** Chunks of a snapshot that may wait for the disk; each is about a megabyte. */
const MAX_WAITING_CHUNKS = 4096;

/** Resolves when the connection has ended. */
export function receiveMessages(
  connection: FrameConnection,
  handlers: PeerHandlers,
  logger: Logger,
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
    connection.receive({
      frame(bytes) {
        if (bytes[0] === frameKinds.message) handlers.receive(decodeMessage(bytes.subarray(1)));
        else if (bytes[0] === frameKinds.question) void answer(bytes);
      },
      closed: resolve,
    });
  });
}

/** Receives one snapshot and reports what became of it. */
export async function receiveSnapshot(
  connection: FrameConnection,
  handlers: PeerHandlers,
  from: string,
): Promise<void> {
  const chunks = new BoundedStream<Uint8Array>(MAX_WAITING_CHUNKS);
  connection.receive({
    frame(bytes) {
      if (isLast(bytes)) chunks.end();
      else chunks.push(chunkOf(bytes));
    },
    closed: () => chunks.fail(new StoreError('unavailable', { detail: 'a snapshot broke off' })),
  });
  try {
    await handlers.receiveSnapshot(from, chunks);
    connection.send(report());
  } catch (error) {
    connection.send(report(error));
  }
  connection.close();
}
