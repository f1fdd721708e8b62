/**
 * What must not be sent, with the code and the text that answer it; and that the server goes on.
 * The rows of single calls that are well formed are in `kv.test.ts`, `lease.test.ts` and
 * `auth.test.ts`; what is wrong with files and folders in `store/main.test.ts`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeMessage, type Plain } from './etcd-proto.ts';
import { RawClient } from './raw-client.ts';
import { contenders, type TestServer } from './servers.ts';

const notFound = { code: 5, details: 'etcdserver: requested lease not found' };
const compacted = { code: 11, details: 'etcdserver: mvcc: required revision has been compacted' };
const future = {
  code: 11,
  details: 'etcdserver: mvcc: required revision is a future revision',
};
const invalid = (text: string) => ({ code: 3, details: `etcdserver: ${text}` });

/** A field of two bytes that announces nine. */
const CUT_SHORT = Buffer.of(0x0a, 9, 1);
/** A tag that no message has: field 0. */
const NO_FIELD = Buffer.of(0x00, 0x01);
/** A number that never ends. */
const ENDLESS = Buffer.alloc(16, 0xff);

describe.each(contenders)('$name', ({ name, start }) => {
  let server: TestServer;
  let client: RawClient;

  beforeAll(async () => {
    server = await start();
    client = new RawClient(server.address);
    for (let i = 0; i < 5; i++) await client.call('Put', { key: 'k', value: String(i) });
    await client.call('Compact', { revision: 5 });
  });
  afterAll(async () => {
    client.close();
    await server.stop();
  });

  describe.each([
    ['cut short', CUT_SHORT],
    ['of no field', NO_FIELD],
    ['with an endless number', ENDLESS],
  ])('a message %s', (_, bytes) => {
    it.each([
      ...['Range', 'Put', 'DeleteRange', 'Txn', 'Compact', 'LeaseGrant', 'LeaseRevoke'],
      ...['LeaseTimeToLive', 'Alarm', 'HashKV', 'Authenticate', 'UserAdd', 'RoleGrantPermission'],
    ])('is refused by %s', async (method) => {
      await expect(client.send(method, bytes)).rejects.toMatchObject({
        code: 13,
        details: expect.stringMatching(/^grpc: .*unmarshal/) as unknown,
      });
    });

    it.each(['watch', 'keepAlive'] as const)('ends a stream: %s', async (open) => {
      const stream = client[open]();
      stream.sendBytes(bytes);
      expect(await stream.ended).toMatchObject({
        code: 13,
        details: expect.stringMatching(/^grpc: .*unmarshal/) as unknown,
      });
    });
  });

  const nest = (operation: Plain, depth: number): Plain =>
    depth === 0 ? operation : { request_txn: { success: [nest(operation, depth - 1)] } };
  const put = { request_put: { key: 'k' } };

  it.each<[string, string, Plain, object]>([
    ['a revision that is compacted', 'Range', { key: 'k', revision: 2 }, compacted],
    ['a compaction of what is compacted', 'Compact', { revision: 4 }, compacted],
    ['a compaction to nothing', 'Compact', { revision: 0 }, compacted],
    ['a revision to come', 'Range', { key: 'k', revision: 1_000_000 }, future],
    ['a compaction to come', 'Compact', { revision: 1_000_000 }, future],
    ['a hash of what is to come', 'HashKV', { revision: 1_000_000 }, future],
    ['no key', 'Range', { key: '', range_end: 'z' }, invalid('key is not provided')],
    [
      'no key, deep in a transaction',
      'Txn',
      { success: [nest({ request_put: { key: '' } }, 3)] },
      invalid('key is not provided'),
    ],
    [
      'a key put twice, in branches of one transaction',
      'Txn',
      { success: [put, nest(put, 2)] },
      invalid('duplicate key given in txn request'),
    ],
    [
      'a key put and deleted',
      'Txn',
      { success: [put, { request_delete_range: { key: 'a', range_end: 'z' } }] },
      invalid('duplicate key given in txn request'),
    ],
    [
      'too many comparisons',
      'Txn',
      { compare: Array.from({ length: 129 }, () => ({ key: 'k' })) },
      invalid('too many operations in txn request'),
    ],
    [
      'too many operations, in the branch that is not taken',
      'Txn',
      { failure: Array.from({ length: 129 }, () => ({ request_range: { key: 'k' } })) },
      invalid('too many operations in txn request'),
    ],
    [
      'too many operations, nested',
      'Txn',
      { success: [nest({ request_txn: { success: Array.from({ length: 129 }, () => put) } }, 1)] },
      invalid('too many operations in txn request'),
    ],
    ['a put on an unknown lease', 'Put', { key: 'k', lease: 404 }, notFound],
    ['the end of an unknown lease', 'LeaseRevoke', { ID: 404 }, notFound],
    [
      'a transaction on an unknown lease',
      'Txn',
      { success: [{ request_put: { key: 'k', lease: 404 } }] },
      notFound,
    ],
    [
      'a lease for longer than a lease may be',
      'LeaseGrant',
      { TTL: '9223372036854775807' },
      { code: 11, details: 'etcdserver: too large lease TTL' },
    ],
    [
      'a token, where none are given out',
      'Authenticate',
      { name: 'root', password: 'x' },
      { code: 9, details: 'etcdserver: authentication is not enabled' },
    ],
  ])('%s', async (...[, method, request, failure]) => {
    expect(await client.refusal(method, request)).toEqual(failure);
  });

  it('the renewal of an unknown lease, which is answered with no time left', async () => {
    const stream = client.keepAlive();
    stream.send({ ID: 404 });
    const answer = await stream.next();
    expect([answer['ID'], answer['TTL']]).toEqual(['404', undefined]);
    expect(await client.call('LeaseTimeToLive', { ID: 404 })).toMatchObject({ TTL: '-1' });
    stream.cancel();
  });

  it('a token of nobody’s, which nobody looks at without authentication (3.4 does)', async () => {
    client.useToken('nonsense');
    const outcome = await client.call('Range', { key: 'k' }).then(
      ({ count }) => count,
      ({ code, details }: { code: number; details: string }) => ({ code, details }),
    );
    client.useToken();
    const refused = { code: 16, details: 'etcdserver: invalid auth token' };
    expect(outcome).toEqual(name === 'etcd' ? refused : '1');
  });

  it('after all of it, what was written is there, and no more', async () => {
    const { header, kvs } = await client.call('Range', { key: '\0', range_end: '\0' });
    expect((header as Plain)['revision']).toBe('6');
    expect(kvs).toMatchObject([{ key: 'k', value: '4', version: '5' }]);
    const bytes = encodeMessage('RangeRequest', { key: 'k' });
    expect((await client.send('Range', bytes)).length).toBeGreaterThan(0);
  });
});
