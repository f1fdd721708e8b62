import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { Agent, request as httpsRequest } from 'node:https';
import { connect as connectTls } from 'node:tls';
import request from 'supertest';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Chunk, type HttpHandler, JsonValue } from '../../platform/net/http.ts';
import type { Listening } from '../../platform/net/http-server.ts';
import { silentLogger } from '../../platform/logger.ts';
import type { Clock } from '../../platform/clock.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realGzip, realHttpServer } from '../../platform/node/net/http-server.ts';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import type { LeafRequest } from '../../platform/crypto/x509.ts';
import { BoundedStream } from '../../platform/stream.ts';
import { listen } from './listen.ts';

const validity = { notBeforeMs: Date.now() - 60_000, notAfterMs: Date.now() + 3_600_000 };
const ca = realX509.certificateAuthority({ commonName: 'test-ca' }, validity);
const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
const serving = realX509.issue(
  { subject: { commonName: 'server' }, validity, usage: 'server', names },
  ca,
);
const subject = { commonName: 'jane', organizations: ['dev', 'ops'] };
const client = realX509.issue({ subject, validity, usage: 'client' }, ca);

const HEAD = 'DELETE /api/v1/pods HTTP/1.1\r\nhost: x\r\n';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

const running: Listening[] = [];
const sessions: ClientHttp2Session[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) session.destroy();
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function serve(
  handler: HttpHandler,
  clock: Clock = realClock,
  more: { idleMs?: number } = {},
): Promise<Listening & { url: string }> {
  const listening = await listen({
    server: realHttpServer,
    handler,
    clock,
    logger: silentLogger,
    gzip: realGzip,
    host: '127.0.0.1',
    port: 0,
    tls: { ...serving, clientCa: ca.certificate },
    ...more,
  });
  running.push(listening);
  return { ...listening, url: `https://127.0.0.1:${listening.port}` };
}

/** superagent never settles when an HTTP/2 stream is reset before its answer began. */
function askFor(url: string, path: string, options: { http2?: boolean }): Promise<unknown> {
  if (options.http2 !== true) return request(url).get(path);
  const session = connectHttp2(url);
  sessions.push(session);
  const outgoing = session.request({ ':path': path });
  return once(outgoing, 'response');
}

/** Tells what arrived. */
const mirror: HttpHandler = async ({ method, path, query, headers, body, peer }) => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: new JsonValue({
    method,
    path,
    query: [...query],
    host: headers['host'] !== undefined,
    body: body instanceof Uint8Array ? Buffer.from(body).toString() : null,
    certificate: peer.certificate ?? null,
    certificateError: peer.certificateError ?? null,
  }),
});

const large = JSON.stringify({ text: 'x'.repeat(200 * 1024) });

beforeAll(() => {
  // Agents of supertest cannot all be told to trust our CA; the chain is verified below.
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
});

describe.each([
  ['HTTP/1.1', {}],
  ['HTTP/2', { http2: true }],
])('%s', (_name, options) => {
  it('passes on method, path, query and body', async () => {
    const { url } = await serve(mirror);
    const answer = await request(url, options)
      .post('/api/v1/pods?fieldManager=me')
      .set('content-type', 'application/json')
      .send('{"a":1}');
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      method: 'POST',
      path: '/api/v1/pods',
      query: [['fieldManager', 'me']],
      body: '{"a":1}',
      certificate: null,
    });
  });

  it('answers many requests on one server, bodies or none', async () => {
    const { url } = await serve(mirror);
    const agent = request.agent(url, options);
    for (let i = 0; i < 20; i++) {
      const answer = await agent.get(`/${i}`);
      expect(answer.body).toMatchObject({ path: `/${i}`, body: null });
    }
  });

  it('names the user of a client certificate', async () => {
    const { url } = await serve(mirror);
    const answer = await request
      .agent(url, { ...options, cert: client.certificate, key: client.privateKey })
      .get('/');
    expect(answer.body).toMatchObject({ certificate: subject, certificateError: null });
  });

  it('says why a client certificate is not verified', async () => {
    const { url } = await serve(mirror);
    const other = realX509.certificateAuthority({ commonName: 'test-ca' }, validity);
    const bad = realX509.issue({ subject, validity, usage: 'client' }, other);
    const answer = await request
      .agent(url, { ...options, cert: bad.certificate, key: bad.privateKey })
      .get('/');
    expect(answer.body).toMatchObject({
      certificate: null,
      certificateError: expect.stringMatching(/SIGNATURE|UNABLE_TO_VERIFY/) as string,
    });
  });

  it('names nobody by a certificate that has ended, or is a server’s', async () => {
    const { url } = await serve(mirror);
    const past = { notBeforeMs: 0, notAfterMs: 60_000 };
    const wrong: readonly [LeafRequest, RegExp][] = [
      [{ subject, validity: past, usage: 'client' }, /EXPIRED/],
      [{ subject, validity, usage: 'server' }, /PURPOSE/],
    ];
    for (const [asked, error] of wrong) {
      const bad = realX509.issue(asked, ca);
      const answer = await request
        .agent(url, { ...options, cert: bad.certificate, key: bad.privateKey })
        .get('/');
      expect(answer.body).toMatchObject({
        certificate: null,
        certificateError: expect.stringMatching(error) as string,
      });
    }
  });

  it('refuses a body above 3 MiB', async () => {
    const { url } = await serve(mirror);
    const answer = await request(url, options)
      .post('/api/v1/pods')
      .set('content-type', 'application/json')
      .send('x'.repeat(3 * 1024 * 1024 + 1));
    expect(answer.status).toBe(413);
    expect(answer.body).toMatchObject({
      kind: 'Status',
      reason: 'RequestEntityTooLarge',
      message: 'Request entity too large: limit is 3145728',
    });
  });

  it('compresses a large answer for those who accept it', async () => {
    const body = Buffer.from(large);
    const { url } = await serve(async () => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body,
    }));
    const packed = await request(url, options).get('/').set('accept-encoding', 'gzip');
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(packed.headers['vary']).toBe('accept-encoding');
    expect(Number(packed.headers['content-length'])).toBeLessThan(10_000);
    expect(packed.text).toBe(large);
    const plain = await request(url, options).get('/').set('accept-encoding', 'gzip;q=0');
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.headers['content-length']).toBe(String(body.length));
  });

  it('ends JSON with a newline, which no other body gets', async () => {
    const { url } = await serve(async ({ path }) => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: path === '/value' ? new JsonValue({ a: 1 }) : Buffer.from('{"a":1}'),
    }));
    expect((await request(url, options).get('/value')).text).toBe('{"a":1}\n');
    expect((await request(url, options).get('/bytes')).text).toBe('{"a":1}');
  });

  it('sends pieces one after the other, and all at once to those who accept gzip', async () => {
    const texts = ['{"items":[', '"a"'.padStart(70_000), ',', '"b"'.padStart(90_000), ']}'];
    const whole = texts.join('');
    const length = String(whole.length + '\n'.length);
    const pieces = {
      byteLength: whole.length,
      *[Symbol.iterator]() {
        for (const text of texts) yield Buffer.from(text);
      },
    };
    const value = (): unknown => JSON.parse(whole);
    const { url } = await serve(async () => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JsonValue.from({ value, bytes: () => Buffer.from(whole), pieces }),
    }));
    for (const coding of ['identity', 'gzip']) {
      const answer = await request(url, options).get('/').set('accept-encoding', coding);
      expect(answer.headers['content-encoding']).toBe(coding === 'gzip' ? 'gzip' : undefined);
      expect(answer.text).toBe(`${whole}\n`);
      if (coding === 'identity') expect(answer.headers['content-length']).toBe(length);
    }
    const head = await request(url, options).head('/').set('accept-encoding', 'identity');
    expect([head.status, head.headers['content-length']]).toEqual([200, length]);
  });

  it('sends no body where there is none to send', async () => {
    const { url } = await serve(async ({ path }) =>
      path === '/kept'
        ? { status: 304, headers: { etag: '"x"' } }
        : { status: 200, headers: {}, body: Buffer.from('text') },
    );
    const kept = await request(url, options).get('/kept');
    expect([kept.status, kept.headers['etag'], kept.text]).toEqual([304, '"x"', '']);
    const head = await request(url, options).head('/');
    expect([head.status, head.headers['content-length']]).toEqual([200, '4']);
  });

  it('survives a handler that rejects', async () => {
    const { url } = await serve(async ({ path }) => {
      if (path === '/bug') throw new Error('a bug');
      return { status: 200, headers: {}, body: Buffer.from('fine') };
    });
    await expect(askFor(url, '/bug', options)).rejects.toThrow();
    expect((await request(url, options).get('/')).status).toBe(200);
  });
});

interface Received {
  readonly status: number;
  /** Resolves when the text so far contains `part`. */
  until(part: string): Promise<string>;
  readonly ended: Promise<'end' | 'broken'>;
  close(): void;
}

/** A streaming GET over the named protocol. */
async function stream(port: number, protocol: 'h1' | 'h2'): Promise<Received> {
  let text = '';
  const waiting: (() => void)[] = [];
  const received = (chunk: Buffer): void => {
    text += chunk.toString();
    for (const check of waiting) check();
  };
  const until = (part: string): Promise<string> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (text.includes(part)) resolve(text);
      };
      waiting.push(check);
      check();
    });
  if (protocol === 'h1') {
    const outgoing = httpsRequest({ port, host: '127.0.0.1', agent: new Agent() });
    outgoing.on('error', () => {}).end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    incoming.on('data', received).on('error', () => {});
    const ended = new Promise<'end' | 'broken'>((resolve) => {
      incoming.on('close', () => resolve(incoming.complete ? 'end' : 'broken'));
    });
    const close = (): void => void outgoing.destroy();
    return { status: incoming.statusCode ?? 0, until, ended, close };
  }
  const session = connectHttp2(`https://127.0.0.1:${port}`);
  sessions.push(session);
  session.on('error', () => {});
  const outgoing = session.request({ ':path': '/' });
  outgoing.on('error', () => {});
  const [headers] = (await once(outgoing, 'response')) as [Record<string, number>];
  let finished = false;
  outgoing.on('data', received).on('end', () => (finished = true));
  const ended = new Promise<'end' | 'broken'>((resolve) => {
    outgoing.on('close', () => resolve(finished && outgoing.rstCode === 0 ? 'end' : 'broken'));
  });
  return { status: headers[':status']!, until, ended, close: () => outgoing.close(8) };
}

const event = (n: number): JsonValue => new JsonValue({ type: 'ADDED', object: { n } });

describe.each(['h1', 'h2'] as const)('a watch over %s', (protocol) => {
  /** Serves one stream and tells when the server noticed that its client left. */
  async function watch(limit = 10) {
    let closed: () => void = () => {};
    let aborted: () => void = () => {};
    const left = new Promise<void>((resolve) => (closed = resolve));
    const signalled = new Promise<void>((resolve) => (aborted = resolve));
    const source = new BoundedStream<Chunk>(limit, () => closed());
    const { port, ...server } = await serve(async ({ signal }) => {
      signal.addEventListener('abort', () => aborted());
      return { status: 200, headers: { 'content-type': 'application/json' }, body: source };
    });
    return { source, port, stop: () => server.stop(), left, signalled };
  }

  it('sends the head at once and each event as it comes, one per line', async () => {
    const { source, port } = await watch();
    const client = await stream(port, protocol);
    expect(client.status).toBe(200);
    source.push(event(1));
    expect(await client.until('\n')).toBe('{"type":"ADDED","object":{"n":1}}\n');
    source.push(event(2));
    source.push(Buffer.from('raw;'));
    await client.until('raw;');
    source.end();
    expect(await client.ended).toBe('end');
  });

  it('stops its source when the client leaves', async () => {
    const { source, port, left, signalled } = await watch();
    const client = await stream(port, protocol);
    source.push(event(1));
    await client.until('\n');
    client.close();
    await Promise.all([left, signalled]);
    expect(source.push(event(2))).toBe(false);
  });

  it('ends cleanly when its source overflows, and breaks when it fails', async () => {
    const overflowing = await watch(1);
    const slow = await stream(overflowing.port, protocol);
    for (let n = 0; n < 10; n++) overflowing.source.push(event(n));
    expect(await slow.ended).toBe('end');
    const failing = await watch();
    const broken = await stream(failing.port, protocol);
    failing.source.fail(new Error('a fault of the server'));
    expect(await broken.ended).toBe('broken');
  });

  it('ends cleanly when the server stops, and leaves nothing behind', async () => {
    const { source, port, stop, left, signalled } = await watch();
    const client = await stream(port, protocol);
    source.push(event(1));
    await client.until('\n');
    await Promise.all([stop(), left, signalled]);
    expect(await client.ended).toBe('end');
    await expect(stream(port, protocol)).rejects.toThrow('ECONNREFUSED');
  });

  it('waits for a socket that is full instead of buffering', async () => {
    const piece = Buffer.alloc(256 * 1024, 'x');
    let asked = 0;
    const { port } = await serve(async ({ signal }) => ({
      status: 200,
      headers: {},
      body: (async function* () {
        while (!signal.aborted) {
          asked++;
          yield piece;
        }
      })(),
    }));
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: false,
    });
    await once(socket, 'secureConnect');
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'data');
    socket.pause();
    // The kernel's buffers take some megabytes; then nothing more is asked of the source.
    let before = -1;
    while (before !== asked) {
      before = asked;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(asked).toBeGreaterThan(0);
    socket.destroy();
  });
});

it('leaves in the socket what comes on a connection that is paused', async () => {
  const asked: string[] = [];
  let resume: (() => void) | undefined;
  const { port } = await serve(async ({ path, connection }) => {
    asked.push(path);
    await new Promise((resolve) => setImmediate(resolve));
    if (path === '/held') {
      connection!.pause();
      resume = () => connection!.resume();
    }
    return { status: 200, headers: {} };
  });
  const tls = { port, host: '127.0.0.1', ALPNProtocols: ['http/1.1'], rejectUnauthorized: false };
  const ask = async (socket: ReturnType<typeof connectTls>, path: string): Promise<void> => {
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    await once(socket, 'data');
  };
  const [held, other] = [connectTls(tls), connectTls(tls)];
  await Promise.all([held, other].map((socket) => once(socket, 'secureConnect')));
  await ask(held, '/held');
  const next = ask(held, '/next');
  // So much later than it was sent that it would have been read.
  for (let i = 0; i < 20; i++) await ask(other, '/other');
  expect(asked).not.toContain('/next');
  resume!();
  await next;
  expect(asked).toContain('/next');
  for (const socket of [held, other]) socket.destroy();
});

it('makes no more pieces than a slow client takes', async () => {
  const piece = Buffer.alloc(256 * 1024, 'x');
  let made = 0;
  const pieces = {
    byteLength: 1000 * piece.length,
    *[Symbol.iterator]() {
      for (; made < 1000; made++) yield piece;
    },
  };
  const body = JsonValue.from({ value: () => '', bytes: () => piece, pieces });
  const { port } = await serve(async () => ({ status: 200, headers: {}, body }));
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(socket, 'data');
  socket.pause();
  let before = -1;
  while (before !== made) {
    before = made;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(made).toBeGreaterThan(0);
  expect(made).toBeLessThan(1000);
  socket.destroy();
});

/** All that comes until the server ends the connection. */
async function answerTo(port: number, bytes: string): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.write(bytes);
  // A reset of what was not read any more is an end, too.
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return text;
}

describe('listen', () => {
  it('proves itself to a client that trusts the CA', async () => {
    const { port } = await serve(mirror);
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      ca: ca.certificate,
      rejectUnauthorized: true,
    });
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    socket.destroy();
  });

  it('knows the client of a resumed TLS session', async () => {
    const { port } = await serve(mirror);
    const agent = new Agent({ keepAlive: false, maxCachedSessions: 10 });
    const ask = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const { certificate: cert, privateKey: key } = client;
        const outgoing = httpsRequest({ port, host: '127.0.0.1', agent, cert, key }, (incoming) => {
          let text = '';
          incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
          incoming.on('end', () => resolve(text));
        });
        outgoing.on('error', reject).end();
      });
    for (let i = 0; i < 3; i++) {
      expect(JSON.parse(await ask())).toMatchObject({ certificate: subject });
    }
  });

  it('rejects a port that is taken', async () => {
    const { port } = await serve(mirror);
    const second = listen({
      server: realHttpServer,
      handler: mirror,
      clock: realClock,
      logger: silentLogger,
      gzip: realGzip,
      host: '127.0.0.1',
      port,
      tls: serving,
    });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('serves others while a hundred clients say half of what they want, and gives these up', async () => {
    const clock = new FakeClock();
    const { port, url } = await serve(mirror, clock);
    const connected = async () => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
      socket.on('error', () => {});
      await once(socket, 'secureConnect');
      return socket;
    };
    const sockets = await Promise.all(Array.from({ length: 100 }, connected));
    const answers = sockets.map(async (socket, i) => {
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      // Half a head, or half a body.
      if (i % 2 === 0) socket.write('POST /api/v1/pods HTTP/1.1\r\nhost: x\r\ncontent-le');
      else socket.write('POST /api/v1/pods HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc');
      await once(socket, 'close');
      return text;
    });
    const answer = await request(url).get('/api/v1/pods');
    expect(answer.status).toBe(200);
    while (clock.timers < 50) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(60_000);
    const late = await Promise.all(answers.filter((_, i) => i % 2 === 1));
    for (const text of late) {
      expect(text).toMatch(/^HTTP\/1\.1 504 /);
      expect(text).toContain('"reason":"Timeout"');
    }
    for (const socket of sockets) socket.destroy();
    await Promise.all(answers);
  });

  it.each([
    ['two lengths', `${HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\nab`, /^HTTP\/1\.1 400 /],
    [
      'a length and chunks',
      `${HEAD}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      /^HTTP\/1\.1 400 /,
    ],
    ['a folded header', `${HEAD}x: a\r\n b\r\n\r\n`, /^HTTP\/1\.1 400 /],
    [
      'an upgrade with a body',
      `${HEAD}connection: upgrade\r\nupgrade: websocket\r\ncontent-length: 2\r\n\r\n{}`,
      /^HTTP\/1\.1 400 .*may have no body/s,
    ],
  ])('refuses %s, and ends the connection', async (_what, bytes, answer) => {
    const handler = vi.fn(mirror);
    const { port } = await serve(handler);
    // What follows would be answered if any of it were taken for a request.
    const text = await answerTo(port, `${bytes}GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n`);
    expect(text).toMatch(answer);
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(handler).not.toHaveBeenCalled();
  });

  it.each([
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', '400: 400 Bad Request: missing required Host header'],
    ['two Hosts', 'GET / HTTP/1.1\r\nhost: x\r\nHost: y\r\n\r\n', '400: 400 Bad Request'],
    [
      'a Host that is none',
      'GET / HTTP/1.1\r\nhost: x/y\r\n\r\n',
      '400: 400 Bad Request: malformed Host header',
    ],
    [
      'what is coded in ways that it does not know',
      'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
      '501: Unsupported transfer encoding',
    ],
    ['HTTP/0.9', 'GET /\r\n\r\n', '400: 400 Bad Request'],
  ])('refuses %s in the words of kube-apiserver', async (_what, bytes, wanted) => {
    const handler = vi.fn(mirror);
    const { port } = await serve(handler);
    const [head = '', text] = (await answerTo(port, bytes)).split('\r\n\r\n');
    expect(`${head.split(' ')[1]}: ${text}`).toBe(wanted);
    expect(handler).not.toHaveBeenCalled();
  });

  it.each([
    ['https://x:1/api?limit=1', '/api', [['limit', '1']]],
    ['http://elsewhere', '/', []],
    ['http://x?a=b', '/', [['a', 'b']]],
  ])('reads %s as the path within it', async (target, path, query) => {
    const { port } = await serve(mirror);
    const head = `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`;
    const answer = await answerTo(port, head);
    expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ path, query });
  });

  it('reads heads of a mebibyte, and refuses longer ones', async () => {
    const { port } = await serve(mirror);
    const head = (bytes: number): string =>
      `GET /?a=${'a'.repeat(bytes)} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`;
    expect(await answerTo(port, head(900_000))).toMatch(/^HTTP\/1\.1 200 /);
    // Nothing arrives where the connection is reset amid what is not read any more.
    expect(await answerTo(port, head(1_100_000))).toMatch(/^(HTTP\/1\.1 431 |$)/);
  });

  it('reads as many headers over HTTP/2 as who acts for somebody with many groups sends', async () => {
    const { url } = await serve(mirror);
    const session = connectHttp2(url);
    sessions.push(session);
    const groups = Array.from({ length: 1_000 }, (_, i) => `group-${i}`);
    const outgoing = session.request({ ':path': '/', 'impersonate-group': groups });
    const [headers] = (await once(outgoing, 'response')) as [Record<string, unknown>];
    expect(headers[':status']).toBe(200);
  });

  it.each([
    ['nothing', ''],
    ['half a preface', 'PRI * HTTP/2.0\r\n'],
    // A HEADERS frame of stream 1 that says neither END_HEADERS nor END_STREAM.
    ['half a head', `${PREFACE}\0\0\0\x04\0\0\0\0\0\0\0\0\x01\0\0\0\0\x01`],
  ])('ends an HTTP/2 connection of which comes %s', async (_what, text) => {
    const { port, url } = await serve(mirror, realClock, { idleMs: 300 });
    const tls = { port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] };
    const socket = connectTls(tls);
    socket.on('error', () => {}).resume();
    await once(socket, 'secureConnect');
    socket.write(Buffer.from(text, 'latin1'));
    await once(socket, 'close');
    expect((await request(url).get('/api/v1/pods')).status).toBe(200);
  });

  it('lets a silent watch over HTTP/2 end in peace', async () => {
    const events = new BoundedStream<Chunk>(10);
    const watch: HttpHandler = () => Promise.resolve({ status: 200, headers: {}, body: events });
    const { url } = await serve(watch, realClock, { idleMs: 300 });
    const session = connectHttp2(url, { ca: ca.certificate });
    sessions.push(session);
    const stream = session.request({ ':path': '/api/v1/pods?watch=1' });
    let text = '';
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await once(session, 'goaway');
    events.push(Buffer.from('late'));
    events.end();
    await once(stream, 'end');
    expect(text).toContain('late');
  });

  it('stops with idle and half-open connections around', async () => {
    const { port, ...server } = await serve(mirror);
    const idle = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(idle, 'secureConnect');
    const half = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(half, 'secureConnect');
    half.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc');
    for (const socket of [idle, half]) socket.on('error', () => {});
    await server.stop();
    for (const socket of [idle, half]) if (!socket.closed) await once(socket, 'close');
  });
});
