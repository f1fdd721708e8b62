/** Reads of the applied state: they need no log entry, only proof that it is current. */
import type { RangeRequest, RangeResponse, TxnRequest, TxnResponse } from '../kv.ts';
import { wantsValues } from '../mvcc/range.ts';
import { validateRange } from '../mvcc/validate.ts';
import type { Replica } from '../replica/replica.ts';
import { isSerializable } from './txn-kind.ts';

export async function readRange(replica: Replica, request: RangeRequest): Promise<RangeResponse> {
  validateRange(request);
  replica.assertRunning();
  const began = replica.slowRequests.now();
  replica.loneWrites.called();
  if (request.serializable !== true) {
    replica.assertVoter();
    const proof = replica.confirmRead();
    if (proof !== undefined) await proof;
  }
  try {
    const response = replica.timekeeper.range(() => rangeOf(replica, request));
    return response instanceof Promise ? await response : response;
  } finally {
    replica.slowRequests.readRange(request, began);
  }
}

function rangeOf(
  { store, records }: Replica,
  request: RangeRequest,
): RangeResponse | Promise<RangeResponse> {
  const selection = store.select(request);
  const missing =
    wantsValues(request) && selection.versions.some((version) => version.kv === undefined);
  if (!missing) return store.respond(request, selection);
  const revision = store.current;
  return records
    .pairs(selection.versions)
    .then((kvs) => ({ ...store.respond(request, selection, kvs), revision }));
}

export async function readTxn(replica: Replica, request: TxnRequest): Promise<TxnResponse> {
  replica.assertRunning();
  const began = replica.slowRequests.now();
  replica.loneWrites.called();
  replica.assertVoter();
  const { store, records } = replica;
  const proof = isSerializable(request) ? undefined : replica.confirmRead();
  if (proof !== undefined) await proof;
  const release = store.cache.hold();
  try {
    for (;;) {
      const missing = store.missing({ type: 'txn', request });
      if (missing.length === 0) return store.readTxn(request);
      await records.makeResident(missing);
    }
  } finally {
    release();
    replica.slowRequests.readTxn(request, began);
  }
}
