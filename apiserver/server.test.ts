import { afterEach, describe, expect, it } from 'vitest';
import { type HttpRequest, type HttpResponse, JsonValue } from '../platform/http.ts';
import { silentLogger } from '../platform/logger.ts';
import { realClock } from '../platform/node/clock.ts';
import { realRandom } from '../platform/node/random.ts';
import { type Kv, StoreError } from '../store/kv.ts';
import { MemoryKv } from '../test/model/memory-kv.ts';
import { startApiServer } from './server.ts';
import type { ApiServer, ApiServerOptions } from './server-options.ts';

const running: ApiServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

function start(kv: Kv, options: Partial<ApiServerOptions> = {}): ApiServer {
  const effects = { clock: realClock, random: realRandom, logger: silentLogger };
  const server = startApiServer({ kv, ...effects, ...options });
  running.push(server);
  return server;
}

const admin = { commonName: 'kubernetes-admin', organizations: ['system:masters'] };

function call(server: ApiServer, line: string, body?: object): Promise<HttpResponse> {
  const [method = '', url = ''] = line.split(' ');
  const [path = '', query = ''] = url.split('?');
  const request: HttpRequest = {
    method,
    path,
    query: new URLSearchParams(query),
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: new JsonValue(body) }),
    peer: { address: 'in-process', certificate: admin },
    signal: new AbortController().signal,
  };
  return server.handler(request);
}

function valueOf({ body }: HttpResponse): unknown {
  if (body instanceof JsonValue) return body.value;
  return Buffer.from(body as Uint8Array).toString();
}

const names = (list: unknown): string[] =>
  (list as { items: { metadata: { name: string } }[] }).items.map((item) => item.metadata.name);

const configMap = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { key: 'value' },
});

describe('startApiServer', () => {
  it('is ready once the namespaces every cluster has are there', async () => {
    const server = start(new MemoryKv());
    await server.ready();
    expect((await call(server, 'GET /readyz')).status).toBe(200);
    expect(names(valueOf(await call(server, 'GET /api/v1/namespaces')))).toEqual([
      'default',
      'kube-node-lease',
      'kube-public',
      'kube-system',
    ]);
  });

  it('creates, gets, lists and deletes in the same process', async () => {
    const server = start(new MemoryKv());
    await server.ready();
    const path = '/api/v1/namespaces/default/configmaps';
    const created = await call(server, `POST ${path}`, configMap('a'));
    expect(created.status).toBe(201);
    const metadata = { name: 'a', namespace: 'default', uid: expect.any(String) as string };
    expect(valueOf(created)).toMatchObject({ metadata, data: { key: 'value' } });
    expect(valueOf(await call(server, `GET ${path}/a`))).toEqual(valueOf(created));
    expect(names(valueOf(await call(server, `GET ${path}`)))).toEqual(['a']);
    expect((await call(server, `DELETE ${path}/a`)).status).toBe(200);
    expect(valueOf(await call(server, `GET ${path}/a`))).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: 'configmaps "a" not found',
    });
  });

  it('answers what it does not serve as Kubernetes does', async () => {
    const server = start(new MemoryKv());
    await server.ready();
    const unknown = await call(server, 'GET /api/v1/namespaces/default/gadgets');
    expect(valueOf(unknown)).toMatchObject({
      code: 404,
      message: 'the server could not find the requested resource',
    });
    const tail = await call(server, 'GET /api/v1/namespaces/default/configmaps/a/status/b');
    expect(tail.status).toBe(404);
    expect(valueOf(await call(server, 'GET /nowhere'))).toBe('404 page not found\n');
    const method = await call(server, 'POST /api/v1/namespaces/default/configmaps/a', {});
    expect(method.status).toBe(405);
  });

  it('shares a store with other servers, whoever starts first', async () => {
    const kv = new MemoryKv();
    const servers = [start(kv), start(kv), start(kv)];
    await Promise.all(servers.map((server) => server.ready()));
    const [one, two] = servers as [ApiServer, ApiServer];
    const path = '/api/v1/namespaces/default/configmaps';
    expect((await call(one, `POST ${path}`, configMap('shared'))).status).toBe(201);
    expect(names(valueOf(await call(two, `GET ${path}`)))).toEqual(['shared']);
  });

  it('writes nothing on a start after the first', async () => {
    const kv = new MemoryKv();
    const first = start(kv);
    await first.ready();
    await first.stop();
    const { revision } = await kv.range({ key: 'x' });
    await start(kv).ready();
    expect((await kv.range({ key: 'x' })).revision).toBe(revision);
  });

  it('waits for a store that is away, and names the failing check', async () => {
    const kv = new MemoryKv();
    kv.failure = new StoreError('unavailable');
    const server = start(kv);
    const answer = await call(server, 'GET /readyz');
    expect(answer.status).toBe(500);
    expect(valueOf(answer)).toContain('[-]etcd failed: reason withheld');
    expect(valueOf(answer)).toContain('[-]informer-sync failed');
    expect(valueOf(await call(server, 'GET /readyz/etcd'))).toContain('etcdserver: unavailable');
    kv.failure = undefined;
    await server.ready();
    expect((await call(server, 'GET /readyz')).status).toBe(200);
  });

  it('stops while the store is away', async () => {
    const kv = new MemoryKv();
    kv.failure = new StoreError('noLeader');
    const server = start(kv);
    await server.stop();
    await server.ready();
  });
});
