/**
 * Commands in containers over WebSockets (subprotocol v5.channel.k8s.io, KEP-4006): each message
 * begins with the number of its channel. Where there are none, the same messages over SPDY.
 */
import type { Status } from '../../api/status.ts';
import type { TerminalSize } from '../../platform/terminal.ts';
import type { WebSocketConnection } from '../../platform/net/websocket.ts';
import type { Session } from '../session.ts';
import { ExitError, UsageError } from '../usage-error.ts';
import { channel, commandOverSpdy } from './command-over-spdy.ts';
import { openPodStream } from './pod-stream.ts';

const PROTOCOL = 'v5.channel.k8s.io';

export interface Streams {
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  readonly tty: boolean;
  readonly out: (bytes: Uint8Array) => void;
  readonly err: (bytes: Uint8Array) => void;
}

export interface RemoteCommand {
  readonly path: string;
  readonly query: URLSearchParams;
  /** Its exit code is an answer: nothing is said about it. */
  readonly quiet?: boolean;
}

/** Resolves when the command has ended well; rejects with its exit code, or why it failed. */
export async function runRemotely(
  session: Session,
  request: RemoteCommand,
  streams: Streams,
): Promise<void> {
  const { path, query, quiet = false } = request;
  const socket = await openPodStream(session, {
    path,
    query,
    protocol: PROTOCOL,
    switchedOffBy: 'KUBECTL_REMOTE_COMMAND_WEBSOCKETS',
    over: (opened) => opened,
    overSpdy: () => commandOverSpdy(session, path, query),
  });
  const stop = (): void => socket.close();
  session.signal.addEventListener('abort', stop, { once: true });
  const stopSizes = streams.tty ? sendSizes(session, socket) : () => {};
  if (streams.stdin !== undefined) void sendInput(socket, streams.stdin);
  try {
    const status = await receive(socket, streams);
    if (status === undefined) {
      if (session.signal.aborted) return;
      throw new UsageError('the connection broke before the command had ended');
    }
    checkEnd(session, status, quiet);
  } finally {
    stopSizes();
    session.signal.removeEventListener('abort', stop);
    socket.close();
  }
}

async function receive(
  socket: WebSocketConnection,
  { out, err }: Streams,
): Promise<Status | undefined> {
  const parts: Uint8Array[] = [];
  for await (const message of socket.messages) {
    const body = message.subarray(1);
    if (message[0] === channel.stdout) out(body);
    else if (message[0] === channel.stderr) err(body);
    else if (message[0] === channel.error) {
      parts.push(body);
      const status = statusIn(Buffer.concat(parts).toString());
      if (status !== undefined) return status;
    }
  }
  return undefined;
}

function statusIn(text: string): Status | undefined {
  try {
    return JSON.parse(text) as Status;
  } catch {
    // The rest of it comes with the next message.
    return undefined;
  }
}

function checkEnd(session: Session, status: Status, quiet: boolean): void {
  if (status.status === 'Success') return;
  const cause = status.details?.causes?.find(({ reason }) => reason === 'ExitCode');
  const code = Number(cause?.message);
  if (status.reason === 'NonZeroExitCode' && Number.isInteger(code)) {
    if (!quiet) session.complain(`command terminated with exit code ${code}`);
    throw new ExitError(code);
  }
  throw new UsageError(status.message ?? 'the command failed');
}

async function sendInput(
  socket: WebSocketConnection,
  input: AsyncIterable<Uint8Array>,
): Promise<void> {
  for await (const chunk of input) {
    await socket.send(Buffer.concat([Buffer.from([channel.stdin]), chunk]));
  }
  // Without it the command could not know that nothing more comes.
  await socket.send(Buffer.from([channel.close, channel.stdin]));
}

/** A command on a terminal learns its size, at first and when it changes. */
function sendSizes(session: Session, socket: WebSocketConnection): () => void {
  const { terminal } = session.environment;
  const send = ({ width, height }: TerminalSize): void => {
    const text = JSON.stringify({ Width: width, Height: height });
    void socket.send(Buffer.concat([Buffer.from([channel.resize]), Buffer.from(text)]));
  };
  const size = terminal.size();
  if (size !== undefined) send(size);
  return terminal.onResize(send);
}
