import { EngineError, type EngineErrorReason } from './engine.ts';

/** What to do, where the database's own words do not say it. */
const ADVICE: Partial<Record<EngineErrorReason, string>> = {
  locked: 'another process has this data directory open; stop it, or choose another directory',
  noSpace:
    'the disk of the data directory is full: nothing acknowledged is lost; ' +
    'free some space and start again',
};

/** LevelDB and RocksDB, which stems from it, report failures as text only. */
export function databaseError(database: string, error: Error): EngineError {
  const text = error.message;
  let reason: EngineErrorReason = 'failed';
  if (/LOCK: |lock hold by current process|While lock file/.test(text)) reason = 'locked';
  else if (/No space left on device|Disk quota exceeded|Out of space/i.test(text))
    reason = 'noSpace';
  else if (/^(Corruption|.*checksum mismatch)/i.test(text)) reason = 'corrupt';
  const advice = ADVICE[reason];
  return new EngineError(
    reason,
    advice === undefined ? `${database}: ${text}` : `${advice} (${text})`,
    error,
  );
}
