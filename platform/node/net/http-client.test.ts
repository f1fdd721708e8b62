import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createPlain, type Server } from 'node:http';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type HttpRequest, JsonValue } from '../../net/http.ts';
import { connectHttp, type HttpConnection } from './http-client.ts';
import { until } from '../../../test/support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'wherry-http-client-'));
let cert: Buffer;
let key: Buffer;

beforeAll(() => {
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const args = ['req', '-x509', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', names];
  execFileSync('openssl', [...args, ...curve, '-keyout', keyFile, '-out', certFile], {
    stdio: 'ignore',
  });
  cert = readFileSync(certFile);
  key = readFileSync(keyFile);
});
afterAll(() => rmSync(folder, { recursive: true }));

function request(path: string, more: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'GET',
    path,
    query: new URLSearchParams(),
    headers: {},
    peer: { address: 'test' },
    signal: new AbortController().signal,
    ...more,
  };
}

/** Answers the same over both protocols. What it says in words comes from the test's paths. */
interface Served {
  readonly port: number;
  /** Paths of streams that ended from the client's side. */
  readonly ended: string[];
  breakConnections(): void;
  close(): Promise<void>;
}

type Answer = (
  q: {
    url?: string | undefined;
    method?: string | undefined;
    headers: object;
  } & AsyncIterable<Buffer>,
  r: {
    writeHead(status: number, headers: Record<string, string>): unknown;
    write(text: string): boolean;
    end(text?: string): void;
    on(event: 'close', fn: () => void): unknown;
  },
) => void;

function answers(ended: string[]): Answer {
  return (q, r) => {
    const url = q.url ?? '';
    if (url.startsWith('/echo')) {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of q) chunks.push(chunk);
        const { authorization } = q.headers as { authorization?: string };
        const body = Buffer.concat(chunks).toString();
        const text = JSON.stringify({ method: q.method, url, authorization, body });
        r.writeHead(200, { 'content-length': String(Buffer.byteLength(text)), 'x-a': 'b' });
        r.end(text);
      })();
    } else if (url.startsWith('/watch')) {
      r.writeHead(200, {});
      r.write('one\n');
      r.on('close', () => ended.push(url));
    } else {
      r.writeHead(200, url.startsWith('/cut-known') ? { 'content-length': '100' } : {});
      r.write('half');
      ended.push(`half of ${url}`);
    }
  };
}

async function serveTls(): Promise<Served> {
  const ended: string[] = [];
  const server: Http2SecureServer = createSecureServer({ cert, key });
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => {});
  });
  server.on('request', answers(ended) as never);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const breakConnections = (): void => {
    for (const session of sessions) session.destroy();
  };
  const close = async (): Promise<void> => {
    breakConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, ended, breakConnections, close };
}

async function servePlain(): Promise<Served> {
  const ended: string[] = [];
  const server: Server = createPlain(answers(ended) as never);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const breakConnections = (): void => server.closeAllConnections();
  return { port: (server.address() as AddressInfo).port, ended, breakConnections, close };
}

describe.each(['https', 'http'])('over %s', (scheme) => {
  let server: Served;
  let connection: HttpConnection;
  beforeEach(async () => {
    server = await (scheme === 'https' ? serveTls() : servePlain());
    const baseUrl = `${scheme}://127.0.0.1:${server.port}`;
    connection = connectHttp({ baseUrl, ca: cert, token: 'secret' });
  });
  afterEach(async () => {
    await connection.close();
    await server.close();
  });

  it('carries method, path, query, body and token there, status, headers and body back', async () => {
    const query = new URLSearchParams({ a: 'ä b' });
    const body = new JsonValue({ x: 1 });
    const response = await connection.handler(request('/echo', { method: 'POST', query, body }));
    expect(response.status).toBe(200);
    expect(response.headers['x-a']).toBe('b');
    expect(JSON.parse(Buffer.from(response.body as Uint8Array).toString())).toEqual({
      method: 'POST',
      url: '/echo?a=%C3%A4+b',
      authorization: 'Bearer secret',
      body: '{"x":1}',
    });
  });

  it('streams a body of unknown length, and tells the server when the reader leaves', async () => {
    const response = await connection.handler(request('/watch'));
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      expect(Buffer.from(chunk).toString()).toBe('one\n');
      break;
    }
    await until('the end of the watch', () => server.ended.includes('/watch'));
  });

  it('ends a stream when its signal aborts', async () => {
    const abort = new AbortController();
    const response = await connection.handler(request('/watch', { signal: abort.signal }));
    const read = (async () => {
      for await (const _ of response.body as AsyncIterable<Uint8Array>) abort.abort();
    })();
    await read.catch(() => {});
    await until('the end of the watch', () => server.ended.includes('/watch'));
  });

  it.each(['/cut-known', '/cut-unknown'])(
    'does not take half a body for a whole: %s',
    async (p) => {
      const whole = (async () => {
        const response = await connection.handler(request(p));
        for await (const _ of response.body as AsyncIterable<Uint8Array>) server.breakConnections();
      })();
      // Its head comes with the first bytes only when the whole has come, which it never does.
      if (p === '/cut-known')
        void until('half of it', () => server.ended.includes(`half of ${p}`)).then(() =>
          server.breakConnections(),
        );
      await expect(whole).rejects.toThrow();
    },
  );

  it('answers many requests at once', async () => {
    const body = new JsonValue({ filler: 'x'.repeat(20_000) });
    const all = Array.from({ length: 300 }, (_, i) =>
      connection.handler(request(`/echo/${i}`, i % 2 === 0 ? {} : { method: 'POST', body })),
    );
    expect((await Promise.all(all)).every((r) => r.status === 200)).toBe(true);
  });

  it('connects again after the connection broke', async () => {
    await connection.handler(request('/echo'));
    server.breakConnections();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await connection.handler(request('/echo'))).status).toBe(200);
  });

  it('refuses with the system error when nobody listens', async () => {
    await server.close();
    await connection.handler(request('/echo')).catch(() => {});
    await expect(connection.handler(request('/echo'))).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      message: expect.stringMatching(/^connect ECONNREFUSED 127\.0\.0\.1:\d+$/) as string,
    });
  });
});

describe('certificates', () => {
  it('are verified, unless told otherwise', async () => {
    const server = await serveTls();
    const baseUrl = `https://127.0.0.1:${server.port}`;
    const strict = connectHttp({ baseUrl });
    const lax = connectHttp({ baseUrl, insecureSkipVerify: true });
    await expect(strict.handler(request('/echo'))).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect((await lax.handler(request('/echo'))).status).toBe(200);
    await strict.close();
    await lax.close();
    await server.close();
  });

  it('must have the name that is asked for in place of the host, be it an address', async () => {
    const server = await serveTls();
    const baseUrl = `https://127.0.0.1:${server.port}`;
    const status = async (serverName: string): Promise<number> => {
      const connection = connectHttp({ baseUrl, ca: cert, serverName });
      try {
        return (await connection.handler(request('/echo'))).status;
      } finally {
        await connection.close();
      }
    };
    expect(await status('localhost')).toBe(200);
    expect(await status('127.0.0.1')).toBe(200);
    for (const other of ['elsewhere', '127.0.0.2'])
      await expect(status(other)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    await server.close();
  });
});
