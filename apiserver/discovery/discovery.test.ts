import { describe, expect, it } from 'vitest';
import { type HttpResponse, JsonValue } from '../../platform/net/http.ts';
import { realCiphers } from '../../platform/node/crypto/ciphers.ts';
import { Metrics } from '../../platform/metrics/metrics.ts';
import type { ResourceDeclaration } from '../registry/declaration.ts';
import { Discovery } from './discovery.ts';
import { PROTOBUF_MEDIA_TYPE } from '../../api/protobuf/codec.ts';
import { decodeMessage } from '../../api/protobuf/decode-message.ts';
import { protobufMagic } from '../../api/protobuf/envelope.ts';
import { WireReader } from '../../api/protobuf/wire.ts';
import { definitionNamed } from '../../api/schema/table.ts';
import { parseYaml } from '../../api/yaml.ts';
import { compareVersions } from '../../api/api-version.ts';

const pods: ResourceDeclaration = {
  type: { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true },
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  subresources: [
    {
      name: 'status',
      verbs: ['get', 'update', 'patch'],
      write: (_sent, parent) => parent as never,
    },
    {
      name: 'eviction',
      verbs: ['create'],
      kind: { group: 'policy', version: 'v1', kind: 'Eviction' },
      write: (_sent, parent) => parent as never,
    },
  ],
};
const nodes: ResourceDeclaration = {
  type: { group: '', version: 'v1', resource: 'nodes', kind: 'Node', namespaced: false },
  singular: 'node',
  verbs: ['get', 'list', 'watch'],
};
const leases: ResourceDeclaration = {
  type: {
    group: 'coordination.k8s.io',
    version: 'v1',
    resource: 'leases',
    kind: 'Lease',
    namespaced: true,
  },
  singular: 'lease',
};
const scalers: ResourceDeclaration = {
  type: {
    group: 'apps',
    version: 'v1',
    resource: 'deployments',
    kind: 'Deployment',
    namespaced: true,
  },
  singular: 'deployment',
};
const betaScalers: ResourceDeclaration = {
  ...scalers,
  type: { ...scalers.type, version: 'v1beta1' },
};

let etcdFailure: string | undefined;
const ping = { name: 'ping', check: () => undefined };
const etcd = { name: 'etcd', check: () => etcdFailure };
const metrics = new Metrics();
const discovery = new Discovery({
  declarations: [leases, betaScalers, pods, nodes, scalers],
  metrics,
  fingerprint: realCiphers.fingerprint,
  checks: { livez: [ping], readyz: [ping, etcd], healthz: [ping] },
  serverAddress: () => '192.0.2.1:6443',
  schemas: {
    nameOf: ({ group, version, kind }) => `${group || 'core'}.${version}.${kind}`,
    schemas: (wanted) => Object.fromEntries(wanted.map(({ kind }) => [kind, {}])),
  },
});

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

function get(url: string, { method = 'GET', headers = {} }: Asked = {}): Promise<HttpResponse> {
  const [path = '', query = ''] = url.split('?');
  return discovery.answer({
    method,
    path,
    headers,
    query: new URLSearchParams(query),
    peer: { address: 'test' },
    signal: new AbortController().signal,
  });
}

function valueOf({ headers, body }: HttpResponse): unknown {
  if (body instanceof JsonValue) return body.value;
  const text = Buffer.from(body as Uint8Array).toString();
  return headers['content-type'] === 'application/json' ? (JSON.parse(text) as unknown) : text;
}

const envelope = (body: Uint8Array): Buffer[] => fields(body.subarray(protobufMagic.length));
const strings = (message: Buffer): string[] => fields(message).map(String);

/** What a message of messages and texts has, in its order. */
function fields(message: Uint8Array): Buffer[] {
  const reader = new WireReader(message);
  const found: Buffer[] = [];
  while (!reader.done) {
    reader.tag();
    found.push(Buffer.from(reader.bytes()));
  }
  return found;
}

const V2 = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const V2BETA1 = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList';

describe('a document is written', () => {
  const curl = { 'user-agent': 'curl/8.0' };
  const textOf = ({ body }: HttpResponse): string => Buffer.from(body as Uint8Array).toString();

  it.each(['/api', '/apis', '/apis/apps', '/apis/apps/v1'])('as an object: %s', async (path) => {
    const { body } = await get(path);
    expect(body).toBeInstanceOf(JsonValue);
    const pretty = textOf(await get(path, { headers: curl }));
    expect(pretty).toBe(JSON.stringify((body as JsonValue).value, null, 2));
  });

  it.each(['/', '/version'])('on several lines: %s', async (path) => {
    const text = textOf(await get(path));
    expect(text).toBe(JSON.stringify(JSON.parse(text), null, 2));
  });

  it.each(['/openapi/v2', '/openapi/v3', '/openapi/v3/apis/apps/v1'])(
    'on one line, which does not end: %s',
    async (path) => {
      const text = textOf(await get(path, { headers: curl }));
      expect(text).toBe(JSON.stringify(JSON.parse(text)));
    },
  );
});

describe('discovery', () => {
  it('lists versions and groups, in kube-apiserver’s order, the preferred version first', async () => {
    expect(valueOf(await get('/api'))).toEqual({
      kind: 'APIVersions',
      versions: ['v1'],
      serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '192.0.2.1:6443' }],
    });
    const apps = {
      name: 'apps',
      versions: [
        { groupVersion: 'apps/v1', version: 'v1' },
        { groupVersion: 'apps/v1beta1', version: 'v1beta1' },
      ],
      preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
    };
    const groups = valueOf(await get('/apis/')) as { groups: { name: string }[] };
    expect(groups.groups.map(({ name }) => name)).toEqual(['apps', 'coordination.k8s.io']);
    expect(groups.groups[0]).toEqual(apps);
    expect(valueOf(await get('/apis/apps'))).toEqual({
      kind: 'APIGroup',
      apiVersion: 'v1',
      ...apps,
    });
  });

  it('lists the resources of a version', async () => {
    expect(valueOf(await get('/api/v1'))).toEqual({
      kind: 'APIResourceList',
      groupVersion: 'v1',
      resources: [
        {
          name: 'nodes',
          singularName: 'node',
          namespaced: false,
          kind: 'Node',
          verbs: ['get', 'list', 'watch'],
          storageVersionHash: 'XwShjMxG9Fs=',
        },
        {
          name: 'pods',
          singularName: 'pod',
          namespaced: true,
          kind: 'Pod',
          verbs: [
            'create',
            'delete',
            'deletecollection',
            'get',
            'list',
            'patch',
            'update',
            'watch',
          ],
          shortNames: ['po'],
          categories: ['all'],
          storageVersionHash: 'xPOwRZ+Yhw8=',
        },
        {
          name: 'pods/eviction',
          singularName: '',
          namespaced: true,
          group: 'policy',
          version: 'v1',
          kind: 'Eviction',
          verbs: ['create'],
        },
        {
          name: 'pods/status',
          singularName: '',
          namespaced: true,
          kind: 'Pod',
          verbs: ['get', 'patch', 'update'],
        },
      ],
    });
  });

  it.each([
    [`${V2},${V2BETA1},application/json`, V2, 'apidiscovery.k8s.io/v2'],
    [`${V2BETA1},application/json`, V2BETA1, 'apidiscovery.k8s.io/v2beta1'],
    ['application/json', 'application/json', undefined],
    ['*/*', 'application/json', undefined],
    ['', 'application/json', undefined],
    [
      'application/json;g=apidiscovery.k8s.io;v=v3;as=APIGroupDiscoveryList,*/*',
      'application/json',
      undefined,
    ],
  ])('answers %j in a form that was asked for', async (accept, contentType, apiVersion) => {
    const answer = await get('/apis', { headers: { accept } });
    expect(answer.headers['content-type']).toBe(contentType);
    const value = valueOf(answer) as { kind: string; apiVersion: string };
    if (apiVersion === undefined) expect(value.kind).toBe('APIGroupList');
    else expect(value.apiVersion).toBe(apiVersion);
  });

  it.each([
    ['/api', 'meta-v1', 'APIVersions'],
    ['/apis', 'meta-v1', 'APIGroupList'],
    ['/apis/apps', 'meta-v1', 'APIGroup'],
    ['/apis/apps/v1', 'meta-v1', 'APIResourceList'],
    ['/api', 'apidiscovery-v2', 'APIGroupDiscoveryList'],
    ['/apis', 'apidiscovery-v2', 'APIGroupDiscoveryList'],
  ])('answers %s as YAML and protobuf, too: %s %s', async (path, module, kind) => {
    const parameters = module === 'meta-v1' ? '' : V2.replace('application/json', '');
    const [json, yaml, protobuf] = await Promise.all(
      ['application/json', 'application/yaml', PROTOBUF_MEDIA_TYPE].map(async (type) => {
        const answer = await get(path, { headers: { accept: `${type}${parameters}` } });
        expect(answer.headers['content-type']).toBe(`${type}${parameters}`);
        return answer;
      }),
    );
    const value = valueOf(json!) as Record<string, unknown>;
    expect(value['kind']).toBe(kind);
    expect(parseYaml(valueOf(yaml!) as string)).toEqual(value);
    const { apiVersion = '', kind: _kind, ...content } = value;
    const [typeMeta, message] = envelope(protobuf!.body as Uint8Array);
    expect(strings(typeMeta!)).toEqual([apiVersion, kind]);
    expect(decodeMessage(definitionNamed(module, kind)!, message!)).toEqual(content);
  });

  it.each([
    'text/html',
    'application/json;as=Table;g=meta.k8s.io;v=v1',
    `${V2},x`.replace('v2', 'v9'),
  ])('refuses %s', async (accept) => {
    await expect(get('/apis', { headers: { accept } })).rejects.toMatchObject({ code: 406 });
  });

  it.each(['/healthz/', '/livez/', '/metrics/', '/openapi/v3/', '/apis//'])(
    'does not take %s for what it is without its last slash',
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  it('tells everything at once when aggregated', async () => {
    const core = valueOf(await get('/api', { headers: { accept: V2 } })) as { items: unknown[] };
    expect(core.items).toHaveLength(1);
    expect(core.items[0]).toMatchObject({
      metadata: {},
      versions: [
        {
          version: 'v1',
          freshness: 'Current',
          resources: [
            { resource: 'nodes', scope: 'Cluster' },
            {
              resource: 'pods',
              scope: 'Namespaced',
              singularResource: 'pod',
              shortNames: ['po'],
              categories: ['all'],
              responseKind: { group: '', version: '', kind: 'Pod' },
              subresources: [
                {
                  subresource: 'eviction',
                  responseKind: { group: 'policy', version: 'v1', kind: 'Eviction' },
                  verbs: ['create'],
                },
                { subresource: 'status' },
              ],
            },
          ],
        },
      ],
    });
  });

  it('answers 304 to a client that has the document', async () => {
    const first = await get('/apis', { headers: { accept: V2 } });
    const etag = first.headers['etag']!;
    const again = await get('/apis', { headers: { accept: V2, 'if-none-match': etag } });
    expect([again.status, again.body]).toEqual([304, undefined]);
    expect(again.headers['cache-control']).toBe('public');
    const other = await get('/apis', { headers: { accept: V2BETA1, 'if-none-match': etag } });
    expect(other.status).toBe(200);
  });

  it.each(['/apis', '/apis/apps', '/api/v1', '/version'])(
    'has no tag for %s, as kube-apiserver has none',
    async (path) => {
      expect((await get(path)).headers['etag']).toBeUndefined();
    },
  );

  it.each(['/api/v2', '/api/v1x', '/apis/apps/v2'])('answers %s with a Status', async (path) => {
    await expect(get(path)).rejects.toThrow('the server could not find the requested resource');
  });

  it('says what it does not have, and what it does not do', async () => {
    const unknown = await get('/nowhere');
    expect([unknown.status, valueOf(unknown)]).toEqual([404, '404 page not found\n']);
    expect((await get('/apis/nowhere/v1')).status).toBe(404);
    await expect(get('/version', { method: 'POST' })).rejects.toMatchObject({ code: 405 });
    await expect(get('/apis/apps/v9')).rejects.toMatchObject({ code: 404 });
    expect((await get('/readyz/etcd', { method: 'OPTIONS' })).status).toBe(200);
    const root = valueOf(await get('/')) as { paths: string[] };
    expect(root.paths).toContain('/apis/apps/v1');
    expect(root.paths).toContain('/readyz/etcd');
  });

  it('sorts versions by Kubernetes’ rule', () => {
    const versions = ['v1', 'v1alpha1', 'v10', 'v2', 'v1beta2', 'foo', 'v1beta1', 'v11alpha2'];
    expect(versions.sort(compareVersions)).toEqual([
      'v10',
      'v2',
      'v1',
      'v1beta2',
      'v1beta1',
      'v11alpha2',
      'v1alpha1',
      'foo',
    ]);
  });
});

describe('OpenAPI v3', () => {
  interface Index {
    readonly paths: Record<string, { serverRelativeURL: string }>;
  }
  const index = async (): Promise<Index> => valueOf(await get('/openapi/v3')) as Index;

  it('points at one document per version, by hash', async () => {
    const { paths } = await index();
    expect(Object.keys(paths)).toEqual([
      'api/v1',
      'apis/apps/v1',
      'apis/apps/v1beta1',
      'apis/coordination.k8s.io/v1',
    ]);
    const url = paths['apis/apps/v1']!.serverRelativeURL;
    expect(url).toMatch(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]{16}$/);
    const document = await get(url);
    expect(document.headers['cache-control']).toBe('public, immutable');
    const stale = await get('/openapi/v3/apis/apps/v1?hash=00');
    expect([stale.status, stale.headers['location']]).toEqual([301, url]);
    expect((await get('/openapi/v3/apis/nowhere/v1')).status).toBe(404);
    const accept = 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf';
    expect((await get('/openapi/v3', { headers: { accept } })).status).toBe(406);
  });

  it('carries on its operations what kubectl looks for', async () => {
    const document = valueOf(await get('/openapi/v3/apis/apps/v1')) as {
      paths: Record<string, Record<string, { parameters: { name: string }[] }>>;
    };
    const kind = { group: 'apps', version: 'v1', kind: 'Deployment' };
    const one = '/apis/apps/v1/namespaces/{namespace}/deployments/{name}';
    const patch = document.paths[one]!['patch']!;
    expect(patch).toMatchObject({
      operationId: 'patchAppsV1NamespacedDeployment',
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': kind,
    });
    const names = patch.parameters.map(({ name }) => name);
    expect(names).toEqual(['dryRun', 'fieldManager', 'fieldValidation', 'force']);
    expect(Object.keys(document.paths[one]!)).toEqual([
      'get',
      'put',
      'patch',
      'delete',
      'parameters',
    ]);
    const all = '/apis/apps/v1/namespaces/{namespace}/deployments';
    expect(document.paths[all]!['post']).toMatchObject({ 'x-kubernetes-action': 'post' });
    expect(document.paths[all]!['delete']).toMatchObject({
      'x-kubernetes-action': 'deletecollection',
    });
    expect(document.paths['/apis/apps/v1/deployments']).toHaveProperty('get');
  });

  it('leaves out verbs that a resource does not have', async () => {
    const { paths } = valueOf(await get('/openapi/v3/api/v1')) as { paths: Record<string, object> };
    expect(Object.keys(paths['/api/v1/nodes']!)).toEqual(['get', 'parameters']);
    expect(Object.keys(paths['/api/v1/nodes/{name}']!)).toEqual(['get', 'parameters']);
    const eviction = paths['/api/v1/namespaces/{namespace}/pods/{name}/eviction']!;
    expect(Object.keys(eviction)).toEqual(['post', 'parameters']);
  });
});

describe('health', () => {
  it('is one word, or one line per check', async () => {
    etcdFailure = undefined;
    const short = await get('/readyz');
    expect([short.status, valueOf(short)]).toEqual([200, 'ok']);
    expect(valueOf(await get('/readyz?verbose'))).toBe(
      '[+]ping ok\n[+]etcd ok\nreadyz check passed\n',
    );
    expect(valueOf(await get('/readyz/etcd'))).toBe('ok');
    expect((await get('/readyz/nothing')).status).toBe(404);
  });

  it('names the check that fails', async () => {
    etcdFailure = 'etcdserver: no leader';
    const answer = await get('/readyz');
    expect([answer.status, valueOf(answer)]).toEqual([
      500,
      '[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed\n',
    ]);
    const single = await get('/readyz/etcd');
    expect([single.status, valueOf(single)]).toEqual([
      500,
      'internal server error: etcdserver: no leader\n',
    ]);
    expect((await get('/livez')).status).toBe(200);
    expect(valueOf(await get('/readyz?exclude=etcd&exclude=x&verbose'))).toBe(
      '[+]ping ok\n[+]etcd excluded: ok\n' +
        'warn: some health checks cannot be excluded: no matches for "x"\nreadyz check passed\n',
    );
  });
});

it('prints metrics in Prometheus’ format', async () => {
  metrics.counter('apiserver_request_total', 'Requests.', ['verb']).with('LIST').add();
  const text = valueOf(await get('/metrics')) as string;
  expect(text).toContain('apiserver_request_total{verb="LIST"} 1\n');
});

it('counts how its health checks went, apart from all other metrics', async () => {
  etcdFailure = 'no answer';
  await get('/readyz');
  etcdFailure = undefined;
  await get('/readyz');
  const text = valueOf(await get('/metrics/slis')) as string;
  expect(text).toContain('kubernetes_healthcheck{name="etcd",type="readyz"} 1\n');
  expect(text).toMatch(
    /^kubernetes_healthchecks_total\{name="etcd",status="error",type="readyz"\} [1-9]/m,
  );
  expect(valueOf(await get('/metrics'))).not.toContain('kubernetes_healthcheck');
});
