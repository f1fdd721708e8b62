/**
 * A connection to a port in v4.channel.k8s.io: channel 0 is data, channel 1 the error; the first
 * message of each names the port. It knows no half-closed connections.
 */
import type { WebSocketConnection } from '../../platform/websocket.ts';
import type { PodConnection } from './pod-connection.ts';

const DATA = 0;
const ERROR = 1;

export function channelStream(socket: WebSocketConnection): PodConnection {
  let tell = (_: string): void => {};
  const failure = new Promise<string>((resolve) => (tell = resolve));
  const incoming = async function* (): AsyncGenerator<Uint8Array> {
    let text = '';
    const greeted = new Set<number>();
    try {
      for await (const message of socket.messages) {
        const channel = message[0]!;
        if (!greeted.has(channel)) greeted.add(channel);
        else if (channel === DATA) yield message.subarray(1);
        else if (channel === ERROR) {
          text = Buffer.from(message.subarray(1)).toString();
          return;
        }
      }
    } finally {
      tell(text);
      socket.close();
    }
  };
  return {
    data: {
      incoming: incoming(),
      write: (bytes) => socket.send(Buffer.concat([Buffer.from([DATA]), bytes])),
      end: () => Promise.resolve(socket.close()),
      destroy: () => socket.close(),
    },
    failure,
  };
}
