/** Long lists: made in slices, the same as at once, of one state. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringifyYaml } from '../../api/yaml-text.ts';
import { type HttpResponse, JsonValue } from '../../platform/net/http.ts';
import { Lifecycle } from '../../platform/lifecycle.ts';
import { silentLogger as logger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realRandom as random } from '../../platform/node/random.ts';
import { MemoryKv } from '../../test/model/memory-kv.ts';
import { withoutControllers } from '../../test/support/admission.ts';
import { startApiServer } from '../server.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const COUNT = 60;
const parts = new Lifecycle();
let turns = 0;
/** What happens in a turn between two slices. */
let meanwhile: () => Promise<unknown> = () => Promise.resolve();
let send: (line: string, headers?: Record<string, string>, body?: object) => Promise<HttpResponse>;

beforeAll(async () => {
  // Each look at the clock takes a millisecond, so that a slice is of few objects.
  let aheadMs = 0;
  const clock = { ...realClock, monotonic: () => realClock.monotonic() + aheadMs++ };
  const nextTurn = (fn: () => void): void => {
    turns++;
    void meanwhile().then(fn);
  };
  const effects = { kv: new MemoryKv(), clock, random, logger, nextTurn };
  const server = await parts.start(() =>
    startApiServer({ ...effects, admissionPlugins: withoutControllers }),
  );
  await server.ready();
  const certificate = { commonName: 'admin', organizations: ['system:masters'] };
  send = (line, headers = {}, body) => {
    const [method = '', url = ''] = line.split(' ');
    const [path = '', search = ''] = url.split('?');
    return server.handler({
      ...{ method, path, query: new URLSearchParams(search) },
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: new JsonValue(body) }),
      peer: { address: '192.0.2.1:1', certificate },
      signal: new AbortController().signal,
    });
  };
  for (let n = 0; n < COUNT; n++) {
    const metadata = { name: `map-${n}`, labels: { odd: String(n % 2 === 1) } };
    await send(`POST ${MAPS}`, {}, { metadata, data: { text: `line one\nline "${n}" ü` } });
  }
});
afterAll(() => parts.stop());

async function list(search = '', accept = 'application/json') {
  turns = 0;
  const { status, body } = await send(`GET ${MAPS}${search}`, { accept });
  expect(status).toBe(200);
  const bytes = body instanceof JsonValue ? body.bytes() : (body as Uint8Array);
  return { bytes: Buffer.from(bytes), turns };
}
const parsed = ({ bytes }: { bytes: Buffer }) =>
  JSON.parse(bytes.toString()) as {
    items: { metadata: { name: string } }[];
    rows: { cells: unknown[] }[];
  };
const named = (of: string, kind: string): string => `application/json;as=${kind};v=v1;g=${of}`;

it('in JSON, each item as it is alone, but for its apiVersion and kind', async () => {
  const whole = await list();
  expect(whole.turns).toBeGreaterThan(5);
  const { items } = parsed(whole);
  expect(items).toHaveLength(COUNT);
  const { body } = await send(`GET ${MAPS}/${items[0]!.metadata.name}`);
  const first = { apiVersion: 'v1', kind: 'ConfigMap', ...items[0] };
  expect(JSON.parse(Buffer.from((body as JsonValue).bytes()).toString())).toEqual(first);
  expect(Object.keys(items.at(-1)!)).toEqual(['metadata', 'data']);
});

it('in JSON for people, and in YAML, say the same', async () => {
  const plain = parsed(await list());
  const pretty = await list('?pretty=true');
  expect(pretty.turns).toBeGreaterThan(5);
  expect(pretty.bytes.toString()).toBe(JSON.stringify(plain, null, 2));
  const yaml = await list('', 'application/yaml');
  expect(yaml.turns).toBeGreaterThan(5);
  expect(yaml.bytes.toString()).toBe(stringifyYaml(plain));
});

it('without objects', async () => {
  const none = '?labelSelector=odd%3Dmaybe';
  const plain = parsed(await list(none));
  expect(plain.items).toEqual([]);
  expect((await list(`${none}&pretty=true`)).bytes.toString()).toBe(JSON.stringify(plain, null, 2));
  expect((await list(none, 'application/yaml')).bytes.toString()).toBe(stringifyYaml(plain));
});

it('as tables and as metadata', async () => {
  const table = await list('', named('meta.k8s.io', 'Table'));
  expect(table.turns).toBeGreaterThan(5);
  expect(parsed(table).rows.map(({ cells }) => cells[0])).toHaveLength(COUNT);
  const metadata = await list('', named('meta.k8s.io', 'PartialObjectMetadataList'));
  expect(metadata.turns).toBeGreaterThan(5);
  expect(parsed(metadata).items).toHaveLength(COUNT);
});

it('in protobuf', async () => {
  const { bytes, turns: taken } = await list('', 'application/vnd.kubernetes.protobuf');
  expect(taken).toBeGreaterThan(5);
  expect(bytes.toString('latin1', 0, 4)).toBe('k8s\0');
  expect(bytes.toString('latin1')).toContain(`map-${COUNT - 1}`);
});

it('that a selector looks through, also where it finds nothing', async () => {
  const none = await list('?labelSelector=odd%3Dmaybe');
  expect(none.turns).toBeGreaterThan(5);
  const odd = await list('?labelSelector=odd%3Dtrue');
  expect(parsed(odd).items).toHaveLength(COUNT / 2);
});

it('are of the state in which they began, whatever is written meanwhile', async () => {
  const before = parsed(await list('?labelSelector=odd%3Dtrue')).items;
  let changes = 0;
  meanwhile = async () => {
    const n = changes++;
    if (n >= COUNT) return;
    await send(`DELETE ${MAPS}/map-${COUNT - 1 - n}`);
    await send(`POST ${MAPS}`, {}, { metadata: { name: `late-${n}`, labels: { odd: 'true' } } });
  };
  const during = parsed(await list('?labelSelector=odd%3Dtrue')).items;
  meanwhile = () => Promise.resolve();
  expect(changes).toBeGreaterThan(5);
  expect(during).toEqual(before);
  const after = parsed(await list('?labelSelector=odd%3Dtrue')).items;
  expect(after.map(({ metadata }) => metadata.name)).toContain('late-0');
  expect(after).not.toEqual(before);
});

it('in pieces, where it is long', async () => {
  for (let n = 0; n < 5; n++)
    await send(
      `POST ${MAPS}`,
      {},
      { metadata: { name: `long-${n}` }, data: { x: 'ü'.repeat(4e4) } },
    );
  const { body } = await send(`GET ${MAPS}`, { accept: 'application/json' });
  const { pieces, byteLength, value } = body as JsonValue;
  const made = [...pieces!];
  expect(made.length).toBeGreaterThan(2);
  const text = Buffer.concat(made);
  expect(text.length).toBe(byteLength);
  expect(JSON.parse(text.toString())).toEqual(value);
  const packed = await send(`GET ${MAPS}`, { 'accept-encoding': 'gzip' });
  expect((packed.body as JsonValue).pieces).toBeUndefined();
  expect((packed.body as JsonValue).byteLength).toBe(byteLength);
});
