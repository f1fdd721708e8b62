/** Answers to clients that prefer protobuf, as client-go's typed clients do. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeProtobuf, PROTOBUF_MEDIA_TYPE } from '../../api/protobuf/codec.ts';
import type { ObjectMeta } from '../../api/meta.ts';
import { WireReader } from '../../api/protobuf/wire.ts';
import { decodeMessage } from '../../api/protobuf/decode-message.ts';
import { definitionNamed } from '../../api/schema/table.ts';
import { type Chunk, JsonValue } from '../../platform/net/http.ts';
import { TestApi } from '../../test/support/api-core.ts';
import { kinds } from '../registry/kinds/index.ts';

const maps = '/api/v1/namespaces/d/configmaps';
const accept = `${PROTOBUF_MEDIA_TYPE},application/json`;
const metadataList = `${PROTOBUF_MEDIA_TYPE};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`;
const metadataOnly =
  `${PROTOBUF_MEDIA_TYPE};as=PartialObjectMetadata;g=meta.k8s.io;v=v1,` +
  'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';

let api: TestApi;

beforeEach(async () => {
  api = new TestApi(kinds);
  await api.call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'd' } } });
});
afterEach(() => api.stop());

const map = (name: string): object => ({
  metadata: { name, labels: { n: name } },
  data: { k: 'v' },
  binaryData: { b: 'AAH/' },
});

const web = {
  metadata: { name: 'web' },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80 }] }] },
    },
  },
};

async function bytes(method: string, url: string, call: object = {}): Promise<Uint8Array> {
  const { body, headers } = await api.respond(method, url, { accept, ...call });
  expect(headers['content-type']).toBe(PROTOBUF_MEDIA_TYPE);
  expect(body).not.toBeInstanceOf(JsonValue);
  return body as Uint8Array;
}

/** The fields of a message by number, each once or repeated. */
function fields(message: Uint8Array): Uint8Array[][] {
  const reader = new WireReader(message);
  const found: Uint8Array[][] = [];
  while (!reader.done) {
    const { number } = reader.tag();
    (found[number] ??= []).push(Uint8Array.from(reader.bytes()));
  }
  return found;
}

/** The message of an envelope, and the kind it names. */
function opened(envelope: Uint8Array): { kind: string; message: Uint8Array } {
  expect(Buffer.from(envelope.subarray(0, 4)).toString('latin1')).toBe('k8s\0');
  const [, typeMeta, raw] = fields(envelope.subarray(4));
  const [, apiVersion, kind] = fields(typeMeta![0]!);
  const text = [apiVersion, kind].map((part) => Buffer.from(part![0]!).toString()).join(' ');
  return { kind: text, message: raw![0]! };
}

/** The type and the envelope of one frame of a watch. */
function event(frame: Chunk): { type: string; object: Uint8Array } {
  const all = Buffer.from(frame as Uint8Array);
  expect(all.readUInt32BE(0)).toBe(all.byteLength - 4);
  const [, type, extension] = fields(all.subarray(4));
  const [, object] = fields(extension![0]!);
  return { type: Buffer.from(type![0]!).toString(), object: object![0]! };
}

describe('protobuf', () => {
  it.each([
    ['a ConfigMap', maps, map('x'), 'x'],
    ['a Deployment', '/apis/apps/v1/namespaces/d/deployments', web, 'web'],
  ])('answers %s', async (_what, url, ...[body, name]) => {
    const created = decodeProtobuf(await bytes('POST', url, { body }));
    const json = (await api.call('GET', `${url}/${name}`)).body;
    expect(created).toEqual(json);
    expect(decodeProtobuf(await bytes('GET', `${url}/${name}`))).toEqual(json);
    const list = decodeProtobuf(await bytes('GET', url)) as { items: object[] };
    const { apiVersion: _a, kind: _k, ...item } = json;
    expect(list).toMatchObject({ kind: `${json.kind}List`, metadata: { resourceVersion: '3' } });
    expect(list.items).toEqual([item]);
  });

  it('answers a Scale and a Status', async () => {
    const deploys = '/apis/apps/v1/namespaces/d/deployments';
    await api.call('POST', deploys, { body: web });
    const scale = decodeProtobuf(await bytes('GET', `${deploys}/web/scale`));
    expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 1 } });
    const gone = decodeProtobuf(await bytes('DELETE', `${deploys}/web`));
    expect(gone).toMatchObject({ kind: 'Status', status: 'Success' });
  });

  it('answers metadata alone', async () => {
    await api.call('POST', maps, { body: map('x') });
    const { metadata } = (await api.call('GET', `${maps}/x`)).body;
    const one = opened(await bytes('GET', `${maps}/x`, { accept: metadataOnly }));
    expect(one.kind).toBe('meta.k8s.io/v1 PartialObjectMetadata');
    const definition = definitionNamed('meta-v1', 'ObjectMeta')!;
    expect(decodeMessage(definition, fields(one.message)[1]![0]!)).toEqual(metadata);
    const all = opened(await bytes('GET', maps, { accept: metadataList }));
    expect(all.kind).toBe('meta.k8s.io/v1 PartialObjectMetadataList');
    expect(fields(all.message)[2]).toEqual([one.message]);
  });

  it('streams events in frames, the same for all watchers', async () => {
    const watch = `${maps}?watch=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`;
    const { headers } = await api.respond('GET', watch, { accept });
    expect(headers['content-type']).toBe(`${PROTOBUF_MEDIA_TYPE};stream=watch`);
    const [one, two] = [await api.watch(watch, { accept }), await api.watch(watch, { accept })];
    const bookmark = event((await one.next()).value as Chunk);
    expect(bookmark.type).toBe('BOOKMARK');
    expect(decodeProtobuf(bookmark.object)).toMatchObject({
      kind: 'ConfigMap',
      metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } },
    });
    await two.next();
    const created = (await api.call('POST', maps, { body: map('x') })).body;
    const frame = (await one.next()).value as Chunk;
    expect(event(frame).type).toBe('ADDED');
    expect(decodeProtobuf(event(frame).object)).toEqual(created);
    expect((await two.next()).value).toBe(frame);
    await one.return?.();
    await two.return?.();
  });

  it('streams metadata alone', async () => {
    const events = await api.watch(`${maps}?watch=1`, { accept: metadataOnly });
    await api.call('POST', maps, { body: map('x') });
    const { object } = event((await events.next()).value as Chunk);
    expect(opened(object).kind).toBe('meta.k8s.io/v1 PartialObjectMetadata');
    await events.return?.();
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&watch=1';
    const url = `${maps}?${query}&allowWatchBookmarks=true&resourceVersion=3`;
    const whole = await api.watch(url, { accept: metadataOnly });
    await whole.next();
    const { message } = opened(event((await whole.next()).value as Chunk).object);
    const definition = definitionNamed('meta-v1', 'ObjectMeta')!;
    const { annotations } = decodeMessage(definition, fields(message)[1]![0]!) as ObjectMeta;
    expect(annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    await whole.return?.();
  });

  it('goes without where there is no such form', async () => {
    const table = `${PROTOBUF_MEDIA_TYPE};as=Table;g=meta.k8s.io;v=v1,application/json;as=Table;g=meta.k8s.io;v=v1`;
    const { body } = await api.call('GET', maps, { accept: table });
    expect(body.kind).toBe('Table');
  });
});

describe('pretty', () => {
  const text = async (url: string, headers = {}): Promise<string> => {
    const { body } = await api.respond('GET', url, headers);
    return Buffer.from(body instanceof JsonValue ? body.bytes() : (body as Uint8Array)).toString();
  };

  it('is for people', async () => {
    await api.call('POST', maps, { body: map('x') });
    const plain = await text(`${maps}/x`);
    expect(plain).not.toContain('\n');
    const pretty = await text(`${maps}/x?pretty=true`);
    expect(pretty).toContain('{\n  "apiVersion": "v1",\n');
    expect(JSON.parse(pretty)).toEqual(JSON.parse(plain));
    expect(await text(`${maps}/x?pretty=false`)).toBe(plain);
  });
});
