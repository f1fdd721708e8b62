/**
 * What locks and elections are made of (etcd's clientv3/concurrency): keys below a prefix, each
 * on its holder's lease, in order of creation. The first is the owner; the others wait for all
 * before them to go.
 */
import { prefixEnd, StoreError, type KeyValue, type TxnRequest } from '../kv.ts';
import type { MemberCalls } from '../server/interface.ts';
import { codes, RpcError } from './status.ts';
import type { CallOrigin } from './unary.ts';

const SESSION_TTL_SECONDS = 60;

/** Aborts when the client has gone. */
export function cancellationOf(origin: CallOrigin): AbortSignal {
  const controller = new AbortController();
  origin.on?.('cancelled', () => controller.abort());
  return controller.signal;
}

const cancelled = (): RpcError => new RpcError(codes.canceled, 'context canceled');

/** The lease of a session; one is made for those who bring none. */
export async function sessionLease(calls: MemberCalls, lease: number | bigint): Promise<string> {
  if (lease !== 0) return String(lease);
  return (await calls.leases.grant({ ttlSeconds: SESSION_TTL_SECONDS })).id;
}

/** A holder's key below `prefix`: the lease's ID in hexadecimal. */
export const holderKey = (prefix: string, lease: string): string =>
  prefix + BigInt.asUintN(64, BigInt(lease)).toString(16);

export interface Place {
  readonly key: string;
  readonly createRevision: number;
  /** As it stood, if it was there before. */
  readonly before: KeyValue | undefined;
}

/** Takes a place in the queue, or finds the one taken before. */
export async function takePlace(
  calls: MemberCalls,
  place: { readonly key: string; readonly value: Uint8Array; readonly lease: string },
): Promise<Place> {
  const { key, value, lease } = place;
  const txn: TxnRequest = {
    compare: [{ key, target: 'create', result: 'equal', operand: 0 }],
    success: [{ type: 'put', request: { key, value, lease } }],
    failure: [{ type: 'range', request: { key } }],
  };
  const { succeeded, revision, responses } = await calls.txn(txn);
  const [response] = responses;
  const before = response?.type === 'range' ? response.response.kvs[0] : undefined;
  const createRevision = succeeded ? revision : (before?.createRevision ?? revision);
  return { key, createRevision, before };
}

/** Waits until no key below `prefix` is as old as `maxCreateRevision`. */
export async function waitForOlder(
  calls: MemberCalls,
  queue: { readonly prefix: string; readonly maxCreateRevision: number },
  signal: AbortSignal,
): Promise<void> {
  const { prefix, maxCreateRevision } = queue;
  for (;;) {
    if (signal.aborted) throw cancelled();
    const { kvs, revision } = await calls.range({
      key: prefix,
      rangeEnd: prefixEnd(prefix),
      limit: 1,
      maxCreateRevision,
      sort: { target: 'create', order: 'descend' },
    });
    const [older] = kvs;
    if (older === undefined) return;
    await waitForDelete(calls, { key: older.key, from: revision + 1 }, signal);
  }
}

async function waitForDelete(
  calls: MemberCalls,
  at: { readonly key: string; readonly from: number },
  signal: AbortSignal,
): Promise<void> {
  const watch = calls.watch({ key: at.key, startRevision: at.from, noPut: true });
  const cancel = (): void => watch.cancel();
  signal.addEventListener('abort', cancel);
  try {
    for await (const { events } of watch) if (events.length > 0) return;
    if (signal.aborted) throw cancelled();
    throw new StoreError('stopped');
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** Deletes a key only if it still is the one of that creation. */
export async function leavePlace(calls: MemberCalls, place: Place): Promise<void> {
  const { key, createRevision: operand } = place;
  await calls.txn({
    compare: [{ key, target: 'create', result: 'equal', operand }],
    success: [{ type: 'deleteRange', request: { key } }],
    failure: [],
  });
}
