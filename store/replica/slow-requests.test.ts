import { expect, it } from 'vitest';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { silentLogger } from '../../platform/logger.ts';
import type { Command } from '../mvcc/command.ts';
import { SlowRequests } from './slow-requests.ts';

it('counts and tells what took longer than it should, without values', async () => {
  const lines: object[] = [];
  const clock = new FakeClock();
  const logger = { ...silentLogger, warn: (fields: object) => void lines.push(fields) };
  const slow = new SlowRequests({ clock, logger, warningApplyDurationMs: 100 });
  const value = Buffer.from('secret');
  const put = { type: 'put', request: { key: 'a"b', value } } as const;
  const txn = {
    compare: [{ key: 'k', target: 'value', operand: value, result: 'equal' }],
    success: [put, { type: 'range', request: { key: 'a', rangeEnd: 'c', limit: 5 } }],
    failure: [{ type: 'deleteRange', request: { key: 'a' } }],
  } as const;
  const auth: Command = {
    type: 'auth',
    change: { do: 'userChangePassword', user: 'u', passwordHash: 'secret' },
  };
  const began = slow.now();
  await clock.advance(100);
  slow.applied(put, began);
  expect([slow.count, lines]).toEqual([0, []]);
  await clock.advance(1);
  slow.applied(put, began);
  slow.applied(auth, began);
  slow.readRange({ key: 'a', serializable: true, limit: 0 }, began);
  slow.readTxn(txn, began);
  expect(slow.count).toBe(4);
  expect(JSON.stringify(lines)).not.toContain('secret');
  const timed = { took: '101.000ms', 'expected-duration': '100ms' };
  expect(lines).toEqual([
    { ...timed, prefix: '', request: 'put:<key:"a\\"b" value_size:6>' },
    { ...timed, prefix: '', request: 'auth:<userChangePassword>' },
    { ...timed, prefix: 'read-only range ', request: 'key:"a" serializable:true' },
    {
      ...timed,
      prefix: 'read-only txn ',
      request:
        'compare:<value key:"k"> success:<put:<key:"a\\"b" value_size:6> ' +
        'range:<key:"a" range_end:"c" limit:5>> failure:<delete_range:<key:"a">>',
    },
  ]);
});
