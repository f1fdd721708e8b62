/**
 * etcd's KV contract (test expectations are etcd 3.6's; where Debian's 3.4.23 differs the test
 * says so), through a client that hides nothing, against our server and the real one.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeMessage, type Plain } from './etcd-proto.ts';
import { RawClient } from './raw-client.ts';
import { contenders, type TestServer } from './servers.ts';

const revisionOf = (response: Plain): number =>
  Number((response['header'] as Plain)['revision'] ?? '0');
const keysOf = (response: Plain): unknown[] =>
  ((response['kvs'] ?? []) as Plain[]).map((kv) => kv['key']);
const put = (key: string, value = 'v') => ({ request_put: { key, value } });
const range = (key: string, more: Plain = {}) => ({ request_range: { key, ...more } });
const del = (key: string, end?: string) => ({
  request_delete_range: { key, ...(end === undefined ? {} : { range_end: end }) },
});

describe.each(contenders)('KV of $name', ({ name, start }) => {
  let server: TestServer;
  let client: RawClient;
  let prefixes = 0;
  /** Keys below it belong to one test. */
  const fresh = (): string => `t${prefixes++}/`;

  beforeAll(async () => {
    server = await start();
    client = new RawClient(server.address);
  });
  afterAll(async () => {
    client.close();
    await server.stop();
  });

  it('starts at revision 1 with a full header, and the first write makes 2', async () => {
    const empty = await client.call('Range', { key: 'nothing' });
    expect(empty).toEqual({
      header: {
        cluster_id: expect.stringMatching(/^\d+$/) as unknown,
        member_id: expect.stringMatching(/^\d+$/) as unknown,
        revision: '1',
        raft_term: expect.stringMatching(/^\d+$/) as unknown,
      },
    });
    expect(revisionOf(await client.call('Put', { key: 'first', value: '1' }))).toBe(2);
  });

  it('counts versions, and starts over after a delete', async () => {
    const key = `${fresh()}k`;
    const r1 = revisionOf(await client.call('Put', { key, value: 'a' }));
    const second = await client.call('Put', { key, value: 'b', prev_kv: true });
    expect(second['prev_kv']).toEqual({
      ...{ key, value: 'a', version: '1' },
      ...{ create_revision: String(r1), mod_revision: String(r1) },
    });
    await client.call('DeleteRange', { key });
    await client.call('Put', { key, value: 'c' });
    const { kvs } = await client.call('Range', { key });
    const now = String(r1 + 3);
    expect(kvs).toEqual([
      { key, value: 'c', version: '1', create_revision: now, mod_revision: now },
    ]);
  });

  it('does not advance the revision for what changes nothing', async () => {
    const before = revisionOf(await client.call('Range', { key: 'a' }));
    const gone = await client.call('DeleteRange', { key: `${fresh()}absent` });
    expect(revisionOf(gone)).toBe(before);
    expect(gone['deleted']).toBeUndefined();
    const txn = await client.call('Txn', { compare: [], success: [], failure: [] });
    expect(txn['succeeded']).toBe(true);
    expect(revisionOf(txn)).toBe(before);
  });

  it('ranges: limits, counts, open ends, keys only, bytes', async () => {
    const p = fresh();
    for (const key of ['a', 'b', 'c', 'd', '\xff']) await client.call('Put', { key: p + key });
    const all = { key: p, range_end: p.slice(0, -1) + '0' };
    const limited = await client.call('Range', { ...all, limit: 2 });
    expect(keysOf(limited)).toEqual([`${p}a`, `${p}b`]);
    expect(limited).toMatchObject({ more: true, count: '5' });
    expect((await client.call('Range', { ...all, limit: 5 }))['more']).toBeUndefined();
    const counted = await client.call('Range', { ...all, count_only: true });
    expect(counted).toMatchObject({ count: '5' });
    expect(counted['kvs']).toBeUndefined();
    const open = await client.call('Range', { key: `${p}d`, range_end: '\0', limit: 1 });
    expect(keysOf(open)).toEqual([`${p}d`]);
    const inverted = await client.call('Range', { key: `${p}d`, range_end: `${p}a` });
    expect(inverted['count']).toBeUndefined();
  });

  it('sorts and filters, and counts what the filter left out', async () => {
    const p = fresh();
    const all = { key: p, range_end: p.slice(0, -1) + '0' };
    const r = revisionOf(await client.call('Put', { key: `${p}a`, value: '2' }));
    await client.call('Put', { key: `${p}b`, value: '3' });
    await client.call('Put', { key: `${p}c`, value: '1' });
    const byValue = await client.call('Range', { ...all, sort_target: 'VALUE' });
    expect(keysOf(byValue)).toEqual([`${p}c`, `${p}a`, `${p}b`]);
    const down = { ...all, sort_target: 'MOD', sort_order: 'DESCEND', limit: 2 };
    const newest = await client.call('Range', down);
    expect(keysOf(newest)).toEqual([`${p}c`, `${p}b`]);
    expect(newest['more']).toBe(true);
    const filtered = await client.call('Range', { ...all, min_mod_revision: r + 1 });
    expect(keysOf(filtered)).toEqual([`${p}b`, `${p}c`]);
    expect(filtered['count']).toBe('3');
  });

  it('reads the past with the present revision in the header', async () => {
    const key = `${fresh()}k`;
    const r = revisionOf(await client.call('Put', { key, value: 'old' }));
    await client.call('Put', { key, value: 'new' });
    const past = await client.call('Range', { key, revision: r });
    expect(past['kvs']).toMatchObject([{ value: 'old', version: '1' }]);
    expect(revisionOf(past)).toBe(r + 1);
    const negative = await client.call('Range', { key, revision: -7 });
    expect(negative['kvs']).toMatchObject([{ value: 'new' }]);
  });

  it("refuses in etcd's words", async () => {
    const key = `${fresh()}k`;
    const cases: [string, Plain, number, string][] = [
      ['Range', { key: '' }, 3, 'key is not provided'],
      ['Put', { key: '' }, 3, 'key is not provided'],
      ['DeleteRange', { key: '' }, 3, 'key is not provided'],
      ['Put', { key, value: 'v', ignore_value: true }, 3, 'value is provided'],
      ['Put', { key, lease: 5, ignore_lease: true }, 3, 'lease is provided'],
      ['Put', { key, ignore_value: true }, 3, 'key not found'],
      ['Put', { key, ignore_lease: true }, 3, 'key not found'],
      ['Put', { key, lease: 5 }, 5, 'requested lease not found'],
      ['Range', { key, revision: 1e9 }, 11, 'mvcc: required revision is a future revision'],
      ['Txn', { compare: [{ key: '' }] }, 3, 'key is not provided'],
      ['Txn', { success: [{}] }, 3, 'key not found'],
      ['Txn', { success: [put(key), put(key)] }, 3, 'duplicate key given in txn request'],
      ['Txn', { success: [del(key), put(key)] }, 3, 'duplicate key given in txn request'],
      [
        'Txn',
        { success: Array.from({ length: 129 }, () => range(key)) },
        3,
        'too many operations in txn request',
      ],
      ['Compact', { revision: 1e9 }, 11, 'mvcc: required revision is a future revision'],
      ['LeaseRevoke', { ID: 77 }, 5, 'requested lease not found'],
    ];
    for (const [method, request, code, text] of cases) {
      const failure = await client.refusal(method, request);
      expect({ method, request, failure }).toEqual({
        ...{ method, request },
        failure: { code, details: `etcdserver: ${text}` },
      });
    }
  });

  it('refuses an unknown sort option (3.4 ignores it)', async () => {
    const request = Buffer.concat([
      encodeMessage('RangeRequest', { key: 'a' }),
      Buffer.of(0x28, 9),
    ]);
    const outcome = await client.send('Range', request).then(
      () => 'answered',
      (error: { details: string }) => error.details,
    );
    expect(outcome).toBe(name === 'etcd' ? 'answered' : 'etcdserver: invalid sort option');
  });

  it('refuses what is too large: first the store, then the transport', async () => {
    const key = `${fresh()}k`;
    const refusal = (size: number) => client.refusal('Put', { key, value: 'v'.repeat(size) });
    expect(await refusal(1_600_000)).toEqual({
      code: 3,
      details: 'etcdserver: request is too large',
    });
    const { code, details } = await refusal(2_200_000);
    expect(code).toBe(8);
    expect(details).toMatch(/^grpc: received message larger than max \(\d+ vs\. 2097152\)$/);
    await client.call('Put', { key, value: 'v'.repeat(1_500_000) });
    const { kvs } = await client.call('Range', { key });
    expect((kvs as { value: string }[])[0]!.value.length).toBe(1_500_000);
  });

  it('answers a broken message as a transport does', async () => {
    await expect(client.send('Range', Buffer.of(0x0a, 9, 1))).rejects.toMatchObject({
      code: 13,
      details: expect.stringMatching(/^grpc: .*unmarshal/) as unknown,
    });
  });

  it('runs transactions in order on one revision', async () => {
    const p = fresh();
    const before = revisionOf(await client.call('Put', { key: `${p}a`, value: '1' }));
    const response = await client.call('Txn', {
      compare: [{ target: 'VALUE', key: `${p}a`, value: '1' }],
      success: [put(`${p}b`, '2'), range(`${p}b`), del(`${p}a`), range(`${p}a`)],
      failure: [put(`${p}never`)],
    });
    const now = String(before + 1);
    const header = { revision: now };
    expect(response).toMatchObject({ header, succeeded: true });
    const { responses } = response as { responses: Plain[] };
    expect(responses.map((r) => Object.keys(r)[0])).toEqual([
      ...['response_put', 'response_range'],
      ...['response_delete_range', 'response_range'],
    ]);
    expect(responses[1]!['response_range']).toMatchObject({
      kvs: [{ key: `${p}b`, create_revision: now, mod_revision: now }],
      count: '1',
    });
    expect(responses[2]!['response_delete_range']).toMatchObject({ deleted: '1' });
  });

  it('gives inner headers of a transaction the revision only', async () => {
    const p = fresh();
    const { responses } = await client.call('Txn', { success: [put(`${p}a`), range(`${p}b`)] });
    for (const response of responses as Plain[]) {
      const [inner] = Object.values(response) as Plain[];
      expect(Object.keys(inner!['header'] as Plain)).toEqual(['revision']);
    }
  });

  it('compares the state before the transaction, nested ones too', async () => {
    const p = fresh();
    const response = await client.call('Txn', {
      success: [
        put(`${p}a`, 'new'),
        {
          request_txn: {
            compare: [{ target: 'CREATE', key: `${p}a`, create_revision: 0 }],
            success: [put(`${p}was-absent`)],
            failure: [put(`${p}was-there`)],
          },
        },
      ],
    });
    const nested = (response['responses'] as Plain[])[1]!['response_txn'] as Plain;
    expect(nested['succeeded']).toBe(true);
    expect(keysOf(await client.call('Range', { key: `${p}was`, range_end: `${p}wat` }))).toEqual([
      `${p}was-absent`,
    ]);
  });

  it('knows how absent keys compare', async () => {
    const key = `${fresh()}absent`;
    const holds = async (compare: Plain): Promise<boolean> =>
      (await client.call('Txn', { compare: [{ key, ...compare }] }))['succeeded'] === true;
    expect(await holds({ target: 'VERSION', version: 0 })).toBe(true);
    expect(await holds({ target: 'MOD', result: 'LESS', mod_revision: 1 })).toBe(true);
    expect(await holds({ target: 'LEASE', lease: 0 })).toBe(true);
    expect(await holds({ target: 'VALUE', value: '' })).toBe(false);
    expect(await holds({ target: 'VALUE', result: 'NOT_EQUAL', value: 'x' })).toBe(false);
  });

  it('applies nothing of a transaction that fails', async () => {
    const p = fresh();
    const before = revisionOf(await client.call('Range', { key: 'a' }));
    const request = { success: [put(`${p}a`), { request_put: { key: `${p}b`, lease: 99 } }] };
    expect(await client.refusal('Txn', request)).toEqual({
      code: 5,
      details: 'etcdserver: requested lease not found',
    });
    expect(revisionOf(await client.call('Range', { key: `${p}a` }))).toBe(before);
  });

  it('lets one key be put in both branches, and ranges be deleted twice', async () => {
    const p = fresh();
    const both = { success: [put(`${p}a`)], failure: [put(`${p}a`)] };
    expect((await client.call('Txn', both))['succeeded']).toBe(true);
    const overlapping = { success: [del(p, `${p}z`), del(`${p}a`)] };
    expect((await client.call('Txn', overlapping))['succeeded']).toBe(true);
  });

  it('compacts: history goes, the newest stays, the floor is readable', async () => {
    const key = `${fresh()}k`;
    const r = revisionOf(await client.call('Put', { key, value: '1' }));
    await client.call('Put', { key, value: '2' });
    await client.call('Put', { key, value: '3' });
    const compacted = await client.call('Compact', { revision: r + 1, physical: true });
    expect(revisionOf(compacted)).toBe(r + 2);
    const gone = { code: 11, details: 'etcdserver: mvcc: required revision has been compacted' };
    expect(await client.refusal('Range', { key, revision: r })).toEqual(gone);
    expect(await client.refusal('Compact', { revision: r + 1 })).toEqual(gone);
    const floor = await client.call('Range', { key, revision: r + 1 });
    expect(floor['kvs']).toMatchObject([{ value: '2' }]);
    const inTxn = { success: [range(key, { revision: r })] };
    expect(await client.refusal('Txn', inTxn)).toEqual(gone);
  });

  it('tells its status, its members and its lack of alarms', async () => {
    const status = await client.call('Status');
    const { header } = status as { header: Plain };
    expect(status).toMatchObject({ leader: header['member_id'], raftTerm: header['raft_term'] });
    expect(String(status['version'])).toMatch(/^3\.\d+\.\d+$/);
    expect(Number(status['dbSize'])).toBeGreaterThan(0);
    expect((await client.call('Alarm', { action: 'GET' }))['alarms']).toBeUndefined();
    const list = await client.call('MemberList', {});
    expect((list['header'] as Plain)['revision']).toBeUndefined();
    expect(list['members']).toMatchObject([
      { ID: header['member_id'], name: 'default', clientURLs: [`http://${server.address}`] },
    ]);
  });
});
