/** What is more than one question and one answer, through a real API server to an extension. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { type ExtendedApi, startExtendedApi } from '../../test/support/extended-api.ts';

const GROUP = 'far.example.com';
const ROSES = `/apis/${GROUP}/v1/namespaces/a/roses`;
/** More than a request for this server itself may have. */
const LARGE = 8 << 20;

const parts = new Lifecycle();
const sockets = new WebSocketServer({ noServer: true });
/** What the extension server was asked, without what it is asked about itself. */
const asked: IncomingMessage[] = [];
let far: ExtendedApi;

beforeAll(async () => {
  far = await startExtendedApi(parts, {
    group: GROUP,
    answer: (request, response) => {
      if (!request.url!.startsWith(`/apis/${GROUP}/v1/`)) return void response.end('{}');
      asked.push(request);
      response.setHeader('set-cookie', [
        'a=1; Path=/',
        'b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT',
      ]);
      if (request.url!.endsWith('/elsewhere'))
        return void response.writeHead(307, { location: 'https://evil.example/' }).end('go');
      if (request.url!.endsWith('/unchanged')) return void response.writeHead(304).end();
      if (request.url!.endsWith('/refused')) return void response.writeHead(413).end('too much');
      // Each piece is answered by its length as it comes.
      response.flushHeaders();
      request.on('data', (chunk: Buffer) => response.write(`${chunk.length}\n`));
      request.on('end', () => response.end());
    },
  });
  far.extension.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    asked.push(request);
    if (request.headers.upgrade === 'websocket')
      return sockets.handleUpgrade(request, socket, head, (open) => {
        open.on('message', (data: Buffer) => open.send(`heard ${data.toString()}`));
      });
    if (request.url!.endsWith('/elsewhere'))
      return socket.end('HTTP/1.1 302 Found\r\nlocation: //evil.example/\r\n\r\n');
    if (request.url!.endsWith('/refused'))
      return socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 3\r\n\r\nno!');
    const { upgrade } = request.headers;
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${upgrade}\r\n`,
    );
    socket.write('x-stream-protocol-version: v4.channel.k8s.io\r\n\r\n');
    socket.pipe(socket);
  });
});
afterAll(() => parts.stop());

const options = (path: string, more: RequestOptions = {}): RequestOptions => ({
  ...{ host: '127.0.0.1', port: far.port, ca: far.ca, ...far.admin, path, agent: false },
  ...more,
});

async function answered(
  sent: ReturnType<typeof httpsRequest>,
): Promise<{ readonly head: IncomingMessage; readonly body: string }> {
  const [head] = (await once(sent, 'response')) as [IncomingMessage];
  return { head, body: await text(head) };
}

describe('an extension server that redirects', () => {
  it.each([
    ['a question', {}],
    ['what is to be more than one', { connection: 'Upgrade', upgrade: 'SPDY/3.1' }],
  ])('leads nobody anywhere: %s', async (_what, headers) => {
    const sent = httpsRequest(options(`${ROSES}/elsewhere`, { headers }));
    sent.end();
    const { head, body } = await answered(sent);
    expect([head.statusCode, head.headers.location, body]).toEqual([
      502,
      undefined,
      'the backend attempted to redirect this request, which is not permitted',
    ]);
  });

  it('may say that nothing has changed', async () => {
    const sent = httpsRequest(options(`${ROSES}/unchanged`));
    sent.end();
    expect((await answered(sent)).head.statusCode).toBe(304);
  });
});

describe('a body for an extension server', () => {
  const sum = (body: string): number =>
    body.split('\n').reduce((total, line) => total + Number(line), 0);

  it.each([
    ['its length said before', { 'content-length': LARGE }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])('may be of any length, %s', async (_how, headers) => {
    const sent = httpsRequest(options(ROSES, { method: 'POST', headers }));
    sent.end(Buffer.alloc(LARGE));
    expect(sum((await answered(sent)).body)).toBe(LARGE);
    const name = Object.keys(headers)[0]!;
    expect(asked.at(-1)!.headers[name]).toBe(String(Object.values(headers)[0]));
  });

  it('may come over HTTP/2', async () => {
    const session = connectHttp2(`https://127.0.0.1:${far.port}`, { ca: far.ca, ...far.admin });
    const stream = session.request({ ':path': ROSES, ':method': 'POST' });
    stream.end(Buffer.alloc(LARGE));
    expect(sum(await text(stream))).toBe(LARGE);
    const none = session.request({ ':path': ROSES, ':method': 'DELETE' });
    none.end();
    expect(await text(none)).toBe('');
    expect(asked.at(-1)!.headers).not.toHaveProperty('transfer-encoding');
    session.close();
  });

  it('is there, and answered, before it has ended', async () => {
    const sent = httpsRequest(options(ROSES, { method: 'POST' }));
    sent.write('first');
    const [head] = (await once(sent, 'response')) as [IncomingMessage];
    expect(String((await once(head, 'data'))[0])).toBe('5\n');
    sent.end('and more');
    expect(await text(head)).toBe('8\n');
  });

  it('is dropped where the extension server does not want it', async () => {
    const sent = httpsRequest(options(`${ROSES}/refused`, { method: 'PUT' }));
    sent.end(Buffer.alloc(LARGE));
    sent.on('error', () => {});
    const { head, body } = await answered(sent);
    expect([head.statusCode, body]).toEqual([413, 'too much']);
  });

  it('that breaks off breaks off there too', async () => {
    const before = asked.length;
    const sent = httpsRequest(options(ROSES, { method: 'POST' }));
    sent.on('error', () => {});
    sent.write('half');
    while (asked.length === before) await new Promise((resolve) => setTimeout(resolve, 5));
    const request = asked.at(-1)!;
    request.on('error', () => {});
    const ended = new Promise((resolve) => request.once('close', resolve));
    sent.destroy();
    await ended;
    expect(request.complete).toBe(false);
  });

  it('for this server is bounded still, in Kubernetes’ words', async () => {
    const path = '/api/v1/namespaces/default/configmaps';
    const sent = httpsRequest(options(path, { method: 'POST' }));
    sent.on('error', () => {});
    sent.end(Buffer.alloc(LARGE));
    const { head, body } = await answered(sent);
    expect(head.statusCode).toBe(413);
    expect(body).toContain('Request entity too large: limit is 3145728');
  });
});

describe('an answer of an extension server', () => {
  it('keeps its cookies apart', async () => {
    const sent = httpsRequest(options(ROSES));
    sent.end();
    const { head } = await answered(sent);
    expect(head.headers['set-cookie']).toEqual([
      'a=1; Path=/',
      'b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT',
    ]);
  });

  it('is for the path that was asked for, dots and escapes as they were', async () => {
    const path = `${ROSES}/..%2f../x/../../y?a=%20b`;
    const sent = httpsRequest(options(path));
    sent.end();
    await answered(sent);
    expect(asked.at(-1)!.url).toBe(`${ROSES}/..%2f../x/../../y?a=+b`);
  });
});

describe('a connection to an extension server', () => {
  const upgraded = (path: string): Promise<[IncomingMessage, Duplex]> => {
    const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1' };
    const sent = httpsRequest(options(path, { method: 'POST', headers }));
    sent.end();
    return once(sent, 'upgrade') as Promise<[IncomingMessage, Duplex]>;
  };

  it('is handed over to SPDY, in the name of who asks', async () => {
    const [head, socket] = await upgraded(`${ROSES}/red/exec?command=ls`);
    expect(head.headers).toMatchObject({
      ...{ upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' },
    });
    const { headers, url } = asked.at(-1)!;
    expect(url).toBe(`${ROSES}/red/exec?command=ls`);
    expect(headers).toMatchObject({
      'x-remote-user': 'admin',
      'x-remote-group': 'system:masters, system:authenticated',
    });
    expect(headers).not.toHaveProperty('authorization');
    for (const word of ['one', 'two']) {
      const heard = once(socket, 'data');
      socket.write(word);
      expect(String((await heard)[0])).toBe(word);
    }
    const ended = once(socket, 'close');
    socket.end();
    await ended;
  });

  it('is handed over to WebSockets', async () => {
    const protocol = 'v5.channel.k8s.io';
    const open = new WebSocket(`wss://127.0.0.1:${far.port}${ROSES}?watch=true`, protocol, {
      ...{ ca: far.ca, ...far.admin },
    });
    await once(open, 'open');
    expect(open.protocol).toBe(protocol);
    const heard = once(open, 'message');
    open.send('hello');
    expect(String((await heard)[0])).toBe('heard hello');
    const closed = once(open, 'close');
    open.close(1000);
    expect((await closed)[0]).toBe(1000);
  });

  it('that it refuses is refused as it says', async () => {
    const headers = { connection: 'Upgrade', upgrade: 'SPDY/3.1' };
    const sent = httpsRequest(options(`${ROSES}/red/refused`, { headers }));
    sent.end();
    const { head, body } = await answered(sent);
    expect([head.statusCode, body]).toEqual([403, 'no!']);
  });

  it('ends when the extension server ends it', async () => {
    const [, socket] = await upgraded(`${ROSES}/red/attach`);
    const ended = once(socket, 'close');
    socket.on('error', () => {});
    socket.resume();
    far.extension.closeAllConnections();
    asked.at(-1)!.socket.destroy();
    await ended;
  });
});
