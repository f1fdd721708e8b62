/**
 * Commands over WebSockets: subprotocols v5, v4 and unversioned "channel.k8s.io", whose messages
 * begin with the number of their channel, and their base64 kin, which begin with its digit.
 */
import { ByteQueue } from '../../platform/bytes/byte-queue.ts';
import type { ByteSink } from '../../platform/bytes/byte-stream.ts';
import { BoundedStream } from '../../platform/stream.ts';
import type { Message, ServerWebSocket } from '../../platform/net/websocket-server.ts';
import { endBytes } from './command-end.ts';
import {
  type CommandStreams,
  parseSize,
  type TerminalSize,
  type WantedStreams,
} from './command-streams.ts';

/** The server's choice among what a client offers, best first. "": the client names none. */
export const commandWebSocketProtocols = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
  '',
];

const channel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const;
/** Received for the command and not yet read by it; then the connection waits. */
const MAX_INPUT_BYTES = 256 * 1024;
/** Sizes nobody has asked for yet. */
const MAX_SIZES = 1_000;

export interface ChannelMessage {
  readonly channel: number;
  readonly bytes: Uint8Array;
}

/** Undefined for a message that is no channel's. */
export function decodeChannel(message: Message, protocol: string): ChannelMessage | undefined {
  const { bytes } = message;
  const [first] = bytes;
  if (first === undefined) return undefined;
  if (!protocol.includes('base64')) return { channel: first, bytes: bytes.subarray(1) };
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  return { channel: first - 0x30, bytes: Buffer.from(text.slice(1), 'base64') };
}

export function sendOnChannel(
  socket: ServerWebSocket,
  to: { readonly protocol: string; readonly channel: number },
  bytes: Uint8Array,
): Promise<void> {
  if (!to.protocol.includes('base64'))
    return socket.send('binary', Uint8Array.of(to.channel), bytes);
  const text = `${to.channel}${Buffer.from(bytes).toString('base64')}`;
  return socket.send('text', Buffer.from(text));
}

/** `run` receives what the client sends, until the connection ends. */
export interface WebSocketCommand extends CommandStreams {
  run(): Promise<void>;
}

export function webSocketCommand(
  socket: ServerWebSocket,
  protocol: string,
  wanted: WantedStreams,
): WebSocketCommand {
  const stdin = new ByteQueue(MAX_INPUT_BYTES);
  const sizes = new BoundedStream<TerminalSize>(MAX_SIZES);
  const sink = (to: number): ByteSink => ({
    write: (bytes) => sendOnChannel(socket, { protocol, channel: to }, bytes),
    end: () => Promise.resolve(),
  });
  const receive = async ({ channel: from, bytes }: ChannelMessage): Promise<void> => {
    if (from === channel.stdin && wanted.stdin) await stdin.push(bytes);
    else if (from === channel.resize) {
      const size = parseSize(Buffer.from(bytes).toString());
      if (size !== undefined) sizes.push(size);
    } else if (from === channel.close && bytes[0] === channel.stdin && protocol.startsWith('v5'))
      stdin.end();
  };
  return {
    io: {
      ...(wanted.stdin ? { stdin: stdin.chunks } : {}),
      ...(wanted.stdout ? { stdout: sink(channel.stdout) } : {}),
      ...(wanted.stderr && !wanted.tty ? { stderr: sink(channel.stderr) } : {}),
      ...(wanted.tty ? { resizes: sizes } : {}),
      tty: wanted.tty,
    },
    async run() {
      try {
        // Clients learn from a first, empty message that they are connected.
        const first = wanted.stdout ? channel.stdout : wanted.stderr ? channel.stderr : 3;
        await sendOnChannel(socket, { protocol, channel: first }, new Uint8Array(0));
        for await (const message of socket.messages()) {
          const decoded = decodeChannel(message, protocol);
          if (decoded !== undefined) await receive(decoded);
        }
      } finally {
        stdin.end();
        sizes.end();
      }
    },
    async finish(end) {
      const bytes = endBytes(end, protocol);
      if (bytes.length > 0)
        await sendOnChannel(socket, { protocol, channel: channel.error }, bytes);
      await socket.close();
    },
  };
}
