import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { connectEtcd } from '../../store/client/connect.ts';
import type { RequestOp } from '../../store/kv.ts';
import type { Members } from './members.ts';

const PUTS_PER_TXN = 100;
const WRITERS = 8;

/** Puts keys, a hundred in a transaction. */
export async function fill(
  { endpoints }: Members,
  { prefix, keys, bytes }: { prefix: string; keys: number; bytes: number },
): Promise<void> {
  const kv = connectEtcd({ endpoints, clock: realClock, logger: silentLogger });
  const value = Buffer.alloc(bytes, 'v');
  let next = 0;
  const write = async (): Promise<void> => {
    while (next < keys) {
      const first = next;
      next += PUTS_PER_TXN;
      const success = Array.from({ length: PUTS_PER_TXN }, (_, i): RequestOp => {
        const key = prefix + String(first + i).padStart(8, '0');
        return { type: 'put', request: { key, value } };
      });
      await kv.txn({ compare: [], success, failure: [] });
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
  await kv.close();
}
