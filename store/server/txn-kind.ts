import type { RequestOp, TxnRequest } from '../kv.ts';

/** etcd looks at the top level only: a nested transaction makes it a write. */
export function isReadOnly(request: TxnRequest): boolean {
  const reads = (operation: RequestOp): boolean => operation.type === 'range';
  return request.success.every(reads) && request.failure.every(reads);
}

/** Without a range to say so, a transaction of compares is linearizable. */
export function isSerializable(request: TxnRequest): boolean {
  const operations = [...request.success, ...request.failure];
  return (
    operations.length > 0 &&
    operations.every(
      (operation) => operation.type === 'range' && operation.request.serializable === true,
    )
  );
}
