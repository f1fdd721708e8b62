/** Arbitrary commands over few keys, so that they meet each other. */
import fc from 'fast-check';
import { StoreError } from '../../store/kv.ts';
import type { PutRequest, RangeRequest, RequestOp, TxnRequest } from '../../store/kv.ts';
import type { StoreCommand } from '../../store/mvcc/command.ts';
import { validateTxn } from '../../store/mvcc/validate.ts';

const key = fc.constantFrom('a', 'b', 'b1', 'c', 'd');
export const interval = fc
  .record({ key, rangeEnd: fc.constantFrom(undefined, 'b', 'c', 'z', '\0') })
  .map(({ key, rangeEnd }) => (rangeEnd === undefined ? { key } : { key, rangeEnd }));
const value = fc.constantFrom('', 'x', 'yy', 'z'.repeat(150)).map((text) => Buffer.from(text));
const lease = fc.constantFrom('0', '0', '1', '2');
export const revision = fc.integer({ min: 0, max: 40 });

const put: fc.Arbitrary<PutRequest> = fc.oneof(
  fc.record({ key, value, lease, prevKv: fc.boolean() }),
  fc.record({ key, value: fc.constant(Buffer.alloc(0)), ignoreValue: fc.constant(true), lease }),
  fc.record({ key, value, ignoreLease: fc.constant(true), prevKv: fc.boolean() }),
);
const deletion = fc.tuple(interval, fc.boolean()).map(([at, prevKv]) => ({ ...at, prevKv }));
const target = fc.constantFrom('key', 'version', 'create', 'mod', 'value');
const sort = fc.record({ target, order: fc.constantFrom('ascend', 'descend') });
const range: fc.Arbitrary<RangeRequest> = fc
  .tuple(
    interval,
    fc.record(
      {
        limit: fc.integer({ min: 0, max: 4 }),
        revision: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, revision),
        sort,
        keysOnly: fc.boolean(),
        countOnly: fc.boolean(),
        minModRevision: fc.integer({ min: 0, max: 20 }),
        maxCreateRevision: fc.integer({ min: 0, max: 20 }),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([at, options]) => ({ ...at, ...options }));
const compare = fc
  .tuple(
    interval,
    fc.constantFrom('equal', 'greater', 'less', 'notEqual'),
    fc.oneof(
      fc.record({
        target: fc.constantFrom('version', 'create', 'mod'),
        operand: fc.integer({ min: 0, max: 12 }),
      }),
      fc.record({ target: fc.constant('lease'), operand: lease }),
      fc.record({ target: fc.constant('value'), operand: value }),
    ),
  )
  .map(([at, result, rest]) => ({ ...at, result, ...rest }));
export const txn: fc.Arbitrary<TxnRequest> = fc.letrec<{ txn: TxnRequest; op: RequestOp }>(
  (tie) => ({
    op: fc.oneof(
      { maxDepth: 2 },
      put.map((request): RequestOp => ({ type: 'put', request })),
      range.map((request): RequestOp => ({ type: 'range', request })),
      deletion.map((request): RequestOp => ({ type: 'deleteRange', request })),
      tie('txn').map((request): RequestOp => ({ type: 'txn', request })),
    ),
    txn: fc.record({
      compare: fc.array(compare, { maxLength: 2 }),
      success: fc.array(tie('op'), { maxLength: 3 }),
      failure: fc.array(tie('op'), { maxLength: 3 }),
    }),
  }),
).txn;

export type Step =
  | { readonly do: 'apply'; readonly command: StoreCommand }
  | { readonly do: 'read'; readonly request: RangeRequest }
  | { readonly do: 'shell'; readonly act: 'flush' | 'remove' | 'restart' | 'drain' };
const apply = (command: StoreCommand): Step => ({ do: 'apply', command });
const checkpoint = (id: string): StoreCommand => ({
  type: 'leaseCheckpoint',
  checkpoints: [{ id, remainingSeconds: 3 }],
});
const alarm: fc.Arbitrary<StoreCommand> = fc.record({
  type: fc.constant('alarm'),
  // Disarmed more often than raised, so that most of a script runs without alarms.
  action: fc.constantFrom('activate', 'deactivate', 'deactivate', 'deactivate'),
  memberId: fc.constantFrom('7', '8'),
  alarm: fc.constantFrom('noSpace', 'noSpace', 'corrupt'),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: put.map((request) => apply({ type: 'put', request })) },
  { weight: 3, arbitrary: deletion.map((request) => apply({ type: 'deleteRange', request })) },
  { weight: 6, arbitrary: txn.map((request) => apply({ type: 'txn', request })) },
  { weight: 2, arbitrary: revision.map((at) => apply({ type: 'compact', revision: at })) },
  { weight: 2, arbitrary: lease.map((id) => apply({ type: 'leaseGrant', id, ttlSeconds: 5 })) },
  { weight: 1, arbitrary: lease.map((id) => apply({ type: 'leaseRevoke', id })) },
  { weight: 1, arbitrary: alarm.map((command) => apply(command)) },
  { weight: 1, arbitrary: lease.map((id) => apply(checkpoint(id))) },
  { weight: 6, arbitrary: range.map((request): Step => ({ do: 'read', request })) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom('flush', 'remove', 'restart', 'drain')
      .map((act): Step => ({ do: 'shell', act })),
  },
);
export const steps = fc.array(step, { maxLength: 60, size: 'max' });

/** Lease "0" means none, and transactions that the API refuses never reach the log. */
export function proposable(command: StoreCommand): boolean {
  if (command.type === 'leaseGrant' || command.type === 'leaseRevoke') return command.id !== '0';
  if (command.type !== 'txn') return true;
  try {
    validateTxn(command.request, 128);
    return true;
  } catch (error) {
    if (error instanceof StoreError) return false;
    throw error;
  }
}
