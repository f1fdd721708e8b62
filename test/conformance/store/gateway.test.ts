/** etcd's JSON gateway, locks and elections: the same requests to our server and the real one. */
import { on, once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plain } from './etcd-proto.ts';
import { contenders, type TestServer } from './servers.ts';

const b64 = (text: string): string => Buffer.from(text).toString('base64');
const header = expect.objectContaining({ revision: expect.any(String) as string }) as object;

describe.each(contenders)('the JSON gateway of $name', ({ start, name }) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());

  const send = (path: string, body: unknown, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://${server.address}/v3${path}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...init,
    });

  async function post(path: string, body: unknown = {}): Promise<Plain> {
    const response = await send(path, body);
    const text = await response.text();
    expect(response.status, text).toBe(200);
    return JSON.parse(text) as Plain;
  }

  async function refusal(path: string, body: unknown): Promise<unknown[]> {
    const response = await send(path, body);
    const { code, message, error } = (await response.json()) as Plain;
    expect(error).toBe(message);
    return [response.status, code, message];
  }

  /** A stream's objects, one by one. */
  async function* stream(path: string, body: unknown): AsyncGenerator<Plain> {
    const abort = new AbortController();
    const response = await send(path, body, { signal: abort.signal });
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        text += decoder.decode(chunk, { stream: true });
        for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
          yield JSON.parse(text.slice(0, end)) as Plain;
          text = text.slice(end + 1);
        }
      }
    } finally {
      abort.abort();
    }
  }

  it('writes and reads pairs, bytes in base 64, numbers as text', async () => {
    expect(await post('/kv/put', { key: b64('a'), value: b64('1') })).toEqual({ header });
    await post('/kv/put', { key: b64('b'), value: b64('2'), prev_kv: true });
    const range = await post('/kv/range', { key: b64('a'), range_end: b64('c') });
    expect(range).toMatchObject({
      header,
      kvs: [
        { key: b64('a'), value: b64('1'), create_revision: '2', mod_revision: '2', version: '1' },
        { key: b64('b') },
      ],
      count: '2',
    });
    const sorted = { key: b64('a'), range_end: b64('c'), sort_order: 'DESCEND', limit: '1' };
    expect(await post('/kv/range', { ...sorted, sort_target: 'MOD' })).toMatchObject({
      kvs: [{ key: b64('b') }],
      more: true,
    });
    expect(await post('/kv/range', { ...sorted, limit: 5, sort_order: 2 })).toMatchObject({
      kvs: [{ key: b64('b') }, { key: b64('a') }],
    });
    const deleted = await post('/kv/deleterange', { key: b64('b'), prev_kv: true });
    expect(deleted).toMatchObject({ deleted: '1', prev_kvs: [{ value: b64('2') }] });
    expect(await post('/kv/range', { key: b64('b') })).toEqual({ header });
  });

  it('runs transactions, nested ones too', async () => {
    const put = { request_put: { key: b64('t'), value: b64('x') } };
    const missing = { key: b64('t'), target: 'CREATE', create_revision: '0', result: 'EQUAL' };
    const nested = { request_txn: { success: [{ request_range: { key: b64('t') } }] } };
    const first = await post('/kv/txn', { compare: [missing], success: [put], failure: [nested] });
    expect(first).toMatchObject({ succeeded: true, responses: [{ response_put: { header } }] });
    const second = await post('/kv/txn', { compare: [missing], success: [put], failure: [nested] });
    expect(second['succeeded']).toBeUndefined();
    expect(second).toMatchObject({
      responses: [
        { response_txn: { succeeded: true, responses: [{ response_range: { count: '1' } }] } },
      ],
    });
  });

  it('takes lease IDs as texts or as numbers of all digits', async () => {
    const ID = '7587862094907605513';
    expect(await post('/lease/grant', `{"TTL": 100, "ID": ${ID}}`)).toMatchObject({
      ID,
      TTL: '100',
    });
    await post('/kv/put', { key: b64('l'), lease: ID });
    const alive = await post('/lease/timetolive', { ID, keys: true });
    expect(alive).toMatchObject({ ID, grantedTTL: '100', keys: [b64('l')] });
    for await (const { result } of stream('/lease/keepalive', { ID })) {
      expect(result).toMatchObject({ ID, TTL: '100' });
      break;
    }
    expect((await post('/lease/leases'))['leases']).toEqual([{ ID }]);
    await post('/kv/lease/revoke', { ID });
    expect(await refusal('/lease/revoke', { ID })).toEqual([
      404,
      5,
      'etcdserver: requested lease not found',
    ]);
  });

  it('takes watches one after the other over a WebSocket', async () => {
    const socket = new WebSocket(`ws://${server.address}/v3/watch`);
    const answers = on(socket, 'message');
    const next = async (): Promise<unknown> => {
      const [bytes] = (await answers.next()).value as [Buffer];
      return (JSON.parse(bytes.toString()) as { result: unknown }).result;
    };
    await once(socket, 'open');
    for (const key of ['ws/1', 'ws/2']) {
      socket.send(JSON.stringify({ create_request: { key: b64(key) } }));
      expect(await next()).toMatchObject({ created: true });
      await post('/kv/put', { key: b64(key) });
      expect(await next()).toMatchObject({ events: [{ kv: { key: b64(key) } }] });
    }
    socket.close();
    await once(socket, 'close');
  });

  it('answers one request over a WebSocket', async () => {
    const socket = new WebSocket(`ws://${server.address}/v3/kv/put`);
    await once(socket, 'open');
    socket.send(JSON.stringify({ key: b64('ws') }));
    const [bytes] = (await once(socket, 'message')) as [Buffer];
    expect(JSON.parse(bytes.toString())).toEqual({ header });
    socket.close();
  });

  it('takes a token as a subprotocol of a WebSocket', async () => {
    const socket = new WebSocket(`ws://${server.address}/v3/watch`, ['Bearer', 'token']);
    await once(socket, 'open');
    expect(socket.protocol).toBe('Bearer');
    socket.close();
  });

  it('reads the body of who would rather speak HTTP/2', async () => {
    const body = JSON.stringify({ key: b64('h2c'), value: b64('x'.repeat(100_000)) });
    const call = request(`http://${server.address}/v3/kv/put`, {
      method: 'POST',
      headers: {
        connection: 'Upgrade, HTTP2-Settings',
        upgrade: 'h2c',
        'http2-settings': 'AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
        'content-length': body.length,
      },
    });
    call.end(body);
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    response.resume();
    const range = await post('/kv/range', { key: b64('h2c'), count_only: true });
    expect(range).toMatchObject({ count: '1' });
  });

  it('tells failures by status, code and text', async () => {
    expect(await refusal('/kv/put', { value: b64('x') })).toEqual([
      400,
      3,
      'etcdserver: key is not provided',
    ]);
    expect(await refusal('/kv/range', { key: b64('a'), revision: 999 })).toEqual([
      400,
      11,
      'etcdserver: mvcc: required revision is a future revision',
    ]);
    expect((await send('/kv/put', '{"key": ')).status).toBe(400);
    expect((await send('/kv/put', { key: 5 })).status).toBe(400);
    expect((await send('/kv/nothing', {})).status).toBe(404);
    expect((await fetch(`http://${server.address}/v3/kv/range`)).status).toBe(405);
  });

  it('streams watches', async () => {
    const body = { create_request: { key: b64('w'), prev_kv: true } };
    const seen: unknown[] = [];
    for await (const { result } of stream('/watch', body)) {
      seen.push(result);
      if (seen.length === 1) await post('/kv/put', { key: b64('w'), value: b64('1') });
      if (seen.length === 2) await post('/kv/deleterange', { key: b64('w') });
      if (seen.length === 3) break;
    }
    expect(seen).toMatchObject([
      { header, created: true },
      { events: [{ kv: { key: b64('w'), value: b64('1') } }] },
      { events: [{ type: 'DELETE', kv: { key: b64('w') }, prev_kv: { value: b64('1') } }] },
    ]);
  });

  it('answers maintenance, cluster and CORS requests', async () => {
    expect(await post('/maintenance/status')).toMatchObject({
      header,
      version: expect.stringMatching(/^3\./) as string,
    });
    expect(await post('/maintenance/hash')).toMatchObject({ hash: expect.any(Number) as number });
    expect(await post('/cluster/member/list')).toMatchObject({ members: [{ name: 'default' }] });
    const preflight = await send('/kv/put', undefined, { method: 'OPTIONS', body: null });
    expect(preflight.status).toBe(200);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('gives a lock to one holder after the other', async () => {
    const lease = async (): Promise<unknown> => (await post('/lease/grant', { TTL: 60 }))['ID'];
    const lock = async () => post('/lock/lock', { name: b64('m'), lease: await lease() });
    const first = await lock();
    expect(Buffer.from(String(first['key']), 'base64').toString()).toMatch(/^m\/[0-9a-f]+$/);
    let second: Plain | undefined;
    const waiting = lock().then((got) => (second = got));
    const queue = { key: b64('m/'), range_end: b64('m0') };
    while (Number((await post('/kv/range', queue))['count']) < 2);
    expect(second).toBeUndefined();
    await post('/lock/unlock', { key: first['key'] });
    await waiting;
    expect(second!['key']).not.toBe(first['key']);
  });

  it('elects one leader after the other', async () => {
    const lease = async (): Promise<unknown> => (await post('/lease/grant', { TTL: 60 }))['ID'];
    const name_ = b64('e');
    expect((await refusal('/election/leader', { name: name_ }))[2]).toBe('election: no leader');
    expect(await refusal('/election/resign', {})).toEqual([
      name === 'ours' ? 400 : expect.any(Number),
      name === 'ours' ? 3 : expect.any(Number),
      '"leader" field must be provided',
    ]);
    const campaign = async (value: string) =>
      post('/election/campaign', { name: name_, lease: await lease(), value: b64(value) });
    const first = await campaign('one');
    expect(await post('/election/leader', { name: name_ })).toMatchObject({
      kv: { value: b64('one') },
    });
    const second = campaign('two');
    const values: unknown[] = [];
    for await (const { result } of stream('/election/observe', { name: name_ })) {
      values.push(((result as Plain)['kv'] as Plain)['value']);
      if (values.length === 1)
        await post('/election/proclaim', { leader: first['leader'], value: b64('uno') });
      if (values.length === 2) await post('/election/resign', { leader: first['leader'] });
      if (values.length === 3) break;
    }
    expect(values).toEqual([b64('one'), b64('uno'), b64('two')]);
    await second;
    expect(
      await refusal('/election/proclaim', { leader: first['leader'], value: b64('late') }),
    ).toContain('election: not leader');
  });
});
