import { StoreError } from '../../store/kv.ts';
import type {
  Compare,
  KeyValue,
  PutRequest,
  RangeRequest,
  RequestOp,
  ResponseOp,
  TxnRequest,
} from '../../store/kv.ts';
import type { StoreCommand } from '../../store/mvcc/command.ts';
import { contains } from '../../store/mvcc/interval.ts';
import type { Interval } from '../../store/mvcc/interval.ts';

/**
 * etcd's state machine as plainly as it can be said: every version in one list, and each
 * question answered by reading the list from its start.
 */
export class MvccModel {
  /** Everything that was ever written, oldest first; version 0 is a delete. */
  log: KeyValue[] = [];
  leases = new Map<string, number>();
  current = 1;
  compacted = -1;
  #main = 0;

  at(revision: number): Map<string, KeyValue> {
    const state = new Map<string, KeyValue>();
    for (const kv of this.log) {
      if (kv.modRevision > revision) continue;
      if (kv.version === 0) state.delete(kv.key);
      else state.set(kv.key, kv);
    }
    return new Map([...state].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  find(interval: Interval, revision = Infinity): KeyValue[] {
    return [...this.at(revision).values()].filter((kv) => contains(interval, kv.key));
  }

  range(request: RangeRequest): unknown {
    const revision = request.revision ?? 0;
    if (revision > this.current) throw new StoreError('futureRevision');
    if (revision > 0 && revision < this.compacted) throw new StoreError('compacted');
    return this.read(request, this.current);
  }

  read(request: RangeRequest, current: number): unknown {
    const all = this.find(request, request.revision || Infinity);
    if (request.countOnly) return { revision: current, kvs: [], more: false, count: all.length };
    let kvs = all.filter(
      (kv) =>
        kv.modRevision >= (request.minModRevision ?? 0) &&
        kv.createRevision <= (request.maxCreateRevision || Infinity),
    );
    const { sort } = request;
    if (sort !== undefined) {
      const of = (kv: KeyValue): string | number =>
        ({
          key: kv.key,
          version: kv.version,
          create: kv.createRevision,
          mod: kv.modRevision,
          value: Buffer.from(kv.value).toString('latin1'),
        })[sort.target];
      const sign = sort.order === 'ascend' ? 1 : -1;
      kvs.sort((a, b) => (of(a) < of(b) ? -sign : of(a) > of(b) ? sign : 0));
    }
    const more = Boolean(request.limit) && kvs.length > request.limit!;
    if (more) kvs = kvs.slice(0, request.limit);
    if (request.keysOnly) kvs = kvs.map((kv) => ({ ...kv, value: new Uint8Array(0) }));
    return { revision: current, kvs, more, count: all.length };
  }

  readonly alarms = new Set<string>();

  apply(command: StoreCommand): unknown {
    const before = this.log.length;
    this.#main = this.current + 1;
    try {
      return this.#answer(command);
    } finally {
      if (this.log.length > before) this.current = this.#main;
    }
  }

  #answer(command: StoreCommand): unknown {
    this.#checkAlarms(command);
    switch (command.type) {
      case 'put':
      case 'deleteRange':
        this.#check([command]);
        return this.#run(command).response;
      case 'txn': {
        const chosen = this.#choose(command.request);
        this.#check(chosen.operations);
        const responses = chosen.operations.map((operation) => this.#run(operation));
        return { revision: this.#shown, succeeded: chosen.succeeded, responses };
      }
      case 'compact':
        if (command.revision > this.current) throw new StoreError('futureRevision');
        if (command.revision <= this.compacted) throw new StoreError('compacted');
        this.compacted = command.revision;
        return { revision: this.current };
      case 'leaseGrant':
        if (this.leases.has(command.id)) throw new StoreError('leaseExists');
        this.leases.set(command.id, command.ttlSeconds);
        return { revision: this.current };
      case 'leaseRevoke': {
        if (!this.leases.delete(command.id)) throw new StoreError('leaseNotFound');
        for (const kv of this.at(Infinity).values())
          if (kv.lease === command.id) this.#delete({ key: kv.key });
        return { revision: this.#shown };
      }
      case 'leaseCheckpoint':
        return { revision: this.current };
      case 'alarm': {
        const name = `${command.memberId} ${command.alarm}`;
        const changed = this.alarms.has(name) !== (command.action === 'activate');
        if (command.action === 'activate') this.alarms.add(name);
        else this.alarms.delete(name);
        return { revision: this.current, changed };
      }
    }
  }

  /** With an alarm only what frees space passes; with a worse one nothing. */
  #checkAlarms(command: StoreCommand): void {
    if (command.type === 'alarm' || command.type === 'leaseCheckpoint') return;
    const alarms = [...this.alarms].join();
    if (alarms.includes('corrupt')) throw new StoreError('corrupt');
    const puts = JSON.stringify(command).includes('"type":"put"');
    if (alarms.includes('noSpace') && (puts || command.type === 'leaseGrant'))
      throw new StoreError('noSpace');
  }

  get #shown(): number {
    return this.log.at(-1)?.modRevision === this.#main ? this.#main : this.current;
  }

  /** Nested transactions are chosen before anything runs. */
  #choose(request: TxnRequest): { succeeded: boolean; operations: RequestOp[] } {
    const succeeded = request.compare.every((compare) => this.#holds(compare));
    const operations = (succeeded ? request.success : request.failure).map((operation) => {
      if (operation.type !== 'txn') return operation;
      const chosen = this.#choose(operation.request);
      const { succeeded: won, operations: success } = chosen;
      return { type: 'txn', request: { compare: [], success, failure: [], won } } as RequestOp;
    });
    return { succeeded, operations };
  }

  #holds(compare: Compare): boolean {
    const found = this.find(compare);
    const test = (actual: number, operand: number): boolean =>
      ({
        equal: actual === operand,
        notEqual: actual !== operand,
        less: actual < operand,
        greater: actual > operand,
      })[compare.result];
    const one = (kv: KeyValue | undefined): boolean => {
      if (compare.target === 'version') return test(kv?.version ?? 0, compare.operand);
      if (compare.target === 'create') return test(kv?.createRevision ?? 0, compare.operand);
      if (compare.target === 'mod') return test(kv?.modRevision ?? 0, compare.operand);
      if (compare.target === 'lease') return test(Number(kv?.lease ?? 0), Number(compare.operand));
      if (kv === undefined || typeof compare.operand === 'number') return false;
      return test(Buffer.compare(kv.value, compare.operand), 0);
    };
    return found.length === 0 ? one(undefined) : found.every(one);
  }

  #check(operations: readonly RequestOp[]): void {
    for (const operation of operations) {
      if (operation.type === 'txn') this.#check(operation.request.success);
      if (operation.type === 'range' && operation.request.revision) {
        if (operation.request.revision > this.current) throw new StoreError('futureRevision');
        if (operation.request.revision < this.compacted) throw new StoreError('compacted');
      }
      if (operation.type !== 'put') continue;
      const { key, lease, ignoreLease, ignoreValue } = operation.request;
      if ((ignoreLease || ignoreValue) && !this.at(Infinity).has(key))
        throw new StoreError('keyNotFound');
      if (lease && lease !== '0' && !this.leases.has(lease)) throw new StoreError('leaseNotFound');
    }
  }

  #run(operation: RequestOp): ResponseOp {
    switch (operation.type) {
      case 'range':
        return { type: 'range', response: this.read(operation.request, this.#shown) as never };
      case 'put':
        return { type: 'put', response: this.#put(operation.request) as never };
      case 'deleteRange': {
        const gone = this.#delete(operation.request);
        const prevKvs = operation.request.prevKv ? gone : [];
        const response = { revision: this.#shown, deleted: gone.length, prevKvs };
        return { type: 'deleteRange', response };
      }
      case 'txn': {
        const responses = operation.request.success.map((nested) => this.#run(nested));
        const succeeded = (operation.request as unknown as { won: boolean }).won;
        return { type: 'txn', response: { revision: this.#shown, succeeded, responses } };
      }
      case 'empty':
        throw new Error('not generated');
    }
  }

  #put(request: PutRequest): unknown {
    const previous = this.at(Infinity).get(request.key);
    this.log.push({
      key: request.key,
      value: request.ignoreValue ? previous!.value : request.value,
      createRevision: previous?.createRevision ?? this.#main,
      modRevision: this.#main,
      version: (previous?.version ?? 0) + 1,
      lease: request.ignoreLease ? previous!.lease : (request.lease ?? '0'),
    });
    return request.prevKv && previous !== undefined
      ? { revision: this.#main, prevKv: previous }
      : { revision: this.#main };
  }

  #delete(interval: Interval): KeyValue[] {
    const gone = this.find(interval);
    for (const { key } of gone)
      this.log.push({
        key,
        value: new Uint8Array(0),
        createRevision: 0,
        modRevision: this.#main,
        version: 0,
        lease: '0',
      });
    return gone;
  }
}
