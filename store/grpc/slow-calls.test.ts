import { expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { silentLogger } from '../../platform/logger.ts';
import { encodeMessage } from './schema/codec.ts';
import { SlowCalls } from './slow-calls.ts';

it('tells of slow calls what etcd tells, and no values', async () => {
  const lines: object[] = [];
  const clock = new FakeClock();
  const logger = { ...silentLogger, warn: (fields: object) => void lines.push(fields) };
  const slow = new SlowCalls({ clock, logger, afterMs: 300 });
  const began = slow.now();
  await clock.advance(300);
  const key = Buffer.from('k');
  const value = Buffer.from('secret');
  const put = { path: '/etcdserverpb.KV/Put', began, remote: '192.0.2.1:4' };
  const request = encodeMessage('PutRequest', { key, value });
  slow.ended({ ...put, request, answer: Buffer.alloc(0) });
  expect(lines).toEqual([]);
  await clock.advance(1);
  slow.ended({ ...put, request, answer: Buffer.alloc(0) });
  slow.ended({
    ...{ ...put, path: '/etcdserverpb.KV/Txn' },
    request: encodeMessage('TxnRequest', {
      compare: [{ key, target: 3, value }],
      success: [{ request_put: { key, value } }],
    }),
    answer: encodeMessage('TxnResponse', { succeeded: true }),
  });
  const range = encodeMessage('RangeRequest', { key, limit: 2 });
  const parts = [][Symbol.iterator]();
  slow.ended({
    ...{ ...put, path: '/etcdserverpb.KV/Range', request: range },
    answer: { length: 9999, parts, count: 120 },
  });
  slow.ended({ ...put, path: '/etcdserverpb.KV/DeleteRange', request: range });
  slow.ended({ ...put, request: Buffer.from([0xff]) });
  slow.ended({ ...put, path: '/etcdserverpb.Auth/Authenticate', request });
  expect(JSON.stringify(lines)).not.toContain('secret');
  expect(lines[0]).toEqual({
    'time spent': '301.000ms',
    remote: '192.0.2.1:4',
    'response type': '/etcdserverpb.KV/Put',
    'request count': 1,
    'request size': request.length,
    'response count': 0,
    'response size': 0,
    'request content': 'key:"k" value_size:6',
  });
  const about = (line: object): unknown[] => {
    const [, , , requests, , ...rest] = Object.values(line) as unknown[];
    return [requests, ...rest];
  };
  expect(lines.slice(1).map(about)).toEqual([
    [
      ...[1, 0, 2],
      'compare:<target:3 key:"k" value_size:6> success:<request_put:<key:"k" value_size:6>>',
    ],
    [0, 120, 9999, 'key:"k" limit:2'],
    [0, 0, 0, 'key:"k" prev_kv:true'],
    // Of what is no message nothing can be told.
    [-1, -1, -1, ''],
    [-1, -1, -1, ''],
  ]);
});
