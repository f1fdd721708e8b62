/**
 * Port-forward over the channels of a WebSocket: two for each port of the request, data and
 * error, which begin with the port's number. Each port is one connection.
 */
import { ByteQueue } from '../../platform/bytes/byte-queue.ts';
import type { ByteSink, ByteStream } from '../../platform/bytes/byte-stream.ts';
import type { ServerWebSocket } from '../../platform/net/websocket-server.ts';
import { type Message } from '../../platform/net/websocket-server.ts';
import { decodeChannel, sendOnChannel } from './command-websocket.ts';
import { forward, type ForwardTarget } from './forward.ts';

export const forwardWebSocketProtocols = [
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'v5.channel.k8s.io',
];

/** The subprotocol whose messages are the bytes of a SPDY connection (KEP-4006). */
export const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';

const MAX_WAITING_BYTES = 256 * 1024;

export interface ForwardPorts {
  readonly target: ForwardTarget;
  readonly ports: readonly number[];
  readonly protocol: string;
  readonly signal: AbortSignal;
}

/** Until the client leaves or the pod has ended each connection. Never rejects. */
export async function forwardOverWebSocket(
  socket: ServerWebSocket,
  { target, ports, protocol, signal }: ForwardPorts,
): Promise<void> {
  const queues = ports.map(() => new ByteQueue(MAX_WAITING_BYTES));
  const sink = (channel: number): ByteSink => ({
    write: (bytes) => sendOnChannel(socket, { protocol, channel }, bytes),
    end: () => Promise.resolve(),
  });
  const receive = async (): Promise<void> => {
    for await (const message of socket.messages()) {
      const decoded = decodeChannel(message, protocol);
      if (decoded !== undefined && decoded.channel % 2 === 0)
        await queues[decoded.channel / 2]?.push(decoded.bytes);
    }
  };
  const work = ports.map(async (port, index) => {
    const greeting = Buffer.alloc(2);
    greeting.writeUInt16LE(port);
    const [out, errors] = [sink(2 * index), sink(2 * index + 1)];
    await out.write(greeting);
    await errors.write(greeting);
    const queue = queues[index]!;
    const data: ByteStream = {
      ...out,
      // Channels have no halves: with the pod's, the connection is over.
      end: () => Promise.resolve(queue.end()),
      incoming: queue.chunks,
      destroy: () => queue.fail(new Error('the connection broke')),
    };
    await forward(target, { port, data, errors }, signal);
  });
  const received = receive()
    .catch(() => {})
    .finally(() => {
      for (const queue of queues) queue.end();
    });
  // A pod that is done with all of them ends the conversation.
  await Promise.race([Promise.all(work.map((each) => each.catch(() => {}))), received]);
  await socket.close().catch(() => {});
  await received;
}

/** The bytes of all messages, as one connection. */
export function tunnelOver(socket: ServerWebSocket, connection: ByteStream): ByteStream {
  return {
    incoming: bytesOf(socket.messages()),
    write: (bytes) => socket.send('binary', bytes),
    end: () => socket.close(),
    destroy: () => connection.destroy(),
  };
}

async function* bytesOf(messages: AsyncIterable<Message>): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of messages) if (bytes.length > 0) yield bytes;
}
