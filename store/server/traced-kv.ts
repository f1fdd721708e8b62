import type { Logger } from '../../platform/logger.ts';
import { logTraced, type TraceScope } from '../../platform/trace-scope.ts';
import type { Kv } from '../kv.ts';

/** A store in this process, which logs for whom it works under the names that gRPC has for it. */
export function tracedKv(kv: Kv, trace: TraceScope, logger: Logger): Kv {
  const noted = (method: string): Kv => {
    const traced = trace.current();
    if (traced !== undefined)
      logTraced(logger, traced, { fields: { method }, message: 'a call of this request' });
    return kv;
  };
  return {
    range: (request) => noted('/etcdserverpb.KV/Range').range(request),
    txn: (request) => noted('/etcdserverpb.KV/Txn').txn(request),
    watch: (request) => noted('/etcdserverpb.Watch/Watch').watch(request),
    compact: (revision) => noted('/etcdserverpb.KV/Compact').compact(revision),
    leaseGrant: (seconds) => noted('/etcdserverpb.Lease/LeaseGrant').leaseGrant(seconds),
    status: () => noted('/etcdserverpb.Maintenance/Status').status(),
    close: () => kv.close(),
  };
}
