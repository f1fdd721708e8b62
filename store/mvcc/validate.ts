/**
 * What a request must satisfy before it is proposed, whatever the state: etcd's checks at its
 * API. Each throws a StoreError.
 */
import { StoreError } from '../kv.ts';
import type { DeleteRangeRequest, PutRequest, RangeRequest, RequestOp, TxnRequest } from '../kv.ts';
import { contains } from './interval.ts';
import type { Interval } from './interval.ts';
import { NO_LEASE } from './version.ts';

export function validateRange(request: RangeRequest): void {
  if (request.key === '') throw new StoreError('emptyKey');
}

export function validatePut(request: PutRequest): void {
  if (request.key === '') throw new StoreError('emptyKey');
  if (request.ignoreValue === true && request.value.length !== 0)
    throw new StoreError('valueProvided');
  if (request.ignoreLease === true && (request.lease ?? NO_LEASE) !== NO_LEASE)
    throw new StoreError('leaseProvided');
}

export function validateDeleteRange(request: DeleteRangeRequest): void {
  if (request.key === '') throw new StoreError('emptyKey');
}

/** A nested transaction has what its parent left of the budget of operations. */
export function validateTxn(request: TxnRequest, maxOps: number): void {
  checkOps(request, maxOps);
  checkWrites(request.success);
  checkWrites(request.failure);
}

function checkOps(request: TxnRequest, maxOps: number): void {
  const { compare, success, failure } = request;
  const used = Math.max(compare.length, success.length, failure.length);
  if (used > maxOps) throw new StoreError('tooManyOps');
  for (const { key } of compare) if (key === '') throw new StoreError('emptyKey');
  for (const operation of success) checkOp(operation, maxOps - used);
  for (const operation of failure) checkOp(operation, maxOps - used);
}

function checkOp(operation: RequestOp, opsLeft: number): void {
  switch (operation.type) {
    case 'range':
      return validateRange(operation.request);
    case 'put':
      return validatePut(operation.request);
    case 'deleteRange':
      return validateDeleteRange(operation.request);
    case 'txn':
      return checkOps(operation.request, opsLeft);
    case 'empty':
      throw new StoreError('keyNotFound');
  }
}

interface Writes {
  readonly puts: Set<string>;
  readonly deletes: Interval[];
}

/**
 * On any one path of execution a key is put at most once and never inside a deleted interval.
 * The two branches of a nested transaction exclude each other, so they may put the same key.
 */
function checkWrites(operations: readonly RequestOp[]): Writes {
  const puts = new Set<string>();
  const deletes: Interval[] = [];
  for (const operation of operations)
    if (operation.type === 'deleteRange') deletes.push(operation.request);
  const add = (key: string): void => {
    if (puts.has(key) || deletes.some((interval) => contains(interval, key)))
      throw new StoreError('duplicateKey');
    puts.add(key);
  };
  for (const operation of operations) {
    if (operation.type !== 'txn') continue;
    const success = checkWrites(operation.request.success);
    const failure = checkWrites(operation.request.failure);
    for (const key of new Set([...success.puts, ...failure.puts])) add(key);
    deletes.push(...success.deletes, ...failure.deletes);
  }
  for (const operation of operations) if (operation.type === 'put') add(operation.request.key);
  return { puts, deletes };
}
