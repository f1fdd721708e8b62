/** Commands over SPDY/3.1: a stream each for input, outputs, errors and terminal sizes. */
import type { ByteStream } from '../../platform/bytes/byte-stream.ts';
import type { Clock } from '../../platform/clock.ts';
import type { RawDeflate } from '../../platform/bytes/raw-deflate.ts';
import { SpdySession } from '../spdy/session.ts';
import type { SpdyStream } from '../spdy/stream.ts';
import { endBytes } from './command-end.ts';
import {
  type CommandStreams,
  parseSize,
  type TerminalSize,
  type WantedStreams,
} from './command-streams.ts';

/** What is spoken if the client names no version is the first one. */
export const commandSpdyProtocols = [
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
];

/** Until the client has opened its streams. */
const OPENING_MS = 30_000;
const MAX_SIZE_BYTES = 4_096;

export interface SpdyCommand extends CommandStreams {
  /** Resolves or rejects with the connection. */
  readonly over: Promise<void>;
}

export interface SpdyCommandOptions {
  readonly protocol: string;
  readonly wanted: WantedStreams;
  readonly deflate: RawDeflate;
  readonly clock: Clock;
}

/** Resolves when the streams are there; rejects if they do not come. */
export async function spdyCommand(
  connection: ByteStream,
  options: SpdyCommandOptions,
): Promise<SpdyCommand> {
  const { protocol, wanted, deflate, clock } = options;
  const expected = expectedStreams(protocol, wanted);
  const streams = new Map<string, SpdyStream>();
  let complete = (): void => {};
  const opened = new Promise<void>((resolve) => (complete = resolve));
  const session = new SpdySession(connection, deflate, (stream) => {
    const type = stream.header('streamtype');
    if (!expected.has(type) || streams.has(type)) return stream.destroy();
    streams.set(type, stream);
    if (streams.size === expected.size) complete();
  });
  const over = session.run();
  over.catch(() => {});
  const late = clock.after(OPENING_MS, () => connection.destroy());
  const ended = over.then(() => Promise.reject(new Error('the client left before it began')));
  await Promise.race([opened, ended]).finally(() => late.cancel());
  const sizes = streams.get('resize');
  const [stdin, stdout, stderr] = ['stdin', 'stdout', 'stderr'].map((type) => streams.get(type));
  return {
    over,
    io: {
      ...(stdin === undefined ? {} : { stdin: stdin.incoming }),
      ...(stdout === undefined ? {} : { stdout }),
      ...(stderr === undefined ? {} : { stderr }),
      ...(sizes === undefined ? {} : { resizes: sizesIn(sizes.incoming) }),
      tty: wanted.tty,
    },
    async finish(end) {
      const errors = streams.get('error')!;
      const bytes = endBytes(end, protocol);
      if (bytes.length > 0) await errors.write(bytes);
      for (const stream of streams.values()) await stream.end();
      await session.close();
    },
  };
}

function expectedStreams(protocol: string, wanted: WantedStreams): Set<string> {
  const resizes = wanted.tty && /^v[34]/.test(protocol);
  return new Set([
    'error',
    ...(wanted.stdin ? ['stdin'] : []),
    ...(wanted.stdout ? ['stdout'] : []),
    ...(wanted.stderr && !wanted.tty ? ['stderr'] : []),
    ...(resizes ? ['resize'] : []),
  ]);
}

/** JSON objects one after the other, however they are cut. */
async function* sizesIn(incoming: AsyncIterable<Uint8Array>): AsyncGenerator<TerminalSize> {
  let text = '';
  for await (const chunk of incoming) {
    text += Buffer.from(chunk).toString();
    for (let end = text.indexOf('}'); end >= 0; end = text.indexOf('}')) {
      const size = parseSize(text.slice(0, end + 1));
      text = text.slice(end + 1);
      if (size !== undefined) yield size;
    }
    if (text.length > MAX_SIZE_BYTES) return;
  }
}
