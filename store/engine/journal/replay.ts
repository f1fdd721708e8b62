import type { Engine, WriteOperation } from '../engine.ts';
import { note } from './note.ts';
import { operationsOf, sequenceOf } from './record.ts';

/** Records are given to the engine together up to this size. */
const STEP_BYTES = 1 << 20;

/**
 * Gives the engine the records that it lacks, ascending, and the newest sequence back, when all of
 * them are durable there. A crash in between does no harm: nothing later was written yet.
 */
export async function replay(
  engine: Engine,
  records: readonly Buffer[],
  applied: number,
): Promise<number> {
  if (records.length === 0) return applied;
  let newest = applied;
  let bytes = 0;
  let batch: WriteOperation[] = [];
  const write = async (sync: boolean): Promise<void> => {
    await engine.batch(batch, { sync });
    batch = [];
    bytes = 0;
  };
  for (const record of records) {
    for (const operation of operationsOf(record)) {
      if (operation.type !== 'clear') batch.push(operation);
      else {
        await write(false);
        await engine.clear(operation.range);
      }
    }
    newest = sequenceOf(record, 0);
    batch.push(note(newest, true));
    bytes += record.length;
    if (bytes >= STEP_BYTES) await write(false);
  }
  await write(true);
  return newest;
}
