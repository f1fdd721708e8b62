import { afterEach, describe, expect, it } from 'vitest';
import { type HttpRequest, type HttpResponse, JsonValue } from '../platform/net/http.ts';
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

  it('with a range of each family gives Services addresses of both', async () => {
    const server = start(new MemoryKv(), { serviceClusterIpRange: '10.7.0.0/24,fd00:7::/112' });
    await server.ready();
    const cidr = await call(server, 'GET /apis/networking.k8s.io/v1/servicecidrs/kubernetes');
    expect(valueOf(cidr)).toMatchObject({ spec: { cidrs: ['10.7.0.0/24', 'fd00:7::/112'] } });
    const spec = { ipFamilyPolicy: 'RequireDualStack', ports: [{ port: 80 }] };
    const body = { metadata: { name: 'web' }, spec };
    const made = await call(server, 'POST /api/v1/namespaces/default/services', body);
    const { spec: given } = valueOf(made) as { spec: Record<string, readonly string[]> };
    expect(given['ipFamilies']).toEqual(['IPv4', 'IPv6']);
    expect(given['clusterIPs']!.join()).toMatch(/^10\.7\.0\.\d+,fd00:7::/);
    const addresses = await call(server, 'GET /apis/networking.k8s.io/v1/ipaddresses');
    const kubernetes = '10.7.0.1';
    expect(names(valueOf(addresses)).sort()).toEqual([kubernetes, ...given['clusterIPs']!].sort());
  });

  it('restores the IPAddresses of a store that has none when it starts', async () => {
    const kv = new MemoryKv();
    const first = start(kv);
    await first.ready();
    await first.stop();
    const request = { key: '/registry/ipaddresses/10.96.0.1' };
    await kv.txn({ compare: [], success: [{ type: 'deleteRange', request }], failure: [] });
    expect((await kv.range(request)).kvs).toEqual([]);
    const second = start(kv);
    await second.ready();
    const addresses = await call(second, 'GET /apis/networking.k8s.io/v1/ipaddresses');
    expect(names(valueOf(addresses))).toEqual(['10.96.0.1']);
  });

  it('stops while the store is away', async () => {
    const kv = new MemoryKv();
    kv.failure = new StoreError('noLeader');
    const server = start(kv);
    await server.stop();
    await server.ready();
  });
});
