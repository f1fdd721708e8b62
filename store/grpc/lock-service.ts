import { cancellationOf, holderKey, leavePlace, sessionLease } from './concurrency.ts';
import { takePlace, waitForOlder } from './concurrency.ts';
import { decodeMessage, encodeMessage } from './schema/codec.ts';
import { codes, RpcError } from './status.ts';
import { plainHeader, type ServiceContext, type UnaryMethods } from './unary.ts';

interface LockRequest {
  readonly name?: Buffer;
  readonly lease?: number | bigint;
}

/**
 * v3lockpb.Lock: advisory locks. The holder's key and its revision are the fence: a transaction
 * that compares them fails once the lock is lost.
 */
export function lockService(context: ServiceContext): UnaryMethods {
  return {
    '/v3lockpb.Lock/Lock': async (bytes, origin) => {
      const calls = context.callsOf(origin);
      const { name, lease = 0 } = decodeMessage<LockRequest>('LockRequest', bytes);
      const prefix = `${name?.toString('latin1') ?? ''}/`;
      const id = await sessionLease(calls, lease);
      const key = holderKey(prefix, id);
      const place = await takePlace(calls, { key, value: Buffer.alloc(0), lease: id });
      try {
        const maxCreateRevision = place.createRevision - 1;
        await waitForOlder(calls, { prefix, maxCreateRevision }, cancellationOf(origin));
      } catch (error) {
        await leavePlace(calls, place).catch(() => {});
        throw error;
      }
      // The lease may have ended while its key waited.
      const { kvs, revision } = await calls.range({ key });
      if (kvs[0]?.createRevision !== place.createRevision)
        throw new RpcError(codes.unknown, 'mutex: session is expired');
      const header = plainHeader(context, revision);
      return encodeMessage('LockResponse', { header, key: Buffer.from(key, 'latin1') });
    },
    '/v3lockpb.Lock/Unlock': async (bytes, origin) => {
      const { key } = decodeMessage<{ key?: Buffer }>('UnlockRequest', bytes);
      const { revision } = await context
        .callsOf(origin)
        .deleteRange({ key: key?.toString('latin1') ?? '' });
      return encodeMessage('UnlockResponse', { header: plainHeader(context, revision) });
    },
  };
}
