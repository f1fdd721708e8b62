import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Lifecycle } from '../../platform/lifecycle.ts';
import type { OutgoingHttp } from '../../platform/net/outgoing-http.ts';
import { CRDS } from '../../test/support/cron-tab.ts';
import { type Body, type RawApi, startRawApi } from '../../test/support/raw-api.ts';

type Json = Record<string, unknown>;
interface Review {
  apiVersion: string;
  kind: string;
  request: { uid: string; desiredAPIVersion: string; objects: (Json & { spec: Json })[] };
}

/** v1 has spec.host and spec.port, v2 has spec.address with both. */
function convert(object: Json & { spec?: Json }, apiVersion: string): Json {
  if (object.spec === undefined) return { ...object, apiVersion };
  if (apiVersion.endsWith('/v2')) {
    const { host, port, ...rest } = object.spec;
    return { ...object, apiVersion, spec: { ...rest, address: `${String(host)}:${String(port)}` } };
  }
  const { address, ...rest } = object.spec as { address: string };
  const [host, port] = address.split(':');
  return { ...object, apiVersion, spec: { ...rest, host, port } };
}

const honest = ({ request }: Review): Json => ({
  uid: request.uid,
  result: { status: 'Success' },
  convertedObjects: request.objects.map((one) => convert(one, request.desiredAPIVersion)),
});

let answer: (review: Review) => Json = honest;
let calls = 0;
const outgoing: OutgoingHttp = {
  send({ body }) {
    calls++;
    const review = JSON.parse(Buffer.from(body ?? '').toString()) as Review;
    const { apiVersion, kind } = review;
    const text = JSON.stringify({ apiVersion, kind, response: answer(review) });
    return Promise.resolve({ status: 200, headers: {}, body: Buffer.from(text) });
  },
  close: () => Promise.resolve(),
};

const text = { type: 'string' };
const version = (name: string, properties: object, storage: boolean) => ({
  ...{ name, storage, served: true },
  schema: {
    openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } },
  },
});
const crd = (plural: string, conversion: object) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.conv.example.com` },
  spec: {
    group: 'conv.example.com',
    scope: 'Namespaced',
    names: { plural, kind: `${plural[0]!.toUpperCase()}${plural.slice(1, -1)}` },
    conversion,
    versions: [
      version('v1', { host: text, port: text, same: text, own: { ...text, default: 'v1' } }, true),
      version('v2', { address: text, same: { ...text, default: 'x' } }, false),
    ],
  },
});
const at = (plural: string, of: string) =>
  `/apis/conv.example.com/${of}/namespaces/default/${plural}`;
const webhook = {
  strategy: 'Webhook',
  webhook: {
    conversionReviewVersions: ['v1'],
    clientConfig: { url: 'https://hook.example.com/c' },
  },
};
const host = (name: string) => ({
  apiVersion: 'conv.example.com/v1',
  kind: 'Host',
  metadata: { name, labels: { own: name } },
  spec: { host: 'a', port: '80' },
});

const parts = new Lifecycle();
let api: RawApi;

beforeAll(async () => {
  api = await startRawApi(parts, { outgoing });
  for (const [plural, conversion] of [
    ['hosts', webhook],
    ['plains', { strategy: 'None' }],
  ] as const) {
    const { body } = await api.call('POST', CRDS, { body: crd(plural, conversion) });
    expect(body.message).toBeUndefined();
    await api.until(at(plural, 'v2'), ({ code }) => code === 200);
  }
});
beforeEach(() => {
  answer = honest;
});
afterAll(() => parts.stop());

describe('versions of a custom resource', () => {
  it('are converted by the webhook, both ways', async () => {
    await api.call('POST', at('hosts', 'v1'), { body: host('one') });
    const seen = await api.call('GET', `${at('hosts', 'v2')}/one`);
    expect(seen.body.apiVersion).toBe('conv.example.com/v2');
    expect(seen.body.spec).toEqual({ address: 'a:80' });
    const before = calls;
    expect((await api.call('GET', at('hosts', 'v2'))).body.items).toHaveLength(1);
    expect(calls).toBe(before);
    const change = { ...seen.body, spec: { address: 'b:81' } };
    const put = await api.call('PUT', `${at('hosts', 'v2')}/one`, { body: change });
    expect(put.body.spec).toEqual({ address: 'b:81', same: 'x' });
    const stored = await api.call('GET', `${at('hosts', 'v1')}/one`);
    expect(stored.body.spec).toEqual({ host: 'b', port: '81', same: 'x', own: 'v1' });
    // Of the defaults only those of the version that was sent are stored.
    const key = '/registry/conv.example.com/hosts/default/one';
    expect((await api.stored(key)).spec).toEqual({ host: 'b', port: '81', same: 'x' });
    const again = await api.call('PUT', `${at('hosts', 'v2')}/one`, { body: put.body });
    expect(again.body.metadata.resourceVersion).toBe(put.body.metadata.resourceVersion);
    const tried = { ...put.body, spec: change.spec };
    const dry = await api.call('PUT', `${at('hosts', 'v2')}/one?dryRun=All`, { body: tried });
    expect(dry.body.spec).toEqual(put.body.spec);
    const labelled = await api.call('GET', `${at('hosts', 'v2')}?labelSelector=own%3Done`);
    expect(labelled.body.items).toHaveLength(1);
    const other = await api.call('GET', `${at('hosts', 'v2')}?labelSelector=own%3Dtwo`);
    expect(other.body.items).toEqual([]);
  });

  it('are watched in the version asked for', async () => {
    const abort = new AbortController();
    const events = await api.watch(
      `${at('hosts', 'v2')}?watch=1&labelSelector=own%3Dw`,
      abort.signal,
    );
    await api.call('POST', at('hosts', 'v1'), { body: host('w') });
    const added = (await events.next()).value as Body;
    expect([added.type, added.object.spec['address']]).toEqual(['ADDED', 'a:80']);
    const type = 'application/merge-patch+json';
    const body = { metadata: { labels: { own: 'else' } } };
    await api.call('PATCH', `${at('hosts', 'v1')}/w`, { body, type });
    expect(((await events.next()).value as Body).type).toBe('DELETED');
    abort.abort();
  });

  it('are not what a webhook that lies or fails makes of them', async () => {
    await api.call('POST', at('hosts', 'v1'), { body: host('liar') });
    const message = async (): Promise<string> => {
      const { code, body } = await api.call('GET', `${at('hosts', 'v2')}/liar`);
      expect(code).toBe(500);
      return body.message;
    };
    answer = ({ request }) => ({ uid: request.uid, result: { status: 'Failed', message: 'no' } });
    const what = 'conversion webhook for conv.example.com/v1, Kind=Host';
    expect(await message()).toBe(`${what} failed: no`);
    answer = (review) => ({ ...honest(review), uid: 'other' });
    expect(await message()).toContain(`${what} failed: expected response.uid=`);
    answer = (review) => ({ ...honest(review), convertedObjects: [] });
    expect(await message()).toBe(`${what} returned 0 objects, expected 1`);
    answer = ({ request: { uid, objects } }) => ({
      ...{ uid, result: { status: 'Success' }, convertedObjects: objects },
    });
    expect(await message()).toContain('invalid groupVersion (expected conv.example.com/v2');
    answer = ({ request: { uid, objects, desiredAPIVersion } }) => ({
      ...{ uid, result: { status: 'Success' } },
      convertedObjects: objects.map((one) => ({
        ...convert(one, desiredAPIVersion),
        metadata: { name: 'other' },
      })),
    });
    expect(await message()).toContain('must have the same name');
    answer = honest;
    expect((await api.call('GET', `${at('hosts', 'v2')}/liar`)).code).toBe(200);
  });

  it('differ in their name alone where nothing converts them', async () => {
    const plain = { ...host('p'), kind: 'Plain' };
    await api.call('POST', at('plains', 'v1'), { body: plain });
    const seen = await api.call('GET', `${at('plains', 'v2')}/p`);
    expect(seen.body.spec).toEqual({});
    expect(seen.body.apiVersion).toBe('conv.example.com/v2');
  });

  it('stay readable when another becomes the storage version, and are rewritten by a write', async () => {
    const plain = { ...host('q'), kind: 'Plain', spec: { same: 'y' } };
    await api.call('POST', at('plains', 'v1'), { body: plain });
    const { spec } = crd('plains', { strategy: 'None' });
    const versions = spec.versions.map((one) => ({ ...one, storage: one.name === 'v2' }));
    const type = 'application/merge-patch+json';
    const url = `${CRDS}/plains.conv.example.com`;
    const changed = await api.call('PATCH', url, { body: { spec: { versions } }, type });
    expect(changed.body.status['storedVersions']).toEqual(['v1', 'v2']);
    const read = await api.until(`${at('plains', 'v2')}/q`, ({ code }) => code === 200);
    const same = await api.call('PUT', `${at('plains', 'v2')}/q`, { body: read.body });
    expect(same.code).toBe(200);
    await expect
      .poll(async () => {
        const again = (await api.call('GET', `${at('plains', 'v2')}/q`)).body;
        await api.call('PUT', `${at('plains', 'v2')}/q`, { body: again });
        return (await api.stored(`/registry/conv.example.com/plains/default/q`)).apiVersion;
      })
      .toBe('conv.example.com/v2');
    expect((await api.call('GET', `${at('plains', 'v1')}/q`)).body.spec).toEqual({ same: 'y' });
    const gone = { spec: { versions: versions.slice(1) } };
    const refused = await api.call('PATCH', url, { body: gone, type });
    expect(refused.body.message).toContain('missing from spec.versions; v1 was previously');
  });

  it('are owned in the words of whoever wrote them', async () => {
    const apply = (by: string, of: string, { spec, force }: { spec: object; force?: boolean }) =>
      api.call('PATCH', `${at('hosts', of)}/owned?fieldManager=${by}&force=${force === true}`, {
        body: { ...host('owned'), apiVersion: `conv.example.com/${of}`, spec },
        type: 'application/apply-patch+yaml',
      });
    const owners = ({ body }: { body: Body }) =>
      (body.metadata.managedFields as { manager?: string; apiVersion?: string; fieldsV1: object }[])
        .map(({ manager, apiVersion, fieldsV1 }) => ({
          by: `${manager} ${apiVersion}`,
          owns: Object.keys((fieldsV1 as Record<string, object>)['f:spec'] ?? {}),
        }))
        .map(({ by, owns }) => `${by}: ${owns.join()}`)
        .sort();
    await apply('one', 'v1', { spec: { host: 'a', port: '80', same: 'y' } });
    const refused = await apply('two', 'v2', { spec: { address: 'b:80' } });
    expect(refused.body.message).toBe(
      'Apply failed with 1 conflict: conflict with "one": .spec.host',
    );
    const taken = await apply('two', 'v2', { spec: { address: 'b:80' }, force: true });
    expect(owners(taken)).toEqual([
      'one conv.example.com/v1: f:port,f:same',
      'two conv.example.com/v2: f:address',
    ]);
    // What one applied in v1 and does not apply in v2 goes, but for what two owns.
    const less = await apply('one', 'v2', { spec: {} });
    expect(less.body.message).toBeUndefined();
    expect(less.body.spec).toEqual({ address: 'b:80', same: 'x' });
    expect(owners(less)).toEqual([
      'one conv.example.com/v2: ',
      'two conv.example.com/v2: f:address',
    ]);
  });
});
