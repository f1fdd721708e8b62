import { benchClients } from './clients.ts';
import { benchLife } from './life.ts';
import { benchWork } from './work.ts';

/** The store beside etcd: the same command lines, the same bytes, by turns. */
export async function benchStore(): Promise<void> {
  await benchClients(1);
  await benchWork();
  await benchLife();
  await benchClients(3);
}
