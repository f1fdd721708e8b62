/** Requests that take long to carry out: counted and logged, as etcd does. */
import type { Clock } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { RangeRequest, RequestOp, TxnRequest } from '../kv.ts';
import type { Command } from '../mvcc/command.ts';

export interface SlowRequestsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** etcd's --warning-apply-duration. */
  readonly warningApplyDurationMs: number;
}

/** Transactions may be long. */
const MAX_TEXT = 1024;

export class SlowRequests {
  readonly #options: SlowRequestsOptions;
  count = 0;

  constructor(options: SlowRequestsOptions) {
    this.#options = options;
  }

  now(): number {
    return this.#options.clock.monotonic();
  }

  /** A command has been applied, or refused; `began` as of {@link now}. */
  applied(command: Command, began: number): void {
    if (this.now() - began > this.#options.warningApplyDurationMs)
      this.#tell(began, '', commandText(command));
  }

  /** A read has been answered; waiting for the proof that it may be is part of it. */
  readRange(request: RangeRequest, began: number): void {
    if (this.now() - began > this.#options.warningApplyDurationMs)
      this.#tell(began, 'read-only range ', rangeText(request));
  }

  readTxn(request: TxnRequest, began: number): void {
    if (this.now() - began > this.#options.warningApplyDurationMs)
      this.#tell(began, 'read-only txn ', txnText(request));
  }

  #tell(began: number, prefix: string, request: string): void {
    this.count++;
    const { logger, warningApplyDurationMs } = this.#options;
    logger.warn(
      {
        took: `${(this.now() - began).toFixed(3)}ms`,
        'expected-duration': `${warningApplyDurationMs}ms`,
        prefix,
        request: request.slice(0, MAX_TEXT),
      },
      'apply request took too long',
    );
  }
}

const keysText = ({ key, rangeEnd }: { readonly key: string; readonly rangeEnd?: string }) =>
  `key:${JSON.stringify(key)}` +
  (rangeEnd === undefined ? '' : ` range_end:${JSON.stringify(rangeEnd)}`);

function rangeText(request: RangeRequest): string {
  const { limit, revision, serializable, keysOnly, countOnly } = request;
  const also = { limit, revision, serializable, keys_only: keysOnly, count_only: countOnly };
  const set = Object.entries(also).filter(([, value]) => value !== undefined && value !== 0);
  return [keysText(request), ...set.map(([name, value]) => `${name}:${value}`)].join(' ');
}

/** Values stay unsaid: they may be secrets. */
function opText(op: RequestOp | Exclude<Command, { type: 'auth' }>): string {
  switch (op.type) {
    case 'put':
      return `put:<${keysText(op.request)} value_size:${op.request.value.length}>`;
    case 'range':
      return `range:<${rangeText(op.request)}>`;
    case 'deleteRange':
      return `delete_range:<${keysText(op.request)}>`;
    case 'txn':
      return `txn:<${txnText(op.request)}>`;
    case 'compact':
      return `compaction:<revision:${op.revision}>`;
    case 'leaseGrant':
      return `lease_grant:<ttl:${op.ttlSeconds} id:${op.id}>`;
    case 'leaseRevoke':
      return `lease_revoke:<id:${op.id}>`;
    case 'leaseCheckpoint':
      return `lease_checkpoint:<checkpoints:${op.checkpoints.length}>`;
    case 'empty':
      return 'empty:<>';
    case 'alarm':
      return `alarm:<action:${op.action} memberID:${op.memberId} alarm:${op.alarm}>`;
  }
}

function txnText({ compare, success, failure }: TxnRequest): string {
  const compared = compare.map((each) => `${each.target} ${keysText(each)}`).join(' ');
  const [yes, no] = [success, failure].map((ops) => ops.map(opText).join(' '));
  return `compare:<${compared}> success:<${yes}> failure:<${no}>`;
}

/** Changes of users and roles say only what is done: some carry hashes and tokens. */
const commandText = (command: Command): string =>
  command.type === 'auth' ? `auth:<${command.change.do}>` : opText(command);
