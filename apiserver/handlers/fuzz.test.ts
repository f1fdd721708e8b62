/**
 * Whatever a client sends, to whatever endpoint: the answer is what was asked for or a Status that
 * says why not; never a crash, never a 500 of a bug, and the server goes on serving.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeProtobuf, PROTOBUF_MEDIA_TYPE } from '../../api/protobuf/codec.ts';
import { type HttpResponse, JsonValue } from '../../platform/net/http.ts';
import { type Logger, silentLogger } from '../../platform/logger.ts';
import { realClock as clock } from '../../platform/node/clock.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { manifests } from '../../test/support/manifests.ts';
import { kinds } from '../registry/kinds/index.ts';
import { startApiServer } from '../server.ts';
import type { ApiServer } from '../server-options.ts';

let server: ApiServer;
const bugs: string[] = [];

const logger: Logger = {
  ...silentLogger,
  error: (fields: object, message: string) => {
    const { error } = fields as { error?: Error };
    bugs.push(`${message}: ${error?.stack ?? JSON.stringify(fields)}`);
  },
  child: () => logger,
};

beforeAll(async () => {
  server = startApiServer({ kv: new MemoryKv(), clock, random, logger });
  await server.ready();
  for (const [path, name] of [
    ['configmaps', 'x'],
    ['serviceaccounts', 'default'],
  ]) {
    const body = Buffer.from(JSON.stringify({ metadata: { name } }));
    await send({ method: 'POST', path: `/api/v1/namespaces/default/${path}`, body });
  }
  const template = {
    metadata: { labels: { a: 'b' } },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  };
  const spec = { selector: { matchLabels: { a: 'b' } }, template };
  const body = Buffer.from(JSON.stringify({ metadata: { name: 'web' }, spec }));
  await send({ method: 'POST', path: '/apis/apps/v1/namespaces/default/deployments', body });
});
afterAll(() => server.stop());

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array;
}

async function send({ method, path, query = '', headers = {}, body }: Sent): Promise<HttpResponse> {
  const gone = new AbortController();
  const certificate = { commonName: 'admin', organizations: ['system:masters'] };
  const response = await server.handler({
    ...{ method, path, headers, signal: gone.signal },
    query: new URLSearchParams(query),
    peer: { address: 'fuzz', certificate },
    ...(body === undefined ? {} : { body }),
  });
  const { body: answer } = response;
  if (answer !== undefined && !(answer instanceof JsonValue) && Symbol.asyncIterator in answer) {
    gone.abort();
    await answer[Symbol.asyncIterator]().return?.();
  }
  return response;
}

/** Codes that this server has reason to answer to requests of this sort. */
const CODES = new Set([
  ...[200, 201, 202, 301, 400, 403, 404, 405, 406, 409, 410, 413, 415, 422, 429, 503, 504],
]);

async function answersWell(sent: Sent): Promise<void> {
  bugs.length = 0;
  const { status, body } = await send(sent);
  expect(bugs).toEqual([]);
  const value = body instanceof JsonValue ? (body.value as Record<string, unknown>) : undefined;
  // What Kubernetes has no reason for, it answers so.
  const text = (): string =>
    body instanceof JsonValue
      ? JSON.stringify(body.value)
      : Buffer.from(body as Uint8Array).toString();
  const isUnreasoned = status === 500 && !text().includes('InternalError');
  if (!isUnreasoned) expect(CODES, `${status}`).toContain(status);
  if (status >= 400 && value !== undefined) {
    expect(value).toMatchObject({ kind: 'Status', status: 'Failure', code: status });
    expect(value['message']).toBeTypeOf('string');
  }
}

const collections = kinds.map(({ type }) => {
  const base = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  return `${base}${type.namespaced ? '/namespaces/default' : ''}/${type.resource}`;
});
const names = fc.constantFrom(
  ...['x', 'kubernetes', 'default', '..', '%2e%2e%2fsecrets', 'a%00b', '%', 'x/status', 'x/scale'],
  ...['x/no/such', '__proto__', 'constructor', 'a'.repeat(300), 'é', '%E0%A4%A', 'x/eviction', ''],
);
/** Every subresource of every kind, those that nodes answer too. */
const subresources = kinds.flatMap(({ subresources = [], connects = [] }, i) =>
  [...subresources, ...connects].map(({ name }) => `${collections[i]!}/x/${name}`),
);
const elsewhere = [
  ...['/', '//', '/api', '/apis', '/apis/', '/apis/apps', '/apis/apps/v1', '/api/v1', '/api/v9'],
  ...['/openapi/v2', '/openapi/v3', '/openapi/v3/apis/apps/v1', '/openapi/v3/../v2', '/version'],
  ...['/healthz', '/livez/ping', '/readyz/no', '/livez/../secrets', '/metrics', '/debug/pprof'],
  ...['/.well-known/openid-configuration', '/openid/v1/jwks', '/index.html', '/logs/x'],
  ...['/api/v1/watch/configmaps', '/api/v1/watch/namespaces/default/configmaps/x'],
  ...['/api/v1/namespaces/../secrets', '/api/v1/namespaces/%2e%2e/secrets', '/api//v1/secrets'],
  ...['/api/v1/namespaces/default/configmaps/../../kube-system/secrets', '/apis/%2e%2e/v1/x'],
  ...['/api/v1/namespaces/default/pods/x/proxy/../../../secrets', '/api/v1/nodes/x:y:z/proxy/a'],
  ...['/apis/__proto__/v1/x', '/api/v1/constructor', '/apis/apps/v1/namespaces/%00/deployments'],
];
const paths = fc.oneof(
  { arbitrary: fc.tuple(fc.constantFrom(...collections), names).map(joined), weight: 4 },
  { arbitrary: fc.constantFrom(...subresources), weight: 1 },
  { arbitrary: fc.constantFrom(...elsewhere), weight: 1 },
);

function joined([collection, name]: [string, string]): string {
  return name === '' ? collection : `${collection}/${name}`;
}

const selectors = fc.constantFrom(
  ...[
    'a=b',
    'a==',
    'a in (b',
    '!',
    'a>x',
    '=',
    ',',
    'metadata.name=x',
    'spec.x=1',
    '\\',
    '((',
    '€',
  ],
);
const queries = fc
  .array(
    fc.oneof(
      fc.tuple(fc.constantFrom('labelSelector', 'fieldSelector'), selectors),
      fc.tuple(
        fc.constantFrom('resourceVersion', 'limit', 'continue', 'timeoutSeconds', 'timeout'),
        fc.constantFrom('0', '1', '-1', 'x', '99999999999999999999', '1.5', '', 'eyJ2IjoxfQ'),
      ),
      fc.tuple(
        fc.constantFrom('resourceVersionMatch', 'fieldValidation', 'dryRun', 'propagationPolicy'),
        fc.constantFrom('Exact', 'NotOlderThan', 'Strict', 'Ignore', 'All', 'Foreground', 'no'),
      ),
      fc.tuple(
        fc.constantFrom('watch', 'force', 'sendInitialEvents', 'allowWatchBookmarks', 'pretty'),
        fc.constantFrom('true', 'false', '1', 'maybe', ''),
      ),
      fc.tuple(fc.constant('fieldManager'), fc.constantFrom('m', '', '\u0007', 'x'.repeat(200))),
    ),
    { maxLength: 4 },
  )
  .map((pairs) => new URLSearchParams(pairs).toString());

const json = fc.oneof(
  { arbitrary: fc.json({ maxDepth: 4 }), weight: 1 },
  {
    weight: 5,
    arbitrary: fc.constantFrom(
      '{"a":1,"a":2}',
      '{"metadata":{"name":"x","name":"y"}}',
      '{"__proto__":{"polluted":true},"metadata":{"name":"p","labels":{"__proto__":"x"}}}',
      '{"constructor":{"prototype":{"polluted":true}}}',
      '{"metadata":{"name":"x","managedFields":[{"manager":"m","operation":"Update"}]}}',
      '{"metadata":{"managedFields":[{"operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1",' +
        '"manager":"m","fieldsV1":{"f:__proto__":{"k:{":{}}}}]}}',
      '{"metadata":null,"data":null}',
      '{"metadata":{"name":"x","finalizers":["a/b",1]}}',
      `${'['.repeat(3000)}${']'.repeat(3000)}`,
      `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`,
      `{"metadata":{"name":"x"},"data":{"k":${'{"a":'.repeat(900)}1${'}'.repeat(900)}}}`,
      '{"metadata":{"name":"x"},"spec":{"replicas":1e400,"template":[]}}',
      '[{"op":"add","path":"/__proto__/x","value":1}]',
      '[{"op":"copy","from":"/metadata","path":"/metadata/labels"}]',
      '[{"op":"remove","path":"/no/such"},{"op":"test","path":"","value":{}}]',
      '[{"op":"replace","path":"","value":null}]',
      '{"$patch":"replace"}',
      '{"metadata":{"labels":{"a":"1","b":null}},"data":{"k":"v"},"spec":{"replicas":2}}',
      '{"spec":{"template":{"spec":{"containers":[{"name":"d","image":"x","env":[{"name":"A"}]}]}}}}',
      '{"metadata":{"managedFields":[{}]}}',
      '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"labels":{"c":"d"}},"spec":{"replicas":3}}',
      '{"apiVersion":"apps/v1","kind":"Deployment","spec":{"template":{"spec":{"containers":' +
        '[{"name":"e","image":"y","ports":[{"containerPort":1},{"containerPort":1,"protocol":"UDP"}]}]}}}}',
      '{"apiVersion":"apps/v1","kind":"Deployment","spec":{"template":{"spec":{"containers":[null]}}}}',
      '{"apiVersion":"autoscaling/v1","kind":"Scale","spec":{"replicas":-1}}',
      '{"apiVersion":"v1","kind":"Service","spec":{"ports":[{"port":443},{"port":443}]}}',
      '{"spec":{"template":{"spec":{"containers":[null,{"name":"c","image":null}]}}}}',
      '[{"op":"add","path":"/metadata/labels","value":{"a":{"b":1}}}]',
      '[{"op":"move","from":"/spec/template/spec/containers/0","path":"/spec/template/spec/containers/-"}]',
      '{"$patch":"nonsense","spec":{"$retainKeys":1,"containers":[{"$patch":"delete"}]}}',
      '{"spec":{"$setElementOrder/containers":[{"x":1}],"containers":[{}]}}',
      '{"metadata":{"$deleteFromPrimitiveList/finalizers":{"a":1}}}',
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"a":"b"}}',
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","labels":[1]},"data":[]}',
    ),
  },
);
const yaml = fc.constantFrom(
  'a: &a [*a]',
  'a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]',
  '<<: {a: b}\n__proto__: {x: y}',
  '- {',
  'a: b: c',
  '%YAML 9.9\n---\na: b',
  '"\\x"',
  '!!js/function "x"',
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {1: 2, true: no}',
);
const text = fc.oneof(json, json, json, yaml, fc.string()).map((body) => Buffer.from(body));
const protobuf = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc.uint8Array({ maxLength: 64 }).map((tail) => Buffer.concat([Buffer.from('k8s\0'), tail])),
  fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 })).map(([at, byte]) => {
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'x' },
      data: { a: 'b' },
    };
    const whole = Buffer.from(encodeProtobuf(object)!);
    whole[at % whole.length] = byte;
    return whole;
  }),
);

/** A good object of any kind with one byte changed, cut off, or with more behind it. */
const encoded = manifests.map((manifest) => encodeProtobuf(manifest)!);
const spoilt = fc
  .tuple(fc.constantFrom(...encoded), fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(2))
  .map(([whole, at, byte, how]) => {
    if (how === 0) return whole.subarray(0, at % whole.length);
    const changed = Buffer.from(whole);
    changed[at % whole.length] = byte;
    return how === 1 ? changed : Buffer.concat([changed, whole]);
  });

const types = [
  ...['application/json', 'application/yaml', PROTOBUF_MEDIA_TYPE, 'text/plain', '', 'x;;=', '*/*'],
  ...['application/json-patch+json', 'application/merge-patch+json'],
  ...['application/strategic-merge-patch+json', 'application/apply-patch+yaml'],
];
const accepts = fc.constantFrom(
  ...['', '*/*', 'application/json', 'application/yaml', PROTOBUF_MEDIA_TYPE, 'text/html', ';;,='],
  'application/json;as=Table;g=meta.k8s.io;v=v1',
  'application/json;as=Nothing;g=x;v=v9,application/json;q=0',
  `${PROTOBUF_MEDIA_TYPE};as=PartialObjectMetadata;g=meta.k8s.io;v=v1`,
);

const requests: fc.Arbitrary<Sent> = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'BREW'),
  path: paths,
  query: queries,
  headers: fc
    .tuple(fc.constantFrom(...types), accepts, fc.constantFrom('', 'a/b', '\u00e9'))
    .map(([type, accept, agent]) => ({ 'content-type': type, accept, 'user-agent': agent })),
  body: fc.oneof(text, text, protobuf, spoilt),
});

const RUNS = 600;

it('answers whoever acts for anybody', async () => {
  const keys = ['user', 'group', 'uid', 'extra-__proto__', 'extra-constructor', 'extra-%zz', 'no'];
  const values = ['', 'x', '__proto__', 'system:serviceaccount:a:b', 'system:serviceaccount:x:'];
  const odd = ['system:serviceaccount:A:..', 'system:anonymous', 'a\nb', 'a\n', '\u00ff', '%'];
  const sent = fc.record({
    method: fc.constantFrom('GET', 'DELETE'),
    path: fc.constantFrom(...collections, ...elsewhere),
    headers: fc.dictionary(
      fc.constantFrom(...keys).map((key) => `impersonate-${key}`),
      fc.constantFrom(...values, ...odd),
    ),
  });
  await fc.assert(fc.asyncProperty(sent, impersonatesWell), { numRuns: RUNS });
}, 120_000);

/** Extras without a user are 500 in Kubernetes, too, as plain text. */
async function impersonatesWell(sent: Sent): Promise<void> {
  bugs.length = 0;
  const { status, body } = await send(sent);
  expect(bugs).toEqual([]);
  if (status === 500)
    expect(Buffer.from(body as Uint8Array).toString()).toMatch(/without impersonating a user$/m);
  else expect(CODES, `${status}`).toContain(status);
}

it('answers anything sent anywhere', async () => {
  await fc.assert(fc.asyncProperty(requests, answersWell), { numRuns: RUNS });
}, 120_000);

it('answers every kind to a spoilt protobuf of any', async () => {
  const bodies = fc.record({
    method: fc.constantFrom('POST', 'PUT'),
    path: fc.constantFrom(...collections, ...collections.map((collection) => `${collection}/x`)),
    headers: accepts.map((accept) => ({ 'content-type': PROTOBUF_MEDIA_TYPE, accept })),
    body: spoilt,
  });
  await fc.assert(fc.asyncProperty(bodies, answersWell), { numRuns: RUNS });
}, 120_000);

it('answers every subresource of every kind', async () => {
  const asked = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
    path: fc.constantFrom(...subresources, ...elsewhere),
    query: queries,
    headers: fc.constantFrom(...types).map((type) => ({ 'content-type': type })),
    body: fc.oneof(text, spoilt),
  });
  await fc.assert(fc.asyncProperty(asked, answersWell), { numRuns: RUNS });
}, 120_000);

const EXISTING = [
  '/api/v1/namespaces/default/configmaps/x',
  '/api/v1/namespaces/default/services/kubernetes',
  '/api/v1/namespaces/default/services/kubernetes/status',
  '/api/v1/namespaces/default/serviceaccounts/default',
  '/api/v1/namespaces/default',
  '/apis/apps/v1/namespaces/default/deployments/web',
  '/apis/apps/v1/namespaces/default/deployments/web/scale',
  '/apis/apps/v1/namespaces/default/deployments/web/status',
];

it('answers anything applied or patched', async () => {
  const patches = fc.record({
    method: fc.constant('PATCH'),
    path: fc.constantFrom(
      ...collections.map((collection) => `${collection}/x`),
      ...Array.from({ length: 5 }, () => EXISTING).flat(),
    ),
    query: fc.constantFrom('fieldManager=m', 'fieldManager=m&force=true', 'fieldManager=kubectl'),
    headers: fc
      .constantFrom(...types.filter((type) => type.includes('patch')))
      .map((type) => ({ 'content-type': type })),
    body: text,
  });
  await fc.assert(fc.asyncProperty(patches, answersWell), { numRuns: RUNS });
}, 120_000);

it('is none the worse for it', async () => {
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  const { status } = await send({ method: 'GET', path: '/api/v1/namespaces/default/configmaps' });
  expect(status).toBe(200);
});
