import { afterEach, describe, expect, it } from 'vitest';
import { type FrameConnection, FramesRefusedError } from '../../frames.ts';
import type { Listening } from '../../http-server.ts';
import { nodeFrames } from './frames.ts';

let server: Listening;
afterEach(() => server.stop());

async function listen(take: (connection: FrameConnection) => void): Promise<string> {
  server = await nodeFrames.listen({
    ...{ host: '127.0.0.1', port: 0 },
    accept: (hello) => {
      if (hello['x-key'] !== 'open') throw new FramesRefusedError(412, 'wrong key');
      return take;
    },
    http: ({ path }) => Promise.resolve({ status: 200, headers: {}, body: Buffer.from(path) }),
  });
  return `http://127.0.0.1:${server.port}`;
}

const echo = (connection: FrameConnection): void =>
  connection.receive({ frame: (bytes) => connection.send(bytes), closed() {} });

const connect = (url: string, key = 'open') =>
  nodeFrames.connect({ url, hello: { 'x-key': key }, timeoutMs: 5000 });

describe('frames', () => {
  it('arrive whole and in order, whatever their sizes', async () => {
    const connection = await connect(await listen(echo));
    const sizes = [0, 1, 3, 70_000, 5, 3_000_000, 0, 17];
    const arrived: Buffer[] = [];
    await new Promise<void>((resolve) => {
      const frame = (bytes: Buffer): void => {
        if (arrived.push(bytes) === sizes.length) resolve();
      };
      connection.receive({ frame, closed() {} });
      connection.cork();
      sizes.forEach((size, i) => connection.send(Buffer.alloc(size, i)));
    });
    expect(arrived.map((bytes) => bytes.length)).toEqual(sizes);
    expect(arrived.every((bytes, i) => bytes.every((byte) => byte === i))).toBe(true);
    connection.close();
  });

  it('are refused with a status and a sentence', async () => {
    const url = await listen(echo);
    const error = await connect(url, 'shut').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(FramesRefusedError);
    expect(error).toMatchObject({ status: 412, message: 'wrong key' });
  });

  it('share their port with plain requests', async () => {
    const url = await listen(echo);
    expect(await (await fetch(`${url}/version`)).text()).toBe('/version');
  });

  it('end when the listener stops: both sides are told', async () => {
    const ends: string[] = [];
    const url = await listen((taken) =>
      taken.receive({ frame() {}, closed: () => ends.push('server') }),
    );
    const connection = await connect(url);
    const closed = new Promise<void>((resolve) =>
      connection.receive({ frame() {}, closed: () => resolve() }),
    );
    await server.stop();
    await closed;
    expect(ends).toEqual(['server']);
    connection.send(Buffer.from('into the void'));
    await connection.drained();
  });

  it('that are none end the connection', async () => {
    const url = await listen(echo);
    const connection = await connect(url);
    const closed = new Promise<void>((resolve) =>
      connection.receive({ frame() {}, closed: () => resolve() }),
    );
    // A frame whose bytes announce another: only the stream itself can be broken from outside.
    const { connect: dial } = await import('node:net');
    const socket = dial(Number(new URL(url).port), '127.0.0.1');
    socket.write(
      'GET / HTTP/1.1\r\nhost: x\r\nx-key: open\r\nconnection: upgrade\r\nupgrade: wherry-frames\r\n\r\n',
    );
    await new Promise((resolve) => socket.once('data', resolve));
    socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    await new Promise((resolve) => socket.once('close', resolve));
    connection.close();
    await closed;
  });
});
