/** A command's streams over SPDY/3.1 (v4.channel.k8s.io), as the messages of a WebSocket. */
import { SpdySession } from '../../kubelet/spdy/session.ts';
import type { SpdyStream } from '../../kubelet/spdy/stream.ts';
import type { WebSocketConnection } from '../../platform/net/websocket.ts';
import type { Session } from '../session.ts';
import { openSpdy } from './pod-stream.ts';

/** What a message begins with. */
export const channel = {
  stdin: 0,
  stdout: 1,
  stderr: 2,
  error: 3,
  resize: 4,
  close: 255,
} as const;

const PROTOCOL = 'v4.channel.k8s.io';

export async function commandOverSpdy(
  session: Session,
  path: string,
  query: URLSearchParams,
): Promise<WebSocketConnection> {
  const connection = await openSpdy(session, { path, query, protocol: PROTOCOL });
  const spdy = new SpdySession(connection, await session.environment.rawDeflate());
  // That it broke is told by its streams.
  void spdy.run().catch(() => {});
  const open = (type: string): Promise<SpdyStream> => spdy.open(new Map([['streamtype', [type]]]));
  const asked = async (type: string, parameter = type): Promise<SpdyStream | undefined> =>
    query.get(parameter) === 'true' ? open(type) : undefined;
  const errors = await open('error');
  const stdin = await asked('stdin');
  const stdout = await asked('stdout');
  const stderr = query.get('tty') === 'true' ? undefined : await asked('stderr');
  const resize = await asked('resize', 'tty');
  return {
    protocol: PROTOCOL,
    async send(bytes) {
      const [to, of] = bytes;
      try {
        if (to === channel.stdin) await stdin?.write(bytes.subarray(1));
        else if (to === channel.resize) await resize?.write(bytes.subarray(1));
        else if (to === channel.close && of === channel.stdin) await stdin?.end();
      } catch {
        // What is sent to a command that has ended is lost with it.
      }
    },
    messages: messagesOf([stdout, stderr], errors),
    close: () => connection.destroy(),
  };
}

/** All that was printed, then how it ended. */
async function* messagesOf(
  [stdout, stderr]: readonly (SpdyStream | undefined)[],
  errors: SpdyStream,
): AsyncGenerator<Uint8Array> {
  yield* merged([
    [channel.stdout, stdout],
    [channel.stderr, stderr],
  ]);
  let told = false;
  for await (const part of errors.incoming) {
    told = true;
    yield withChannel(channel.error, part);
  }
  // Nothing is said of what went well by some servers.
  if (!told) yield withChannel(channel.error, Buffer.from('{"status":"Success"}'));
}

async function* merged(
  streams: readonly (readonly [number, SpdyStream | undefined])[],
): AsyncGenerator<Uint8Array> {
  const pending = new Map<number, Promise<() => Uint8Array | undefined>>();
  const read = (of: number, iterator: AsyncIterator<Uint8Array>): void => {
    const next = iterator.next().then(({ done, value }) => () => {
      if (done) {
        pending.delete(of);
        return undefined;
      }
      read(of, iterator);
      return withChannel(of, value);
    });
    pending.set(of, next);
  };
  for (const [of, stream] of streams) {
    if (stream !== undefined) read(of, stream.incoming[Symbol.asyncIterator]());
  }
  while (pending.size > 0) {
    const take = await Promise.race(pending.values());
    const message = take();
    if (message !== undefined) yield message;
  }
}

const withChannel = (of: number, bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from([of]), bytes]);
