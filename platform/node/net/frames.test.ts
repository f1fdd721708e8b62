import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type FrameConnection, FramesRefusedError, NobodyListensError } from '../../net/frames.ts';
import type { Listening } from '../../net/http-server.ts';
import type { RefusedConnection } from '../../net/tls-terms.ts';
import { realX509 } from '../crypto/x509.ts';
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

  it('go over a Unix socket too, where a file of that name is left behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wherry-frames-'));
    const file = join(folder, 'peer:1');
    await writeFile(file, 'left');
    const address = { host: '', port: 0, file };
    server = await nodeFrames.listen({
      ...address,
      accept: () => echo,
      http: ({ path }) => Promise.resolve({ status: 200, headers: {}, body: Buffer.from(path) }),
    });
    const url = `unix://${file}`;
    const page = await nodeFrames.get({ url, path: '/members', timeoutMs: 5000 });
    expect(page.toString()).toBe('/members');
    const connection = await connect(url);
    const frame = await new Promise((resolve) => {
      connection.receive({ frame: resolve, closed() {} });
      connection.send(Buffer.from('hello'));
    });
    expect(frame).toEqual(Buffer.from('hello'));
    await server.stop();
    await expect(connect(url)).rejects.toBeInstanceOf(NobodyListensError);
    await rm(folder, { recursive: true });
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

describe('a handler that fails', () => {
  afterEach(() => process.setUncaughtExceptionCaptureCallback(null));

  it('ends the process: no bug is taken for a fault of the other end', async () => {
    const uncaught = new Promise<Error>((resolve) =>
      process.setUncaughtExceptionCaptureCallback(resolve),
    );
    const fail = (): never => {
      throw new Error('a broken invariant');
    };
    const url = await listen((taken) => taken.receive({ frame: fail, closed() {} }));
    const connection = await connect(url);
    connection.send(Buffer.from('a frame like any other'));
    expect((await uncaught).message).toBe('a broken invariant');
    connection.close();
  });

  it('is told nothing more once it has given the connection up', async () => {
    let frames = 0;
    const url = await listen((taken) => {
      const frame = (): void => {
        frames++;
        taken.abort();
      };
      taken.receive({ frame, closed() {} });
    });
    const connection = await connect(url);
    const closed = new Promise<void>((resolve) =>
      connection.receive({ frame() {}, closed: () => resolve() }),
    );
    connection.cork();
    for (let i = 0; i < 3; i++) connection.send(Buffer.from('x'));
    await closed;
    expect(frames).toBe(1);
  });
});

describe('frames over TLS', () => {
  const day = 86_400_000;
  const validity = { notBeforeMs: Date.now() - day, notAfterMs: Date.now() + day };
  const ca = realX509.certificateAuthority({ commonName: 'peer-ca' }, validity);
  const issue = (commonName: string, usage: 'server' | 'client') => {
    const names = { dnsNames: [`${commonName}.example.com`], ipAddresses: ['127.0.0.1'] };
    const issued = realX509.issue({ subject: { commonName }, validity, usage, names }, ca);
    return { ...issued, ca: ca.certificate };
  };
  const [ann, bob] = [issue('ann', 'client'), issue('bob', 'client')];

  it.each([
    ['called otherwise', { commonNames: ['ann', 'eve'] }],
    ['good for other names', { hostnames: ['ann.example.com'] }],
    ['revoked', { revoked: [new X509Certificate(bob.certificate).serialNumber] }],
  ])('are not taken of who shows a certificate that is %s since a renewal', async (_, terms) => {
    const refused: RefusedConnection[] = [];
    const onRefused = (connection: RefusedConnection) => void refused.push(connection);
    const tls = issue('server', 'server');
    const listening = await nodeFrames.listen({
      ...{ host: '127.0.0.1', port: 0, accept: () => echo, onRefused, tls },
      http: () => Promise.resolve({ status: 404, headers: {} }),
    });
    server = listening;
    const url = `https://127.0.0.1:${listening.port}`;
    const dial = (who: typeof ann) =>
      nodeFrames.connect({ url, hello: {}, timeoutMs: 5000, tls: who });
    (await dial(bob)).close();
    listening.renew({ ...tls, terms });
    (await dial(ann)).close();
    await expect(dial(bob)).rejects.toThrow();
    expect(refused.map(({ reason }) => reason)).toEqual([
      expect.stringMatching(
        /client certificate authentication failed|certificate serial \w+ revoked/,
      ),
    ]);
  });
});
