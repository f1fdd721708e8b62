/** curl on the JSON gateway, of our store and of a real etcd: what shell scripts do. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contenders, type TestServer } from '../conformance/store/servers.ts';
import { eventually, succeed, tool } from '../e2e/harness.ts';

const curl = tool('curl');
const b64 = (text: string): string => Buffer.from(text).toString('base64');

describe.skipIf(curl === undefined).each(contenders)('curl on $name', ({ start }) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());

  const url = (path: string): string => `http://${server.address}${path}`;

  async function post(path: string, body: object): Promise<Record<string, unknown>> {
    const text = await succeed(curl!, ['-s', url(path), '-X', 'POST', '-d', JSON.stringify(body)]);
    return JSON.parse(text) as never;
  }

  it('puts, gets, swaps and deletes', async () => {
    const key = b64('foo');
    const { header } = await post('/v3/kv/put', { key, value: b64('bar') });
    expect(header).toMatchObject({ revision: '2' });
    expect(await post('/v3/kv/range', { key })).toMatchObject({
      kvs: [{ key, value: b64('bar'), version: '1' }],
      count: '1',
    });
    const swap = {
      compare: [{ result: 'EQUAL', target: 'VALUE', key, value: b64('bar') }],
      success: [{ requestPut: { key, value: b64('baz') } }],
      failure: [{ requestRange: { key } }],
    };
    expect(await post('/v3/kv/txn', swap)).toMatchObject({ succeeded: true });
    expect(await post('/v3/kv/txn', swap)).toMatchObject({
      responses: [{ response_range: { kvs: [{ value: b64('baz') }] } }],
    });
    expect(await post('/v3/kv/deleterange', { key })).toMatchObject({ deleted: '1' });
  });

  it('grants leases, and is told what is wrong', async () => {
    const { ID } = await post('/v3/lease/grant', { TTL: 60 });
    expect(await post('/v3/lease/keepalive', { ID })).toMatchObject({ result: { TTL: '60' } });
    expect(await post('/v3/lease/revoke', { ID })).toHaveProperty('header');
    expect(await post('/v3/lease/revoke', { ID })).toMatchObject({
      code: 5,
      message: 'etcdserver: requested lease not found',
    });
    const status = ['-s', '-o', '/dev/null', '-w', '%{http_code}'];
    expect(await succeed(curl!, [...status, url('/v3/kv/range'), '-d', '{broken'])).toBe('400');
    expect(await succeed(curl!, [...status, url('/v3/nothing'), '-d', '{}'])).toBe('404');
    expect(await succeed(curl!, [...status, url('/health')])).toBe('200');
  });

  /** Watches until `lines` answers have come, and is then killed. */
  async function watch(key: string, lines: number, created: () => void): Promise<string[]> {
    const body = JSON.stringify({ create_request: { key: b64(key) } });
    const child = spawn(curl!, ['-sN', url('/v3/watch'), '-d', body], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const gone = once(child, 'exit');
    let text = '';
    for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      if (text === '') created();
      text += chunk;
      if (text.split('\n').length > lines) break;
    }
    child.kill('SIGKILL');
    await gone;
    return text.trim().split('\n').slice(0, lines);
  }

  it('watches, and takes the server down with it neither once nor often', async () => {
    for (let round = 0; round < 5; round++) {
      const value = b64(`v${round}`);
      const lines = await watch('watched', 2, () => {
        void post('/v3/kv/put', { key: b64('watched'), value });
      });
      expect(JSON.parse(lines[0]!)).toMatchObject({ result: { created: true } });
      expect(JSON.parse(lines[1]!)).toMatchObject({ result: { events: [{ kv: { value } }] } });
    }
    await eventually('the server to be well', async () => {
      const health = await succeed(curl!, ['-s', url('/health')]);
      return (JSON.parse(health) as { health: string }).health === 'true';
    });
  });

  it('locks, elects and signs in', async () => {
    const { key } = await post('/v3/lock/lock', { name: b64('mutex') });
    expect(await post('/v3/lock/unlock', { key })).toHaveProperty('header');
    const { ID: lease } = await post('/v3/lease/grant', { TTL: 60 });
    const name = b64('boss');
    const { leader } = await post('/v3/election/campaign', { name, lease, value: b64('me') });
    expect(await post('/v3/election/leader', { name })).toMatchObject({ kv: { value: b64('me') } });
    expect(await post('/v3/election/resign', { leader: leader as object })).toHaveProperty(
      'header',
    );
    await post('/v3/auth/user/add', { name: 'root', password: 'secret' });
    await post('/v3/auth/role/add', { name: 'root' });
    await post('/v3/auth/user/grant', { user: 'root', role: 'root' });
    await post('/v3/auth/enable', {});
    const credentials = { name: 'root', password: 'secret' };
    const { token } = await post('/v3/auth/authenticate', credentials);
    const signed = ['-s', '-H', `Authorization: ${String(token)}`, '-d', '{}'];
    expect(await succeed(curl!, [...signed, url('/v3/auth/user/list')])).toContain('"root"');
    expect(await post('/v3/auth/user/list', {})).toHaveProperty('code');
    await succeed(curl!, [...signed, url('/v3/auth/disable')]);
  });
});
