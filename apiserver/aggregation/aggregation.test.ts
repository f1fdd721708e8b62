import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Chunk } from '../../platform/net/http.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { type FlaggedApi, startFlaggedApi, testFolder } from '../../test/support/flagged-api.ts';
import {
  type Answer,
  type Asked,
  clientCertificate,
  newCa,
  startHttps,
} from '../../test/support/https-server.ts';
import type { Body } from '../../test/support/raw-api.ts';

const PROXIES = newCa('proxies');
const SERVER_CA = newCa('extension');
const SERVICES = '/apis/apiregistration.k8s.io/v1/apiservices';
const admin = { certificate: { commonName: 'admin', organizations: ['system:masters'] } };

let parts: Lifecycle;
let api: FlaggedApi;
beforeEach(async () => {
  parts = new Lifecycle();
  const file = await testFolder(parts);
  const { certificate, privateKey } = clientCertificate(PROXIES, 'front');
  api = await startFlaggedApi(parts, [
    '--authorization-mode=AlwaysAllow',
    `--proxy-client-cert-file=${await file('proxy.crt', certificate)}`,
    `--proxy-client-key-file=${await file('proxy.key', privateKey)}`,
  ]);
});
afterEach(() => parts.stop());

const call = async (line: string, body?: object) => {
  const answer = await api.call(line, { peer: admin, ...(body === undefined ? {} : { body }) });
  if (body !== undefined) expect(answer.body.message).toBeUndefined();
  return answer;
};

async function until(url: string, holds: (body: Body) => boolean): Promise<Body> {
  for (const end = Date.now() + 10_000; ;) {
    const { body } = await call(`GET ${url}`);
    if (holds(body)) return body;
    if (Date.now() > end) throw new Error(`never so: ${JSON.stringify(body)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const available = (status: string, reason: string) => (body: Body) =>
  (body.status as Body['status'] | undefined)?.conditions?.some(
    (each) => each.type === 'Available' && each.status === status && each.reason === reason,
  ) === true;

const NAME = 'v1.flowers.example.com';
const RESOURCES = [
  {
    ...{ name: 'roses', singularName: 'rose', namespaced: true, kind: 'Rose', shortNames: ['ro'] },
    verbs: ['create', 'get', 'list', 'watch'],
  },
  { name: 'roses/status', singularName: '', namespaced: true, kind: 'Rose', verbs: ['get'] },
];

/** An extension server that tells what it was asked. */
async function startExtension(): Promise<{ asked: Asked[]; port: number }> {
  const asked: Asked[] = [];
  const answer = (request: Asked): Answer => {
    asked.push(request);
    const { pathname, searchParams } = new URL(request.path, 'https://x');
    if (request.commonName !== 'front') return { status: 401 };
    if (pathname === '/apis/flowers.example.com/v1')
      return {
        body: {
          kind: 'APIResourceList',
          groupVersion: 'flowers.example.com/v1',
          resources: RESOURCES,
        },
      };
    const document = 'apis/flowers.example.com/v1';
    if (pathname === '/openapi/v3')
      return {
        body: { paths: { [document]: { serverRelativeURL: `/openapi/v3/${document}?hash=ABC` } } },
      };
    if (pathname === `/openapi/v3/${document}`) return { body: { openapi: '3.0.0' } };
    if (searchParams.get('watch') === 'true')
      return { body: '{"type":"ADDED"}\n{"type":"DELETED"}\n' };
    const rose = { kind: 'Rose', metadata: { name: 'red' }, sent: request.body };
    return {
      status: request.method === 'POST' ? 201 : 200,
      headers: { 'x-own': 'yes' },
      body: rose,
    };
  };
  const clientCa = PROXIES.certificate;
  const names = ['flowers.garden.svc'];
  const url = await startHttps(parts, SERVER_CA, { answer, names, clientCa });
  return { asked, port: Number(new URL(url).port) };
}

const caBundle = Buffer.from(SERVER_CA.certificate).toString('base64');
const apiService = (spec: object = { caBundle }) => ({
  ...{ apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: NAME } },
  spec: {
    ...{ group: 'flowers.example.com', version: 'v1' },
    ...{ groupPriorityMinimum: 1_000, versionPriority: 10 },
    service: { namespace: 'garden', name: 'flowers' },
    ...spec,
  },
});
const service = {
  ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'flowers' } },
  spec: { ports: [{ name: 'https', port: 443 }] },
};
it('an APIService says why its server cannot be asked, and requests are refused with 503', async () => {
  await call('POST /api/v1/namespaces', {
    ...service,
    kind: 'Namespace',
    metadata: { name: 'garden' },
    spec: {},
  });
  await call(`POST ${SERVICES}`, apiService());
  const condition = async (reason: string): Promise<string | undefined> => {
    const body = await until(`${SERVICES}/${NAME}`, available('False', reason));
    return body.status.conditions?.[0]?.message;
  };
  expect(await condition('ServiceNotFound')).toBe('service/flowers in "garden" is not present');
  const other = { ...service, spec: { ports: [{ name: 'https', port: 80 }] } };
  await call('POST /api/v1/namespaces/garden/services', other);
  expect(await condition('ServicePortError')).toBe(
    'service/flowers in "garden" is not listening on port 443',
  );
  await api.call('PATCH /api/v1/namespaces/garden/services/flowers', {
    peer: admin,
    headers: { 'content-type': 'application/merge-patch+json' },
    body: service,
  });
  expect(await condition('EndpointsNotFound')).toBe(
    'cannot find endpointslices for service/flowers in "garden"',
  );
  const refused = await api.handler({
    ...{ method: 'GET', path: '/apis/flowers.example.com/v1/roses', query: new URLSearchParams() },
    ...{ headers: {}, peer: { address: 'x', ...admin }, signal: new AbortController().signal },
  });
  expect(refused.status).toBe(503);
  expect(Buffer.from(refused.body as Uint8Array).toString()).toBe('service unavailable\n');
  const { body: groups } = await call('GET /apis');
  expect(JSON.stringify(groups)).toContain('flowers.example.com');
  await call(`DELETE ${SERVICES}/${NAME}`);
  await until('/apis', (body) => !JSON.stringify(body).includes('flowers.example.com'));
  expect((await call('GET /apis/flowers.example.com/v1/roses')).code).toBe(404);
});

it('requests go to the server behind an APIService, in the name of who asks', async () => {
  const { asked, port } = await startExtension();
  await call('POST /api/v1/namespaces', {
    ...service,
    kind: 'Namespace',
    metadata: { name: 'garden' },
    spec: {},
  });
  // An address of this host: endpoints are never loopback ones, an ExternalName may be.
  await call('POST /api/v1/namespaces/garden/services', {
    ...service,
    spec: { type: 'ExternalName', externalName: 'localhost' },
  });
  await call(
    `POST ${SERVICES}`,
    apiService({ caBundle, service: { namespace: 'garden', name: 'flowers', port } }),
  );
  await until(`${SERVICES}/${NAME}`, available('True', 'Passed'));

  const jane = {
    certificate: { commonName: 'jane', organizations: ['dev', 'ops'] },
  };
  const answer = await api.handler({
    method: 'POST',
    path: '/apis/flowers.example.com/v1/namespaces/a/roses',
    query: new URLSearchParams('fieldManager=x'),
    headers: {
      ...{ 'content-type': 'application/json', authorization: 'Bearer secret' },
      ...{ 'x-remote-user': 'root', connection: 'keep-alive', 'user-agent': 'test' },
    },
    body: Buffer.from('{"kind":"Rose"}'),
    peer: { address: '192.0.2.7:1234', ...jane },
    signal: new AbortController().signal,
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body as AsyncIterable<Chunk>) chunks.push(chunk as Uint8Array);
  expect([answer.status, answer.headers['x-own']]).toEqual([201, 'yes']);
  expect(JSON.parse(Buffer.concat(chunks).toString())).toMatchObject({ sent: '{"kind":"Rose"}' });
  const { path, headers, commonName } = asked.at(-1)!;
  expect([path, commonName]).toEqual([
    '/apis/flowers.example.com/v1/namespaces/a/roses?fieldManager=x',
    'front',
  ]);
  expect(headers).toMatchObject({
    ...{ 'x-remote-user': 'jane', 'x-remote-group': 'dev, ops, system:authenticated' },
    ...{ 'x-forwarded-for': '192.0.2.7', host: `flowers.garden.svc:${port}`, 'user-agent': 'test' },
  });
  expect(headers).not.toHaveProperty('authorization');

  const watch = await api.handler({
    ...{ method: 'GET', path: '/apis/flowers.example.com/v1/roses', headers: {} },
    ...{ query: new URLSearchParams('watch=true'), peer: { address: 'x', ...jane } },
    signal: new AbortController().signal,
  });
  let events = '';
  for await (const chunk of watch.body as AsyncIterable<Uint8Array>)
    events += Buffer.from(chunk).toString();
  expect(events).toBe('{"type":"ADDED"}\n{"type":"DELETED"}\n');

  const { body: group } = await call('GET /apis/flowers.example.com');
  expect(group).toMatchObject({ preferredVersion: { groupVersion: 'flowers.example.com/v1' } });
  const aggregated = await api.call('GET /apis', {
    peer: admin,
    headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' },
  });
  const listed = aggregated.body.items.find(
    ({ metadata }) => metadata.name === 'flowers.example.com',
  );
  expect(listed).toMatchObject({
    versions: [
      {
        ...{ version: 'v1', freshness: 'Current' },
        resources: [
          {
            ...{
              resource: 'roses',
              singularResource: 'rose',
              scope: 'Namespaced',
              shortNames: ['ro'],
            },
            subresources: [{ subresource: 'status', verbs: ['get'] }],
          },
        ],
      },
    ],
  });
  const { body: openApi } = await call('GET /openapi/v3');
  expect(openApi.paths['apis/flowers.example.com/v1']).toEqual({
    serverRelativeURL: '/openapi/v3/apis/flowers.example.com/v1?hash=ABC',
  });
});

it.each([
  ['none', {}, 'x509: certificate signed by unknown authority'],
  ['another', { caBundle: Buffer.from(newCa().certificate).toString('base64') }, 'x509: '],
])('is not believed by %s authority', async (_which, trust, text) => {
  const { port } = await startExtension();
  await call('POST /api/v1/namespaces', {
    ...service,
    kind: 'Namespace',
    metadata: { name: 'garden' },
    spec: {},
  });
  await call('POST /api/v1/namespaces/garden/services', {
    ...service,
    spec: { type: 'ExternalName', externalName: 'localhost' },
  });
  const to = { namespace: 'garden', name: 'flowers', port };
  await call(`POST ${SERVICES}`, apiService({ ...trust, service: to }));
  const failed = await until(`${SERVICES}/${NAME}`, available('False', 'FailedDiscoveryCheck'));
  expect(failed.status.conditions?.[0]?.message).toContain(
    `failing or missing response from https://flowers.garden.svc:${port}/apis/flowers.example.com/v1: `,
  );
  expect(failed.status.conditions?.[0]?.message).toContain(text);
  await api.call(`PATCH ${SERVICES}/${NAME}`, {
    peer: admin,
    headers: { 'content-type': 'application/merge-patch+json' },
    body: { spec: { caBundle: null, insecureSkipTLSVerify: true } },
  });
  await until(`${SERVICES}/${NAME}`, available('True', 'Passed'));
});

it('groups of custom resources have APIServices of their own while they are served', async () => {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  await call(`POST ${definitions}`, {
    ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
    metadata: { name: 'trees.wood.example.com' },
    spec: {
      ...{ group: 'wood.example.com', scope: 'Namespaced' },
      names: { plural: 'trees', singular: 'tree', kind: 'Tree', listKind: 'TreeList' },
      versions: [
        {
          ...{ name: 'v1', served: true, storage: true },
          schema: { openAPIV3Schema: { type: 'object' } },
        },
      ],
    },
  });
  const made = await until(`${SERVICES}/v1.wood.example.com`, available('True', 'Local'));
  expect(made.metadata.labels).toEqual({ 'kube-aggregator.kubernetes.io/automanaged': 'true' });
  await call(`DELETE ${definitions}/trees.wood.example.com`);
  await until(`${SERVICES}/v1.wood.example.com`, ({ reason }) => reason === 'NotFound');
});
