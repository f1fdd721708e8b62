/** Probes, version and metrics on the client port, against our server and the real one. */
import { once } from 'node:events';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../../platform/logger.ts';
import { realClock } from '../../../platform/node/clock.ts';
import { realX509 } from '../../../platform/node/crypto/x509.ts';
import { connectEtcd } from '../../../store/client/connect.ts';
import { RawClient } from './raw-client.ts';
import { contenders, startOurs, type TestServer } from './servers.ts';

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

describe.each(contenders)('HTTP of $name', ({ name, start }) => {
  let server: TestServer;
  let client: RawClient;
  const get = async (path: string, init?: RequestInit): Promise<Reply> => {
    const response = await fetch(`http://${server.address}${path}`, init);
    return { status: response.status, body: await response.text(), headers: response.headers };
  };

  beforeAll(async () => {
    server = await start();
    client = new RawClient(server.address);
  });
  afterAll(async () => {
    client.close();
    await server.stop();
  });

  it('is healthy', async () => {
    for (const path of ['/health', '/health?serializable=true', '/health?exclude=NOSPACE']) {
      const { status, body } = await get(path);
      expect(status).toBe(200);
      expect(JSON.parse(body)).toMatchObject({ health: 'true' });
    }
    const { status, headers } = await get('/health', { method: 'POST' });
    expect(status).toBe(405);
    expect(headers.get('allow')).toBe('GET');
  });

  it('tells its version in numbers', async () => {
    const { etcdserver, etcdcluster } = JSON.parse((await get('/version')).body) as {
      etcdserver: string;
      etcdcluster: string;
    };
    expect(etcdserver).toMatch(/^\d+\.\d+\.\d+$/);
    expect(etcdcluster).toMatch(/^\d+\.\d+\.0$/);
  });

  it('publishes variables', async () => {
    const { status, body, headers } = await get('/debug/vars');
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    const variables = JSON.parse(body) as Record<string, unknown>;
    expect(variables['cmdline']).toContainEqual(expect.any(String));
    expect(variables['file_descriptor_limit']).toBeGreaterThan(0);
    const memory = { Alloc: expect.any(Number) as number, Sys: expect.any(Number) as number };
    expect(variables['memstats']).toMatchObject(memory);
    const raft = variables['raft.status'] as Record<string, unknown>;
    const { header, leader } = await client.call('Status');
    const memberId = BigInt((header as { member_id: string }).member_id).toString(16);
    expect(BigInt(leader as string).toString(16)).toBe(memberId);
    expect(raft).toMatchObject({ id: memberId, lead: memberId, raftState: 'StateLeader' });
    expect(raft['commit']).toBe(raft['applied']);
  });

  it('knows no other path', async () => {
    const { status, body } = await get('/nothing');
    expect([status, body]).toEqual([404, '404 page not found\n']);
  });

  it('counts what it did, under the same names', async () => {
    for (let i = 0; i < 3; i++) await client.call('Put', { key: 'm', value: String(i) });
    await client.call('DeleteRange', { key: 'm' });
    await client.refusal('Range', { key: '' });
    const { body } = await get('/metrics');
    const value = (line: string): number => {
      const found = body.split('\n').find((text) => text.startsWith(`${line} `));
      if (found === undefined) throw new Error(`no ${line} in\n${body}`);
      return Number(found.slice(line.length + 1));
    };
    const method = 'grpc_method="Put",grpc_service="etcdserverpb.KV",grpc_type="unary"';
    const sorted = (text: string) => text.split(',').sort().join();
    const labelled = (metric: string, labels: string): number => {
      for (const line of body.split('\n')) {
        const [, have, count] = new RegExp(`^${metric}\\{(.*)\\} (.*)$`).exec(line) ?? [];
        if (have !== undefined && sorted(have) === sorted(labels)) return Number(count);
      }
      throw new Error(`no ${metric}{${labels}}`);
    };
    // etcd itself makes a put or two at its start (its published attributes are none of them).
    expect(value('etcd_mvcc_put_total')).toBeGreaterThanOrEqual(3);
    expect(value('etcd_mvcc_delete_total')).toBe(1);
    expect(value('etcd_server_has_leader')).toBe(1);
    expect(value('etcd_server_is_leader')).toBe(1);
    expect(value('etcd_mvcc_db_total_size_in_bytes')).toBeGreaterThan(0);
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(1_000_000);
    expect(value('etcd_disk_wal_fsync_duration_seconds_count')).toBeGreaterThan(0);
    expect(value('etcd_disk_wal_fsync_duration_seconds_bucket{le="+Inf"}')).toBe(
      value('etcd_disk_wal_fsync_duration_seconds_count'),
    );
    expect(labelled('grpc_server_started_total', method)).toBe(3);
    expect(labelled('grpc_server_handled_total', `grpc_code="OK",${method}`)).toBe(3);
    const refused = method.replace('Put', 'Range');
    expect(labelled('grpc_server_handled_total', `grpc_code="InvalidArgument",${refused}`)).toBe(1);
    expect(body).toMatch(/^etcd_server_version\{server_version="3\.\d+\.\d+"\} 1$/m);
  });

  it.skipIf(name === 'etcd')('answers the probes of 3.5.11 and later', async () => {
    expect((await get('/livez')).body).toBe('ok');
    expect((await get('/livez?verbose')).body).toBe('[+]serializable_read ok\n');
    expect((await get('/readyz')).body).toBe('ok');
    expect((await get('/readyz?verbose&exclude=non_learner')).body).toBe(
      '[+]data_corruption ok\n[+]serializable_read ok\n[+]linearizable_read ok\n',
    );
    expect((await get('/readyz/linearizable_read')).body).toBe('ok');
    expect((await get('/readyz/other')).status).toBe(404);
    expect((await get('/metrics', { method: 'HEAD' })).body).toBe('');
  });
});

/** Writes each piece in a packet of its own; everything that came back once the peer closed. */
function talk(port: number, pieces: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('data', (bytes) => (received += bytes.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
    socket.setNoDelay(true);
    void (async () => {
      for (const piece of pieces) {
        await new Promise((done) => socket.write(piece, done));
        await new Promise((done) => setTimeout(done, 5));
      }
    })();
  });
}

describe('one port', () => {
  it('tells the protocols apart however the first bytes are cut', async () => {
    const server = await startOurs();
    const { port } = server.serving;
    const head = 'ET /version HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
    expect(await talk(port, ['G', head])).toContain('"etcdserver":"3.6.0"');
    expect(await talk(port, ['P', 'OST /health HTTP/1.1\r\nconnection: close\r\n\r\n'])).toMatch(
      /^HTTP\/1\.1 4/,
    );
    // An HTTP/2 client that then breaks the protocol gets a GOAWAY frame (type 7), not HTTP/1.
    const broken = await talk(port, ['P', 'RI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'garbage'.repeat(9)]);
    expect(broken).not.toContain('HTTP/1');
    expect(broken.length).toBeGreaterThan(0);
    await server.stop();
  });

  it('takes a large first call while grpc-js is still being loaded', async () => {
    const server = await startOurs();
    const clients = Array.from({ length: 5 }, () => new RawClient(server.address));
    const value = 'v'.repeat(1_000_000);
    await Promise.all(clients.map((client, i) => client.call('Put', { key: `k${i}`, value })));
    const range = await clients[0]!.call('Range', { key: 'k', range_end: 'l', count_only: true });
    expect(range['count']).toBe('5');
    for (const client of clients) client.close();
    await server.stop();
  });

  it('stops although connections are idle, and frees the port', async () => {
    const server = await startOurs();
    const idle = connect(server.serving.port, '127.0.0.1');
    await new Promise((resolve) => idle.once('connect', resolve));
    const closed = new Promise((resolve) => idle.once('close', resolve));
    const client = new RawClient(server.address);
    await client.call('Range', { key: 'a' });
    await server.stop();
    await closed;
    await expect(fetch(`http://${server.address}/health`)).rejects.toThrow();
    client.close();
  });
});

describe('with TLS', () => {
  const day = 86_400_000;
  const validity = { notBeforeMs: Date.now() - day, notAfterMs: Date.now() + day };
  const ca = realX509.certificateAuthority({ commonName: 'store-ca' }, validity);
  const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
  const serving = realX509.issue(
    { subject: { commonName: 'store' }, validity, usage: 'server', names },
    ca,
  );
  const identity = realX509.issue(
    { subject: { commonName: 'apiserver' }, validity, usage: 'client' },
    ca,
  );

  it('is believed by gRPC only at an address that its certificate has', async () => {
    const names = { dnsNames: ['localhost', 'address.invalid'], ipAddresses: ['127.0.0.2'] };
    const elsewhere = realX509.issue(
      { subject: { commonName: 'store' }, validity, usage: 'server', names },
      ca,
    );
    const server = await startOurs({ tls: { ...elsewhere } });
    const kv = connectEtcd({
      ...{ clock: realClock, logger: silentLogger },
      endpoints: [`https://${server.address}`],
      tls: { ca: ca.certificate },
    });
    await expect(kv.range({ key: 'a' })).rejects.toMatchObject({
      message: expect.stringContaining("IP: 127.0.0.1 is not in the cert's list") as string,
    });
    await kv.close();
    await server.stop();
  });

  it('serves gRPC and HTTP to those with a certificate, and nobody else', async () => {
    const server = await startOurs({ tls: { ...serving, clientCa: ca.certificate } });
    const endpoints = [`https://${server.address}`];
    const effects = { clock: realClock, logger: silentLogger };
    const known = connectEtcd({ ...effects, endpoints, tls: { ca: ca.certificate, ...identity } });
    expect((await known.range({ key: 'a' })).revision).toBe(1);
    const watch = known.watch({ key: 'a' });
    expect(await watch.created).toBe(1);
    const unknown = connectEtcd({ ...effects, endpoints, tls: { ca: ca.certificate } });
    await expect(unknown.range({ key: 'a' })).rejects.toMatchObject({ reason: 'unavailable' });
    const reply = await new Promise<string>((resolve, reject) => {
      const socket = connectTls({
        ...{ port: server.serving.port, host: '127.0.0.1', ca: ca.certificate },
        ...{ cert: identity.certificate, key: identity.privateKey },
        servername: 'localhost',
        ALPNProtocols: ['http/1.1'],
      });
      let received = '';
      socket.write('GET /health HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
      socket.on('data', (bytes: Buffer) => (received += bytes.toString()));
      socket.on('error', reject);
      socket.on('end', () => resolve(received));
    });
    expect(reply).toContain('{"health":"true","reason":""}');
    const session = connectHttp2(`https://127.0.0.1:${server.serving.port}`, {
      ...{ ca: ca.certificate, cert: identity.certificate, key: identity.privateKey },
      servername: 'localhost',
    });
    const ask = async (headers: Record<string, string>, body = ''): Promise<[number, string]> => {
      const request = session.request(headers).setEncoding('utf8');
      const answered = once(request, 'response') as Promise<[IncomingHttpHeaders]>;
      if (body !== '') request.end(body);
      let text = '';
      for await (const part of request) text += part as string;
      const [{ ':status': status }] = await answered;
      return [Number(status), text];
    };
    expect(await ask({ ':path': '/health' })).toEqual([200, '{"health":"true","reason":""}']);
    expect(await ask({ ':path': '/health', ':method': 'HEAD' })).toEqual([200, '']);
    expect(await ask({ ':path': '/nowhere?x=1' })).toEqual([404, '404 page not found\n']);
    const post = { ':method': 'POST', ':path': '/v3/kv/put' };
    const put = '{"key":"YQ==","value":"Yg=="}';
    expect(await ask(post, put)).toEqual([200, expect.stringContaining('"revision":"2"')]);
    const [, metrics] = await ask({ ':path': '/metrics' });
    expect(metrics.length).toBeGreaterThan(10_000);
    const watched = session.request({ ...post, ':path': '/v3/watch' }).setEncoding('utf8');
    watched.end('{"create_request":{"key":"YQ==","start_revision":"2"}}');
    let events = '';
    for await (const part of watched) {
      events += part as string;
      if (events.includes('"value":"Yg=="')) break;
    }
    const large = 'x'.repeat(17 << 20);
    expect(await ask(post, large)).toEqual([413, '']);
    expect((await known.range({ key: 'a' })).revision).toBe(2);
    session.destroy();
    await Promise.all([known.close(), unknown.close()]);
    await server.stop();
  });
});
