/** The replicated state as it is at one moment, read from the engine in one go. */
import type { StoreFacts, StoredLease, StoredPair } from '../backup/contents.ts';
import type { Engine, KeyAndValue } from '../engine/engine.ts';
import { Alarms } from '../mvcc/alarms.ts';
import { decodeRecord } from '../mvcc/record.ts';
import {
  factNameOf,
  factRange,
  leaseIdOf,
  leaseRange,
  metaKeys,
  recordRange,
  replicatedRange,
  revisionOfKey,
  within,
} from './keyspace.ts';

type Chunk = readonly KeyAndValue[];

/** What a copy knows before its pairs come. */
export type CopiedFacts = Pick<
  StoreFacts,
  'leases' | 'alarms' | 'auth' | 'appliedIndex' | 'compactRevision'
>;

const everyRecord = recordRange(0, Number.MAX_SAFE_INTEGER);

export class EngineCopy {
  readonly #iterator: AsyncIterator<Chunk>;
  #next: Promise<IteratorResult<Chunk>>;
  #closed: Promise<unknown> | undefined;

  /** The state of this very moment: the engine's snapshot is taken here. */
  constructor(engine: Engine) {
    this.#iterator = engine.iterate(replicatedRange)[Symbol.asyncIterator]();
    this.#next = this.#iterator.next();
    this.#next.catch(() => {});
  }

  /** Reads up to the first pair. */
  async facts(): Promise<CopiedFacts> {
    const leases: StoredLease[] = [];
    const alarms = new Alarms();
    const auth = new Map<string, Buffer>();
    let [appliedIndex, compactRevision] = [0, undefined as number | undefined];
    const see = ([key, value]: KeyAndValue): void => {
      if (within(leaseRange, key)) {
        const remainingSeconds = value.length > 8 ? value.readDoubleBE(8) : 0;
        leases.push({ id: leaseIdOf(key), ttlSeconds: value.readDoubleBE(0), remainingSeconds });
      } else if (within(factRange, key)) {
        alarms.restore(factNameOf(key));
        auth.set(factNameOf(key), value);
      } else if (key.equals(metaKeys.applied)) appliedIndex = value.readDoubleBE(0);
      else if (key.equals(metaKeys.compactRevision)) compactRevision = value.readDoubleBE(0);
    };
    for (;;) {
      const step = await this.#next;
      if (step.done === true) break;
      const chunk = step.value;
      for (const entry of chunk) see(entry);
      // The pairs come last; a chunk that has some is read again for them.
      if (within(everyRecord, chunk[chunk.length - 1]![0])) break;
      this.#next = this.#iterator.next();
    }
    return {
      leases,
      auth,
      appliedIndex,
      alarms: alarms.list(),
      ...(compactRevision === undefined ? {} : { compactRevision }),
    };
  }

  /** Every pair, ascending by revision. Ends the copy. */
  async *pairs(): AsyncGenerator<StoredPair> {
    try {
      for (;;) {
        const step = await this.#next;
        if (step.done === true) return;
        this.#next = this.#iterator.next();
        this.#next.catch(() => {});
        yield* pairsOf(step.value);
      }
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    this.#closed ??= Promise.resolve(this.#iterator.return?.());
    await this.#closed;
  }
}

export function* pairsOf(chunk: Chunk): Generator<StoredPair> {
  for (const [key, value] of chunk) {
    if (!within(everyRecord, key)) continue;
    const { main, sub } = revisionOfKey(key);
    yield { kv: decodeRecord(value, main), sub };
  }
}
