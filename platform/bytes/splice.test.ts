import { expect, it } from 'vitest';
import type { ByteStream } from './byte-stream.ts';
import { splice } from './splice.ts';
import { BoundedStream } from '../stream.ts';

/** One end of a connection: the other end says `said`, and hears what is written. */
function connection(name: string, log: string[]) {
  const said = new BoundedStream<Uint8Array>(100);
  let takes = true;
  let flush: () => void = () => {};
  const stream: ByteStream = {
    incoming: said,
    write: async (bytes) => {
      if (!takes) throw new Error('the connection is closed');
      log.push(`${name} hears ${Buffer.from(bytes).toString()}`);
    },
    end: async () => {
      if (name === 'client') await new Promise<void>((resolve) => (flush = resolve));
      log.push(`${name} hears the end`);
    },
    destroy: () => {
      log.push(`${name} is broken off`);
      said.end();
    },
  };
  const say = (text: string): void => void said.push(Buffer.from(text));
  return {
    stream,
    say,
    end: () => said.end(),
    deafen: () => (takes = false),
    flush: () => flush(),
  };
}

const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

it('passes both directions on to their ends', async () => {
  const log: string[] = [];
  const [client, server] = [connection('client', log), connection('server', log)];
  const spliced = splice(client.stream, server.stream);
  client.say('question');
  client.end();
  await turns();
  server.say('answer');
  server.end();
  await turns();
  client.flush();
  await spliced;
  expect(log).toEqual([
    'server hears question',
    'server hears the end',
    'client hears answer',
    'client hears the end',
  ]);
});

it('brings the last words of a side that takes no more, whatever is said to it meanwhile', async () => {
  const log: string[] = [];
  const [client, server] = [connection('client', log), connection('server', log)];
  const spliced = splice(client.stream, server.stream);
  server.say('the end of a command');
  server.deafen();
  await turns();
  client.say('more input');
  await turns();
  server.say('goodbye');
  server.end();
  await turns();
  client.flush();
  await spliced;
  expect(log).toEqual([
    'client hears the end of a command',
    'client hears goodbye',
    'client hears the end',
    'client is broken off',
    'server is broken off',
  ]);
});

it('breaks both off when one does', async () => {
  const log: string[] = [];
  const [client, server] = [connection('client', log), connection('server', log)];
  const broken: ByteStream = {
    ...client.stream,

    incoming: (async function* (): AsyncGenerator<Uint8Array> {
      await Promise.resolve();
      throw new Error('reset');
    })(),
  };
  const spliced = splice(broken, server.stream);
  await turns();
  client.flush();
  await spliced;
  expect(log.slice(0, 2)).toEqual(['client is broken off', 'server is broken off']);
});
