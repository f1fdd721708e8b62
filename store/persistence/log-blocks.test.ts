import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MemoryStorage } from '../engine/memory.ts';
import type { Engine, WriteOperation } from '../engine/engine.ts';
import type { Entry } from '../raft/entry.ts';
import { LogWindow } from '../raft/log-storage.ts';
import { LogBlocks } from './log-blocks.ts';

type Step =
  | { readonly do: 'append'; readonly back: number; readonly sizes: readonly number[] }
  | { readonly do: 'drop'; readonly keep: number; readonly cut: boolean }
  | { readonly do: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      back: fc.nat(6),
      // Some so large that the entries of one append are more than one block.
      sizes: fc.array(fc.oneof(fc.nat(20), fc.constant(600_000)), { minLength: 1, maxLength: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('drop' as const), keep: fc.nat(6), cut: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'restart' } as const) },
);

/** A log, and beside it what it should hold. */
class Log {
  readonly #engine: Engine;
  #blocks: LogBlocks;
  #term = 0;
  dropped = { index: 0, term: 0 };
  expected: Entry[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#blocks = new LogBlocks(engine);
  }

  get last(): number {
    return this.dropped.index + this.expected.length;
  }

  async append(back: number, sizes: readonly number[]): Promise<void> {
    this.#term++;
    const first = Math.max(this.dropped.index, this.last - back) + 1;
    const entries = sizes.map((size, i): Entry => ({
      ...{ index: first + i, term: this.#term, type: i === 1 ? 'configuration' : 'normal' },
      data: Buffer.alloc(size, this.#term),
    }));
    const operations: WriteOperation[] = [];
    this.#blocks.append(operations, entries);
    await this.#engine.batch(operations, { sync: true });
    this.expected = [...this.expected.filter(({ index }) => index < first), ...entries];
  }

  /** `cut`: a crash comes between noting the new beginning and the removal of what was before. */
  async drop(keep: number, cut: boolean): Promise<void> {
    const index = Math.max(this.dropped.index, this.last - keep);
    const at = this.expected.find((entry) => entry.index === index);
    if (at === undefined) return;
    this.dropped = { index, term: at.term };
    this.expected = this.expected.filter((entry) => entry.index > index);
    if (!cut) await this.#blocks.drop(index);
  }

  async restart(): Promise<Entry[]> {
    this.#blocks = new LogBlocks(this.#engine);
    const window = new LogWindow(this.dropped);
    await this.#blocks.load(window);
    if (window.lastIndex < window.firstIndex) return [];
    return window.entries(window.firstIndex, window.lastIndex + 1, Infinity);
  }
}

const plain = (entries: readonly Entry[]): unknown[] =>
  entries.map(({ index, term, type, data }) => [index, term, type, data.length, data[0]]);

it('is after a restart what was appended last, however it was cut and replaced', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const log = new Log(await new MemoryStorage().open({} as never));
      for (const each of [...steps, { do: 'restart' } as const]) {
        if (each.do === 'append') await log.append(each.back, each.sizes);
        else if (each.do === 'drop') await log.drop(each.keep, each.cut);
        else expect(plain(await log.restart())).toEqual(plain(log.expected));
      }
    }),
    { numRuns: 150 },
  );
});

it('is one record for what is appended at once, and leaves none behind', async () => {
  const storage = new MemoryStorage();
  const log = new Log(await storage.open({} as never));
  await log.append(0, Array<number>(50).fill(100));
  expect(storage.tree.size).toBe(1);
  for (let i = 0; i < 10; i++) await log.append(1, [10, 10]);
  await log.drop(0, false);
  expect(storage.tree.size).toBe(1);
});
