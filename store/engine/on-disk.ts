import { EngineError } from './engine.ts';
import type { Engine, EngineOptions } from './engine.ts';
import { openLeveldb } from './leveldb.ts';
import { openRocksdb } from './rocksdb.ts';

/**
 * The database of a data folder: the one that it was made with, else RocksDB where that runs, else
 * LevelDB. Rejects with an {@link EngineError} if the folder is RocksDB's and that does not run.
 */
export async function openOnDisk(options: EngineOptions): Promise<Engine> {
  const { disk, path } = options;
  const files = await disk.list(path);
  const isRocksdb = files.includes('IDENTITY');
  const isLeveldb = !isRocksdb && files.includes('CURRENT');
  if (isRocksdb && !disk.hasRocksdb)
    throw new EngineError(
      'failed',
      `${path} was written with RocksDB, which does not run here: it needs Node.js 20 on x64; ` +
        'save a snapshot where that is, and restore it here',
    );
  return disk.hasRocksdb && !isLeveldb ? openRocksdb(options) : openLeveldb(options);
}
