/** Integers beyond 2^53, from one end of the server to the other. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '../api/json.ts';
import type { KubernetesObject } from '../api/meta.ts';
import { decodeProtobuf, encodeProtobuf, PROTOBUF_MEDIA_TYPE } from '../api/protobuf/codec.ts';
import { parseYaml } from '../api/yaml.ts';
import { stringifyYaml } from '../api/yaml-text.ts';
import { jsonText } from '../platform/json-text.ts';
import { Lifecycle } from '../platform/lifecycle.ts';
import { CRDS } from '../test/support/cron-tab.ts';
import { MemoryKv } from '../test/model/memory-kv.ts';
import { type Body, type RawApi, startRawApi } from '../test/support/raw-api.ts';

const [LOWEST, HIGHEST, UNEVEN] = [-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n + 1n];
const PODS = '/api/v1/namespaces/default/pods';
const NUMBERS = '/apis/example.com/v1/namespaces/default/numbers';
const APPLY = 'application/apply-patch+yaml';
const STRATEGIC = 'application/strategic-merge-patch+json';

const parts = new Lifecycle();
const kv = new MemoryKv();
let api: RawApi;

const integers = { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'integer' } };
const definition = {
  metadata: { name: 'numbers.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'numbers', kind: 'Number' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        additionalPrinterColumns: [{ name: 'N', type: 'integer', jsonPath: '.n' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              n: { type: 'integer', maximum: HIGHEST, default: UNEVEN },
              of: integers,
              one: { type: 'integer', enum: [LOWEST, HIGHEST] },
              free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
            'x-kubernetes-validations': [
              { rule: '!has(self.one) || self.one != -9223372036854775807 - 1 || self.n > 0' },
              { rule: 'self.n != 9223372036854775806', message: 'one less than the highest' },
            ],
          },
        },
      },
    ],
  },
};

beforeAll(async () => {
  api = await startRawApi(parts, { kv });
  const { code, body } = await api.call('POST', CRDS, { body: definition });
  expect([code, body.message]).toEqual([201, undefined]);
  await api.until(NUMBERS, ({ code }) => code === 200);
});
afterAll(() => parts.stop());

const pod = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: {
    containers: [{ name: 'c', image: 'i' }],
    terminationGracePeriodSeconds: HIGHEST,
    tolerations: [
      { key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: LOWEST },
      { key: 'b', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: UNEVEN },
    ],
  },
});
const wanted = {
  terminationGracePeriodSeconds: HIGHEST,
  tolerations: [{ tolerationSeconds: LOWEST }, { tolerationSeconds: UNEVEN }],
};
const number = (name: string, fields: object) => ({
  ...{ apiVersion: 'example.com/v1', kind: 'Number', metadata: { name } },
  ...fields,
});
const specOf = (of: unknown): unknown => {
  const { terminationGracePeriodSeconds, tolerations } = (of as Body).spec;
  const seconds = (tolerations as { tolerationSeconds: unknown }[]).slice(0, 2);
  return {
    terminationGracePeriodSeconds,
    tolerations: seconds.map(({ tolerationSeconds }) => ({ tolerationSeconds })),
  };
};

async function text(url: string, accept?: string): Promise<Buffer> {
  const { body } = await api.handler({
    ...{ method: 'GET', path: url.split('?')[0]!, peer: { address: '' } },
    query: new URLSearchParams(url.split('?')[1] ?? ''),
    headers: accept === undefined ? {} : { accept },
    signal: new AbortController().signal,
  });
  const chunk = body as Uint8Array | { bytes(): Uint8Array };
  return Buffer.from(chunk instanceof Uint8Array ? chunk : chunk.bytes());
}

const asJson = (bytes: Buffer): unknown => parseJson(bytes.toString()).value;
const asYaml = (bytes: Buffer): unknown => parseYaml(bytes.toString());

describe('a pod with the longest times there are', () => {
  it.each([
    ['json', 'application/json', (object: object) => object],
    ['yaml', 'application/yaml', (object: object) => stringifyYaml(object)],
    [
      'protobuf',
      PROTOBUF_MEDIA_TYPE,
      (object: object) => encodeProtobuf(object as KubernetesObject),
    ],
  ])('sent as %s is read as every form', async (name, type, written) => {
    const { status } = await api.handler({
      ...{ method: 'POST', path: PODS, query: new URLSearchParams(), peer: { address: '' } },
      headers: { 'content-type': type },
      body: bytesOf(written(pod(name))),
      signal: new AbortController().signal,
    });
    expect(status).toBe(201);
    const url = `${PODS}/${name}`;
    expect(specOf(asJson(await text(url)))).toEqual(wanted);
    expect(specOf(asJson(await text(`${url}?pretty=true`)))).toEqual(wanted);
    expect(specOf(asYaml(await text(url, 'application/yaml')))).toEqual(wanted);
    expect(specOf(decodeProtobuf(await text(url, PROTOBUF_MEDIA_TYPE)))).toEqual(wanted);
    const query = `fieldSelector=metadata.name%3D${name}`;
    const list = asJson(await text(`${PODS}?${query}`)) as Body;
    expect(specOf(list.items[0])).toEqual(wanted);
    const pretty = asJson(await text(`${PODS}?${query}&pretty=true`)) as Body;
    expect(specOf(pretty.items[0])).toEqual(wanted);
    const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const { rows } = asJson(await text(`${PODS}?${query}&includeObject=Object`, table)) as Body;
    expect(specOf((rows[0] as unknown as Body).object)).toEqual(wanted);
    const events = await api.watch(`${PODS}?watch=1&${query}`, new AbortController().signal);
    const { value: event } = (await events.next()) as { value: Body };
    expect(specOf(event.object)).toEqual(wanted);
  });

  it('is patched and applied around them, and nothing is written for nothing', async () => {
    await api.call('POST', PODS, { body: pod('patched') });
    const url = `${PODS}/patched`;
    const body = { metadata: { labels: { a: 'b' } } };
    const patched = await api.call('PATCH', url, { body, type: STRATEGIC });
    expect(specOf(patched.body)).toEqual(wanted);
    const same = await api.call('PATCH', url, {
      body: [
        { op: 'test', path: '/spec/terminationGracePeriodSeconds', value: HIGHEST },
        { op: 'replace', path: '/spec/tolerations/1/tolerationSeconds', value: UNEVEN },
      ],
      type: 'application/json-patch+json',
    });
    expect([same.code, specOf(same.body)]).toEqual([200, wanted]);
    expect(same.body.metadata.resourceVersion).toBe(patched.body.metadata.resourceVersion);
    const other = await api.call('PATCH', url, {
      body: [{ op: 'test', path: '/spec/terminationGracePeriodSeconds', value: HIGHEST - 1n }],
      type: 'application/json-patch+json',
    });
    expect(other.code).toBe(422);
    const put = await api.call('PUT', url, { body: same.body });
    expect(put.body.metadata.resourceVersion).toBe(patched.body.metadata.resourceVersion);
    const apply = (seconds: bigint) => {
      const { spec: _, ...rest } = pod('patched');
      const body = { ...rest, spec: { terminationGracePeriodSeconds: seconds } };
      return api.call('PATCH', `${url}?fieldManager=me`, { body, type: APPLY });
    };
    const applied = await apply(HIGHEST);
    expect([applied.code, specOf(applied.body)]).toEqual([200, wanted]);
    const conflict = await apply(HIGHEST - 1n);
    expect(conflict.code).toBe(409);
    expect(conflict.body.details.causes.map(({ field }) => field)).toEqual([
      '.spec.terminationGracePeriodSeconds',
    ]);
  });

  it('is refused with the number that was sent', async () => {
    const wrong = pod('wrong');
    const spec = {
      ...wrong.spec,
      activeDeadlineSeconds: HIGHEST,
      securityContext: { fsGroup: LOWEST },
    };
    const { code, body } = await api.call('POST', PODS, { body: { ...wrong, spec } });
    expect(code).toBe(422);
    expect(body.message).toBe(
      'Pod "wrong" is invalid: [spec.securityContext.fsGroup: Invalid value: -9223372036854775808: ' +
        'must be between 0 and 2147483647, inclusive, spec.activeDeadlineSeconds: Invalid value: ' +
        '9223372036854775807: must be between 1 and 2147483647, inclusive]',
    );
    const port = {
      ...wrong,
      spec: { containers: [{ name: 'c', ports: [{ containerPort: HIGHEST }] }] },
    };
    const narrow = await api.call('POST', PODS, { body: port });
    expect(narrow.code).toBe(400);
    expect(narrow.body.message).toContain(
      'json: cannot unmarshal number 9223372036854775807 into Go struct field ' +
        'ContainerPort.spec.containers.ports.containerPort of type int32',
    );
  });
});

describe('a custom resource', () => {
  it('has them as values, defaults, columns and elements of sets', async () => {
    const free = { a: [{ b: LOWEST }, 1.5] };
    const sent = number('one', { one: HIGHEST, of: [HIGHEST, HIGHEST - 1n, 1], free });
    const { code, body } = await api.call('POST', NUMBERS, { body: sent });
    expect(code).toBe(201);
    expect(body).toMatchObject({ n: UNEVEN, one: HIGHEST, of: [HIGHEST, HIGHEST - 1n, 1], free });
    const again = await api.call('GET', `${NUMBERS}/one`);
    expect(again.body).toEqual(body);
    const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
    const rows = await api.call('GET', `${NUMBERS}/one`, { accept: table });
    expect(rows.body.rows[0]!.cells).toEqual(['one', UNEVEN]);
  });

  it('is judged by them', async () => {
    const post = async (fields: object): Promise<string> => {
      const { code, body } = await api.call('POST', NUMBERS, { body: number('two', fields) });
      return `${code} ${body.message}`;
    };
    expect(await post({ of: [HIGHEST, HIGHEST] })).toBe(
      '422 Number.example.com "two" is invalid: of[1]: Duplicate value: 9223372036854775807',
    );
    expect(await post({ one: HIGHEST - 1n })).toContain(
      'one: Unsupported value: 9223372036854775806: ' +
        'supported values: "-9223372036854775808", "9223372036854775807"',
    );
    expect(await post({ n: HIGHEST - 1n })).toBe(
      '422 Number.example.com "two" is invalid: <nil>: Invalid value: "object": one less than the highest',
    );
    expect(await post({ n: -1, one: LOWEST })).toMatch(/^422 .*failed rule/);
  });

  it('is applied by several who own elements of a set', async () => {
    const apply = (manager: string, of: readonly bigint[]) =>
      api.call('PATCH', `${NUMBERS}/shared?fieldManager=${manager}`, {
        body: number('shared', { of }),
        type: APPLY,
      });
    await apply('me', [HIGHEST]);
    const both = await apply('you', [HIGHEST - 1n]);
    expect(both.body).toMatchObject({ of: [HIGHEST, HIGHEST - 1n] });
    const less = await apply('me', []);
    expect(less.body).toMatchObject({ of: [HIGHEST - 1n] });
  });
});

it('what a kube-apiserver has stored is read to its last digit', async () => {
  const key = '/registry/pods/default/foreign';
  await put(key, encodeProtobuf(pod('foreign'))!);
  await put(
    '/registry/example.com/numbers/default/foreign',
    Buffer.from(
      '{"apiVersion":"example.com/v1","kind":"Number","metadata":{"name":"foreign",' +
        `"namespace":"default"},"n":${HIGHEST}}\n`,
    ),
  );
  const { body } = await api.until(`${PODS}/foreign`, ({ code }) => code === 200);
  expect(specOf(body)).toEqual(wanted);
  const found = await api.until(`${NUMBERS}/foreign`, ({ code }) => code === 200);
  expect(found.body).toMatchObject({ n: HIGHEST });
  const line = (await text(`${NUMBERS}/foreign`)).toString();
  expect(line).not.toContain('\n');
  const labels = { metadata: { labels: { a: 'b' } } };
  const written = await api.call('PATCH', `${NUMBERS}/foreign`, {
    body: labels,
    type: 'application/merge-patch+json',
  });
  expect(written.body).toMatchObject({ n: HIGHEST });
});

function put(key: string, value: Uint8Array): Promise<unknown> {
  const request = { key, value };
  return kv.txn({ compare: [], success: [{ type: 'put', request }], failure: [] });
}

function bytesOf(sent: object | string | undefined): Uint8Array {
  if (sent instanceof Uint8Array) return sent;
  return Buffer.from(typeof sent === 'string' ? sent : jsonText(sent));
}
