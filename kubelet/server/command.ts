/** `/exec` and `/attach`: a container and a client, connected. */
import type { ByteStream } from '../../platform/bytes/byte-stream.ts';
import type { Clock } from '../../platform/clock.ts';
import type { HttpRequest, HttpResponse } from '../../platform/net/http.ts';
import type { RawDeflate } from '../../platform/bytes/raw-deflate.ts';
import { ServerWebSocket } from '../../platform/net/websocket-server.ts';
import { ContainerStreamError, type ContainerIo } from '../container-streams.ts';
import { ServerError } from './answers.ts';
import type { CommandEnd } from './command-end.ts';
import { commandSpdyProtocols, spdyCommand } from './command-spdy.ts';
import type { CommandStreams, WantedStreams } from './command-streams.ts';
import { commandWebSocketProtocols, webSocketCommand } from './command-websocket.ts';
import type { Conversations } from './conversations.ts';
import { agree, type Agreed } from './upgrade.ts';

export interface CommandServing {
  readonly conversations: Conversations;
  readonly clock: Clock;
  readonly deflate: RawDeflate;
  readonly sha1: (bytes: Uint8Array) => Uint8Array;
}

/** What is to be done with the streams; resolves with the exit code. */
export type Command = (io: ContainerIo) => Promise<number>;

const spoken = {
  webSocket: commandWebSocketProtocols,
  spdy: commandSpdyProtocols,
  spdyDefault: 'channel.k8s.io',
};

/** Until a client that was told the end must have left. */
const FAREWELL_MS = 5_000;

const isSet = (query: URLSearchParams, names: readonly string[]): boolean =>
  names.some((name) => ['1', 'true', 't', 'True', 'TRUE'].includes(query.get(name) ?? ''));

/** By the kubelet's names of the parameters, or by the API's. */
function wantedStreams(query: URLSearchParams): WantedStreams {
  const tty = isSet(query, ['tty']);
  const wanted = {
    stdin: isSet(query, ['input', 'stdin']),
    stdout: isSet(query, ['output', 'stdout']),
    stderr: isSet(query, ['error', 'stderr']) && !tty,
    tty,
  };
  if (!wanted.stdin && !wanted.stdout && !wanted.stderr)
    throw new ServerError(400, 'you must specify at least 1 of stdin, stdout, stderr');
  return wanted;
}

export function serveCommand(
  request: HttpRequest,
  serving: CommandServing,
  command: Command,
): HttpResponse {
  const wanted = wantedStreams(request.query);
  const agreed = agree(request, spoken, serving.sha1);
  const upgrade = serving.conversations.taking(request.signal, (connection, signal) =>
    converse({ connection, signal, agreed, wanted }, serving, command),
  );
  return { status: 101, headers: agreed.headers, upgrade };
}

interface Talk {
  readonly connection: ByteStream;
  readonly signal: AbortSignal;
  readonly agreed: Agreed;
  readonly wanted: WantedStreams;
}

async function converse(
  { connection, signal, agreed, wanted }: Talk,
  { clock, deflate }: CommandServing,
  command: Command,
): Promise<void> {
  const { protocol } = agreed;
  let streams: CommandStreams;
  let over: Promise<void>;
  if (agreed.over === 'spdy') {
    const spdy = await spdyCommand(connection, { protocol, wanted, deflate, clock });
    [streams, over] = [spdy, spdy.over];
  } else {
    const webSocket = webSocketCommand(new ServerWebSocket(connection), protocol, wanted);
    [streams, over] = [webSocket, webSocket.run()];
  }
  const left = new AbortController();
  const leave = (): void => left.abort();
  signal.addEventListener('abort', leave, { once: true });
  const gone = over.catch(() => {}).finally(leave);
  const end = await ended(command, { ...streams.io, signal: left.signal });
  await streams.finish(end).catch(() => {});
  const late = clock.after(FAREWELL_MS, () => connection.destroy());
  await gone;
  late.cancel();
  signal.removeEventListener('abort', leave);
}

async function ended(command: Command, io: ContainerIo): Promise<CommandEnd> {
  try {
    return { type: 'exited', code: await command(io) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const known = error instanceof ContainerStreamError ? '' : 'the runtime failed: ';
    return { type: 'failed', message: `error executing command in container: ${known}${message}` };
  }
}
