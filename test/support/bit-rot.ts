/** What a disk may do to data that nobody looks at. */
import { decodeRecord, encodeRecord } from '../../store/mvcc/record.ts';
import type { Engine } from '../../store/engine/engine.ts';
import { recordRange } from '../../store/persistence/keyspace.ts';

/** Another value in place of the newest one of `key`, in a state that no member has open. */
export async function rot(engine: Engine, key: string): Promise<void> {
  let newest: readonly [Buffer, Buffer] | undefined;
  for await (const chunk of engine.iterate(recordRange(0, Number.MAX_SAFE_INTEGER)))
    for (const pair of chunk) if (decodeRecord(pair[1], 1).key === key) newest = pair;
  if (newest === undefined) throw new Error(`${key} is not in this state`);
  const record = decodeRecord(newest[1], 1);
  const value = encodeRecord({ ...record, value: Buffer.from('rotten') });
  await engine.batch([{ type: 'put', key: newest[0], value }], { sync: true });
  await engine.close();
}
