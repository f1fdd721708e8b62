/** What is wrong with a call before any service sees it: by Node's HTTP/2 client, ours and etcd. */
import {
  connect,
  type ClientHttp2Session,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionDefaults } from '../../../store/grpc/connection-settings.ts';
import { errorCodes } from '../../../store/grpc/http2/errors.ts';
import { FrameReader, frameFlags, frameTypes } from '../../../store/grpc/http2/frames.ts';
import { frame, headerBlock, message, PREFACE, request } from '../../support/http2-client.ts';
import { encodeMessage, decodeMessage } from './etcd-proto.ts';
import { contenders, etcd, startEtcd, startOurs, type TestServer } from './servers.ts';

interface Answer {
  readonly http?: number;
  readonly status?: string;
  readonly text?: string;
  readonly body: Buffer;
  readonly reset?: number;
}

const STRICT = { maxConcurrentStreams: 2, grpcKeepaliveMinTime: 2000 };
const strictFlags = ['--max-concurrent-streams', '2', '--grpc-keepalive-min-time', '2s'];

const RANGE = '/etcdserverpb.KV/Range';
const range = message(encodeMessage('RangeRequest', { key: 'k' }));

describe.each(contenders)('$name', ({ name, start }) => {
  let server: TestServer;
  let session: ClientHttp2Session;
  beforeAll(async () => {
    server = await start();
    session = connect(`http://${server.address}`);
  });
  afterAll(async () => {
    session.close();
    await server.stop();
  });

  /** The body in pieces, each in frames of its own. */
  function call(
    headers: OutgoingHttpHeaders,
    pieces: readonly Buffer[] = [range],
  ): Promise<Answer> {
    return new Promise((resolve) => {
      const stream = session.request({
        ...{ ':method': 'POST', ':path': RANGE, 'content-type': 'application/grpc' },
        ...{ te: 'trailers', ...headers },
      });
      let answer: Answer = { body: Buffer.alloc(0) };
      const read = (fields: IncomingHttpHeaders): void => {
        const [http, status] = [fields[':status'], fields['grpc-status']];
        const text = fields['grpc-message'];
        answer = {
          ...answer,
          ...(http !== undefined && { http: Number(http) }),
          ...(status !== undefined && { status: [status].join('') }),
          ...(text !== undefined && { text: decodeURIComponent([text].join('')) }),
        };
      };
      stream
        .on('response', read)
        .on('trailers', read)
        .on('error', () => {});
      stream.on('data', (bytes: Buffer) => {
        answer = { ...answer, body: Buffer.concat([answer.body, bytes]) };
      });
      stream.on('close', () =>
        resolve(stream.rstCode === 0 ? answer : { ...answer, reset: stream.rstCode }),
      );
      for (const piece of pieces) stream.write(piece);
      stream.end();
    });
  }

  it('answers a request that comes byte by byte', async () => {
    const answer = await call(
      {},
      [...range].map((byte) => Buffer.from([byte])),
    );
    expect([answer.http, answer.status, answer.text ?? '']).toEqual([200, '0', '']);
    const { header } = decodeMessage('RangeResponse', answer.body.subarray(5));
    expect(header).toMatchObject({ revision: '1' });
  });

  it('does not know other services and methods', async () => {
    const status = async (path: string) => {
      const answer = await call({ ':path': path });
      return [answer.http, answer.status, answer.text];
    };
    expect(await status('/no.Such/Service')).toEqual([200, '12', 'unknown service no.Such']);
    expect(await status('/etcdserverpb.KV/Got')).toEqual([
      ...[200, '12', 'unknown method Got for service etcdserverpb.KV'],
    ]);
    const [, code, text] = await status('/nothing');
    // 8 in the gRPC library of etcd 3.4, 12 in later ones.
    expect(code).toMatch(/^(8|12)$/);
    expect(text).toContain('malformed method name: "/nothing"');
  });

  it('takes compressed requests only of calls that announce gzip', async () => {
    const packed = gzipSync(range.subarray(5));
    const body = message(packed);
    body[0] = 1;
    const named = await call({ 'grpc-encoding': 'gzip' }, [body]);
    // etcd takes it since 3.6.
    expect(named.status).toMatch(name === 'etcd' ? /^(0|12)$/ : /^0$/);
    const odd = await call({ 'grpc-encoding': 'snappy' }, [body]);
    expect(odd.status).toBe('12');
    expect(odd.text).toBe('grpc: Decompressor is not installed for grpc-encoding "snappy"');
    const unnamed = await call({}, [body]);
    expect(unnamed.status).toBe('13');
    expect(unnamed.text).toBe('grpc: compressed flag set with identity or empty encoding');
  });

  it('takes no message of an unknown kind, nor half of one', async () => {
    const odd = Buffer.from(range);
    odd[0] = 9;
    expect(await call({}, [odd])).toMatchObject({ status: '13' });
    // 2 in etcd 3.4, 13 later.
    expect((await call({}, [range.subarray(0, -1)])).status).toMatch(/^(2|13)$/);
  });

  it('refuses a timeout that is none, and what is no gRPC', async () => {
    const timeout = await call({ 'grpc-timeout': 'soon' });
    expect([timeout.status, timeout.reset].some((each) => each !== undefined)).toBe(true);
    expect(timeout.status).not.toBe('0');
    const json = await call({ 'content-type': 'application/json' });
    expect(json.status).not.toBe('0');
    expect(json.body).toHaveLength(0);
    expect((await call({ 'content-type': 'application/grpc+proto' })).status).toBe('0');
  });

  it('does nothing for a call whose time is over when it comes', async () => {
    for (const timeout of ['0n', '0S', '1n']) {
      const late = await call({ 'grpc-timeout': timeout });
      // 4; etcd 3.4 sometimes says 2.
      expect(late.status).toMatch(/^[24]$/);
      expect([late.text, late.body.length]).toEqual(['context deadline exceeded', 0]);
    }
  });

  it('takes an encoding without a name for none', async () => {
    expect(await call({ 'grpc-encoding': '' })).toMatchObject({ http: 200, status: '0' });
  });

  it('resets requests with fields that may not be, and serves the next one', async () => {
    const wrong = [
      headerBlock({ ':status': '200' }),
      headerBlock({ ':path': '/etcdserverpb.KV/Put' }),
      ...['X-Upper', 'a b', '', 'x:y'].map((each) => headerBlock({ [each]: 'a' })),
      ...['a\r\nb', 'a\0b', '\x7f'].map((each) => headerBlock({ 'x-value': each })),
    ];
    const requests = [...wrong, Buffer.alloc(0)].map((fields, i) => {
      const block = Buffer.concat([request(RANGE), fields]);
      return Buffer.concat([
        frame('headers', 2 * i + 1, block, frameFlags.endHeaders),
        frame('data', 2 * i + 1, range, frameFlags.endStream),
      ]);
    });
    const [host, port] = server.address.split(':');
    const socket = connectSocket(Number(port), host);
    const reader = new FrameReader('server');
    const resets: number[] = [];
    const last = 2 * wrong.length + 1;
    const answered = new Promise<void>((resolve) => {
      socket.once('close', resolve);
      socket.on('data', (bytes: Buffer) =>
        reader.push(bytes, ({ type, streamId, payload }) => {
          if (type === frameTypes.rstStream) resets.push(streamId, payload.readUInt32BE(0));
          if (type === frameTypes.data && streamId === last) resolve();
        }),
      );
    });
    socket.write(Buffer.concat([PREFACE, frame('settings', 0), ...requests]));
    await answered;
    socket.destroy();
    expect(resets).toEqual(wrong.flatMap((_, i) => [2 * i + 1, errorCodes.protocolError]));
  });

  it('refuses a message by its announced size', async () => {
    const header = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff]);
    const answer = await call({}, [header, Buffer.alloc(10)]);
    expect(answer.status).toBe('8');
    expect(answer.text).toContain('received message larger than max (2147483647 vs. 2097152)');
  });

  it('goes on serving a connection after all that', async () => {
    expect(await call({ 'grpc-timeout': '5S' })).toMatchObject({ http: 200, status: '0' });
  });

  it('ends a connection that breaks the protocol, and no other', async () => {
    const [host, port] = server.address.split(':');
    const socket = connectSocket(Number(port), host);
    const received: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => received.push(bytes));
    socket.write(
      Buffer.concat([
        PREFACE,
        frame('settings', 0),
        frame('headers', 1, Buffer.from('ffff', 'hex'), 4),
      ]),
    );
    await new Promise((resolve) => socket.once('close', resolve));
    expect(await call({})).toMatchObject({ http: 200, status: '0' });
    expect([name, received.length > 0]).toEqual([name, true]);
  });
});

/** Whose clients may ping every 2 s, and have two calls under way. */
const strict = [
  {
    name: 'ours',
    start: () => startOurs({ connections: { ...connectionDefaults, ...STRICT } }),
  },
  ...(etcd === undefined ? [] : [{ name: 'etcd', start: () => startEtcd(strictFlags) }]),
];

describe.each(strict)('$name with flags of connections', ({ start }) => {
  let server: TestServer;
  let session: ClientHttp2Session;
  beforeAll(async () => {
    server = await start();
    session = connect(`http://${server.address}`);
    await new Promise((resolve) => session.once('remoteSettings', resolve));
  });
  afterAll(async () => {
    session.destroy();
    await server.stop();
  });

  it('announces how many calls may be under way', () => {
    expect(session.remoteSettings.maxConcurrentStreams).toBe(2);
  });

  it('sends away whoever pings too often', async () => {
    const gone = new Promise((resolve) =>
      session.once('goaway', (code, _, text) => resolve([code, String(text)])),
    );
    const closed = new Promise((resolve) => session.once('close', resolve));
    session.on('error', () => {});
    for (let i = 0; i < 4; i++) session.ping(() => {});
    expect(await gone).toEqual([11, 'too_many_pings']);
    await closed;
  });
});

describe('ours', () => {
  it('says GOAWAY when it stops, and does not wait for idle connections', async () => {
    const server = await startOurs();
    const session = connect(`http://${server.address}`);
    const code = new Promise((resolve) => session.once('goaway', resolve));
    const closed = new Promise((resolve) => session.once('close', resolve));
    await new Promise((resolve) => session.once('remoteSettings', resolve));
    await server.stop();
    expect(await code).toBe(0);
    await closed;
  });

  it('understands an authority that is a URL, in every request', async () => {
    const server = await startOurs();
    const session = connect(`http://${server.address}`);
    for (let i = 0; i < 120; i++) {
      const stream = session.request({
        ...{ ':method': 'POST', ':path': RANGE, ':authority': `http://etcd-${i}:2379` },
        ...{ 'content-type': 'application/grpc', te: 'trailers' },
      });
      const status = new Promise((resolve) =>
        stream.once('trailers', (trailers: IncomingHttpHeaders) =>
          resolve(trailers['grpc-status']),
        ),
      );
      stream.resume().end(range);
      expect(await status).toBe('0');
    }
    session.close();
    await server.stop();
  });
});
