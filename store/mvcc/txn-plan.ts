/**
 * Decides a transaction: which branch of it and of its nested transactions runs. Every compare
 * looks at the state before the transaction.
 */
import { StoreError } from '../kv.ts';
import type { Compare, PutRequest, RangeRequest, RequestOp, TxnRequest } from '../kv.ts';
import type { KeyIndex } from './key-index.ts';
import type { Lessor } from './lessor.ts';
import { select, wantsValues } from './range.ts';
import { NO_LEASE } from './version.ts';
import type { Version } from './version.ts';

export type PlannedOp =
  | Exclude<RequestOp, { type: 'txn' } | { type: 'empty' }>
  | { readonly type: 'txn'; readonly plan: TxnPlan };

export interface TxnPlan {
  readonly succeeded: boolean;
  readonly operations: readonly PlannedOp[];
}

export function planTxn(index: KeyIndex, request: TxnRequest): TxnPlan {
  const succeeded = request.compare.every((compare) => holds(index, compare));
  const chosen = succeeded ? request.success : request.failure;
  const operations = chosen.map((operation): PlannedOp => {
    if (operation.type === 'empty') throw new StoreError('keyNotFound');
    if (operation.type !== 'txn') return operation;
    return { type: 'txn', plan: planTxn(index, operation.request) };
  });
  return { succeeded, operations };
}

function writes(plan: TxnPlan): boolean {
  return plan.operations.some((operation) =>
    operation.type === 'txn' ? writes(operation.plan) : operation.type !== 'range',
  );
}

/** Versions whose values the compares look at, in both branches. */
export function comparedVersions(index: KeyIndex, request: TxnRequest, into: Version[]): void {
  for (const compare of request.compare)
    if (compare.target === 'value')
      index.visit(compare, undefined, (version) => into.push(version));
  for (const branch of [request.success, request.failure])
    for (const operation of branch)
      if (operation.type === 'txn') comparedVersions(index, operation.request, into);
}

/** Versions whose values the plan's operations answer with. May be more than they need. */
export function answeredVersions(index: KeyIndex, plan: TxnPlan, into: Version[]): void {
  // An operation may change what a later range with a limit picks, so limits are left out.
  const limited = !writes(plan);
  const see = (version: Version): void => void into.push(version);
  for (const operation of plan.operations) {
    switch (operation.type) {
      case 'range': {
        if (!wantsValues(operation.request)) break;
        const request = limited ? operation.request : { ...operation.request, limit: 0 };
        into.push(...select(index, request, revisionOf(request)).versions);
        break;
      }
      case 'put':
        if (needsPrevious(operation.request))
          index.visit({ key: operation.request.key }, undefined, see);
        break;
      case 'deleteRange':
        if (operation.request.prevKv === true) index.visit(operation.request, undefined, see);
        break;
      case 'txn':
        answeredVersions(index, operation.plan, into);
        break;
    }
  }
}

export function needsPrevious(request: PutRequest): boolean {
  return request.prevKv === true || request.ignoreValue === true;
}

/** Revision 0, absent or negative reads the newest. */
export function revisionOf(request: RangeRequest): number | undefined {
  return request.revision !== undefined && request.revision > 0 ? request.revision : undefined;
}

export interface Bounds {
  readonly current: number;
  readonly compacted: number;
}

/** Refuses reads of revisions that do not exist yet or no more. */
export function checkRevision(revision: number, bounds: Bounds): void {
  if (revision > bounds.current) throw new StoreError('futureRevision');
  if (revision < bounds.compacted)
    throw new StoreError('compacted', { compactRevision: bounds.compacted });
}

export interface PlanState extends Bounds {
  readonly index: KeyIndex;
  readonly lessor: Lessor;
}

/** Finds every failure of the plan before anything of it is applied. */
export function checkPlan(state: PlanState, plan: TxnPlan): void {
  for (const operation of plan.operations) {
    if (operation.type === 'put') checkPut(state, operation.request);
    else if (operation.type === 'txn') checkPlan(state, operation.plan);
    else if (operation.type === 'range' && (operation.request.revision ?? 0) !== 0)
      checkRevision(operation.request.revision!, state);
  }
}

export function checkPut(state: PlanState, request: PutRequest): void {
  if (
    (request.ignoreValue === true || request.ignoreLease === true) &&
    state.index.live(request.key) === undefined
  )
    throw new StoreError('keyNotFound');
  const lease = request.lease ?? NO_LEASE;
  if (lease !== NO_LEASE && state.lessor.get(lease) === undefined)
    throw new StoreError('leaseNotFound');
}

/** A range compare holds if it does for every key; an empty range is like one absent key. */
function holds(index: KeyIndex, compare: Compare): boolean {
  let seen = false;
  let all = true;
  index.visit(compare, undefined, (version) => {
    seen = true;
    all &&= matches(compare, version);
  });
  return seen ? all : matches(compare, undefined);
}

/** An absent key compares as zeros; its value compares with nothing, not even as notEqual. */
function matches(compare: Compare, version: Version | undefined): boolean {
  switch (compare.target) {
    case 'version':
      return ordered(compare, (version?.version ?? 0) - compare.operand);
    case 'create':
      return ordered(compare, (version?.createRevision ?? 0) - compare.operand);
    case 'mod':
      return ordered(compare, (version?.main ?? 0) - compare.operand);
    case 'lease': {
      const [actual, operand] = [BigInt(version?.lease ?? NO_LEASE), BigInt(compare.operand)];
      return ordered(compare, actual < operand ? -1 : actual > operand ? 1 : 0);
    }
    case 'value':
      if (version?.kv === undefined) return false;
      return ordered(compare, Buffer.compare(version.kv.value, compare.operand));
  }
}

function ordered(compare: Compare, difference: number): boolean {
  switch (compare.result) {
    case 'equal':
      return difference === 0;
    case 'notEqual':
      return difference !== 0;
    case 'greater':
      return difference > 0;
    case 'less':
      return difference < 0;
  }
}
