/** What is timed for /metrics. `hashRev` hashes the pairs as of a revision, `hash` the engine. */
export type TimingName =
  'walFsync' | 'backendCommit' | 'apply' | 'defragment' | 'hash' | 'hashRev' | 'snapshot';
