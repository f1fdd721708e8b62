import fc from 'fast-check';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sleep } from '../../../platform/clock.ts';
import type { Disk } from '../../../platform/files/disk.ts';
import { silentLogger } from '../../../platform/logger.ts';
import { FakeClock, settle } from '../../../test/support/fake-clock.ts';
import type { Engine, EngineFactory, WriteOperation } from '../engine.ts';
import { EngineError } from '../engine.ts';
import { MemoryStorage } from '../memory.ts';
import { journaled, type JournalSettings } from './journaled.ts';
import { MemoryFiles } from './memory-files.ts';
import { journalKey } from './note.ts';

const SETTINGS = { firstBytes: 400, maxBytes: 800, maxRecordBytes: 200, prepareAfterMs: 50 };
const key = (name: string): Buffer => Buffer.from(name);
const put = (name: string, value: string): WriteOperation => ({
  ...{ type: 'put', key: key(name), value: Buffer.from(value) },
});

/** A disk with an engine's files and the journal's, which outlives the engines opened on it. */
class Machine {
  readonly storage = new MemoryStorage();
  readonly clock = new FakeClock();
  /** While set, what is written to the journal is on its way. */
  isHeld = false;
  /** What `openDurable` rejects with. */
  refusal: Error | undefined;
  readonly files = new MemoryFiles(crc32, () =>
    this.isHeld ? new Promise<void>(() => {}) : Promise.resolve(),
  );
  readonly removed: string[] = [];
  readonly #settings: JournalSettings;
  #marks = 0;

  constructor(settings = SETTINGS) {
    this.#settings = settings;
  }

  open(engine: EngineFactory = this.storage.open): Promise<Engine> {
    const disk = {
      openDurable: (path: string, bytes: number) =>
        this.refusal === undefined || bytes === 0
          ? this.files.open(path, bytes)
          : Promise.reject(this.refusal),
      remove: (path: string) => Promise.resolve(void this.removed.push(path)),
    } as unknown as Disk;
    const random = { below: () => 0xabcd + this.#marks++, bytes: () => Buffer.alloc(0) };
    return journaled(
      engine,
      this.#settings,
    )({ path: '/engine', disk, logger: silentLogger, clock: this.clock, random });
  }

  /** An engine whose journal is in use. */
  async prepared(): Promise<Engine> {
    const engine = await this.open();
    await this.clock.advance(SETTINGS.prepareAfterMs);
    return engine;
  }

  crash({ survivors = 0, arrives = () => false }: Partial<Luck> = {}): void {
    this.storage.crash(survivors);
    this.files.crash(arrives);
    this.isHeld = false;
  }
}

interface Luck {
  /** Unsynced writes of the engine that reached the disk all the same. */
  readonly survivors: number;
  /** Asked for each sector of a write to the journal. */
  readonly arrives: () => boolean;
}

async function contents(engine: Engine): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  for await (const chunk of engine.iterate({ gte: key('a'), lt: key('z') }))
    for (const [name, value] of chunk) all[name.toString()] = value.toString();
  return all;
}

describe('an engine with a journal', () => {
  it('syncs through the journal alone, and has everything after a crash', async () => {
    const machine = new Machine();
    let syncs = 0;
    const counting: EngineFactory = async (options) => {
      const engine = await machine.storage.open(options);
      return new Proxy(engine, {
        get(target, name: keyof Engine) {
          if (name === 'batch')
            return (operations: WriteOperation[], { sync }: { sync: boolean }) => {
              if (sync) syncs++;
              return target.batch(operations, { sync });
            };
          return (target[name] as (() => unknown) | undefined)?.bind(target);
        },
      });
    };
    const before = await machine.open(counting);
    await machine.clock.advance(SETTINGS.prepareAfterMs);
    syncs = 0;
    await before.batch([put('a', '1')], { sync: false });
    await before.batch([put('b', '2')], { sync: true });
    await before.batch([put('c', '3')], { sync: true });
    await before.clear({ gte: key('b'), lt: key('c') });
    await before.batch([put('d', '4')], { sync: true });
    expect(syncs).toBe(0);
    machine.crash();
    expect(await contents(await machine.open())).toEqual({ a: '1', c: '3', d: '4' });
  });

  it('reads what the engine below has not been given yet, as of the call', async () => {
    const engine = await new Machine().prepared();
    await engine.batch([put('a', '1'), put('b', '2')], { sync: true });
    const [read, all] = [engine.get(key('a')), contents(engine)];
    await engine.batch([put('a', 'later'), put('c', 'later')], { sync: true });
    expect((await read)?.toString()).toBe('1');
    expect(await all).toEqual({ a: '1', b: '2' });
    expect(await contents(engine)).toEqual({ a: 'later', b: '2', c: 'later' });
    expect(engine.property('diskBytes')).toBeGreaterThan(0);
  });

  it('opens what was written without one', async () => {
    const machine = new Machine();
    const before = await machine.storage.open({} as never);
    await before.batch([put('a', '1')], { sync: true });
    await before.close();
    const engine = await machine.prepared();
    await engine.batch([put('b', '2')], { sync: true });
    machine.crash();
    expect(await contents(await machine.open())).toEqual({ a: '1', b: '2' });
  });

  it('journals nothing before what the engine below syncs itself', async () => {
    const machine = new Machine();
    let isStuck = false;
    const stuck: EngineFactory = async (options) => {
      const engine = await machine.storage.open(options);
      const batch: Engine['batch'] = (operations, { sync }) =>
        isStuck ? new Promise(() => {}) : engine.batch(operations, { sync });
      return new Proxy(engine, {
        get: (target, name: keyof Engine) =>
          name === 'batch' ? batch : (target[name] as (() => unknown) | undefined)?.bind(target),
      });
    };
    const engine = await machine.open(stuck);
    await machine.clock.advance(SETTINGS.prepareAfterMs);
    await engine.batch([put('a', '1')], { sync: true });
    isStuck = true;
    const answered: string[] = [];
    const large = put('b', 'x'.repeat(SETTINGS.maxRecordBytes));
    void engine.batch([large], { sync: true }).then(() => answered.push('large'));
    void engine.batch([put('c', '3')], { sync: true }).then(() => answered.push('small'));
    await settle();
    expect(answered).toEqual([]);
    machine.crash();
    expect(await contents(await machine.open())).toEqual({ a: '1' });
  });

  it('hides what it notes for itself', async () => {
    const engine = await new Machine().prepared();
    await engine.batch([put('a', '1')], { sync: true });
    const everything = { gte: Buffer.from([0]), lt: journalKey };
    for await (const chunk of engine.iterate(everything)) expect(chunk).toHaveLength(1);
  });

  it('makes its files larger when they are full too soon, and goes on meanwhile', async () => {
    const machine = new Machine();
    const engine = await machine.prepared();
    const size = (): number => machine.files.stored('/engine/journal-1').length;
    expect(size()).toBe(SETTINGS.firstBytes);
    for (let i = 0; i < 40; i++) await engine.batch([put(`k${i}`, 'v'.repeat(40))], { sync: true });
    await settle();
    expect(size()).toBe(SETTINGS.maxBytes);
    machine.crash();
    expect(Object.keys(await contents(await machine.open()))).toHaveLength(40);
  });

  it('leaves nothing to be replayed, and no timer, when it is closed', async () => {
    const machine = new Machine();
    const engine = await machine.prepared();
    await engine.batch([put('a', '1')], { sync: true });
    await engine.close();
    expect(machine.clock.timers).toBe(0);
    await expect(engine.get(key('a'))).rejects.toMatchObject({ reason: 'closed' });
    machine.files.stored('/engine/journal-1').fill(0, 16);
    expect(await contents(await machine.open())).toEqual({ a: '1' });
  });

  it('does without files where there is no room for them, and leaves none', async () => {
    const machine = new Machine();
    machine.refusal = new Error('ENOSPC');
    const engine = await machine.prepared();
    await engine.batch([put('a', '1')], { sync: true });
    expect(machine.removed).toEqual(['/engine/journal-1', '/engine/journal-2']);
    machine.crash();
    expect(await contents(await machine.open())).toEqual({ a: '1' });
  });

  it('acknowledges nothing more once the engine below fails, and loses nothing of before', async () => {
    const machine = new Machine();
    let isFull = false;
    const failing: EngineFactory = async (options) => {
      const engine = await machine.storage.open(options);
      return new Proxy(engine, {
        get(target, name: keyof Engine) {
          if (name === 'batch' && isFull)
            return () => Promise.reject(new EngineError('noSpace', 'No space left on device'));
          return (target[name] as (() => unknown) | undefined)?.bind(target);
        },
      });
    };
    const engine = await machine.open(failing);
    await machine.clock.advance(SETTINGS.prepareAfterMs);
    isFull = true;
    await engine.batch([put('a', '1')], { sync: true });
    await machine.clock.advance(10);
    const full = { reason: 'noSpace' };
    await expect(engine.batch([put('b', '2')], { sync: true })).rejects.toMatchObject(full);
    await expect(engine.get(key('a'))).rejects.toMatchObject(full);
    await engine.close();
    machine.crash();
    expect(await contents(await machine.open())).toEqual({ a: '1' });
  });
});

describe('a journal after a crash', () => {
  /** Three records that the engine has not, of one operation each. */
  async function crashed(): Promise<{ machine: Machine; at: number[]; bytes: Buffer }> {
    const machine = new Machine();
    const engine = await machine.prepared();
    for (const name of ['a', 'b', 'c']) await engine.batch([put(name, 'value')], { sync: true });
    machine.crash();
    const bytes = machine.files.stored('/engine/journal-1');
    const mark = bytes.subarray(8, 12);
    const at: number[] = [];
    for (let from = bytes.indexOf(mark, 16); from !== -1; from = bytes.indexOf(mark, from + 1))
      at.push(from);
    return { machine, at, bytes };
  }

  it('ends before a record that is torn', async () => {
    const { machine, at, bytes } = await crashed();
    bytes[at[2]! + 25]! ^= 1;
    expect(Object.keys(await contents(await machine.open()))).toEqual(['a', 'b']);
  });

  it('is refused when a record is damaged and later ones are whole', async () => {
    const { machine, at, bytes } = await crashed();
    bytes[at[1]! + 25]! ^= 1;
    await expect(machine.open()).rejects.toMatchObject({
      reason: 'corrupt',
      message: expect.stringContaining('is damaged') as string,
    });
  });

  it('is refused when its files are not there any more, or have no head', async () => {
    const { machine, bytes } = await crashed();
    bytes[0]! ^= 1;
    await expect(machine.open()).rejects.toThrow(/journal-1 is damaged/);
    machine.files.remove('/engine');
    await expect(machine.open()).rejects.toThrow(/journal is not in \/engine any more/);
  });

  it('may crash again before it was replayed to the end', async () => {
    const { machine } = await crashed();
    await machine.open();
    machine.crash({ survivors: 1 });
    expect(Object.keys(await contents(await machine.open()))).toEqual(['a', 'b', 'c']);
  });
});

describe('whatever is written and whenever power fails', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
  const value = fc.string({ maxLength: 60 });
  const operation = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(name, value).map(([at, what]) => put(at, what)) },
    { weight: 1, arbitrary: name.map((at): WriteOperation => ({ type: 'del', key: key(at) })) },
  );
  const step = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ batch: fc.array(operation, { maxLength: 4 }), sync: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ from: name, to: name }) },
    { weight: 2, arbitrary: fc.record({ waitMs: fc.nat({ max: 60 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        torn: fc.array(operation, { maxLength: 4 }),
        afterMs: fc.nat({ max: 4 }),
        survivors: fc.nat({ max: 6 }),
        sectors: fc.infiniteStream(fc.boolean()),
      }),
    },
  );

  /** What the engine holds after each write, oldest first; before `durable` nothing may be lost. */
  class History {
    states: Record<string, string>[] = [{}];
    durable = 0;

    batch(operations: readonly WriteOperation[]): void {
      const next = { ...this.states.at(-1)! };
      for (const each of operations)
        if (each.type === 'put') next[each.key.toString()] = each.value.toString();
        else delete next[each.key.toString()];
      this.states.push(next);
    }

    clear(from: string, to: string): void {
      const kept = Object.entries(this.states.at(-1)!).filter(([at]) => at < from || at >= to);
      this.states.push(Object.fromEntries(kept));
    }

    acknowledged(): void {
      this.durable = this.states.length - 1;
    }
  }

  /** Two or three records fill a file, and the engine's writes take longer than the journal's. */
  const small = { firstBytes: 200, maxBytes: 200, maxRecordBytes: 150, prepareAfterMs: 5 };
  const slow =
    (machine: Machine): EngineFactory =>
    async (options) => {
      const engine = await machine.storage.open(options);
      return new Proxy(engine, {
        get(target, name: keyof Engine) {
          if (name === 'batch')
            return async (operations: WriteOperation[], { sync }: { sync: boolean }) => {
              await sleep(machine.clock, sync ? 4 : 1);
              await target.batch(operations, { sync });
            };
          return (target[name] as (() => unknown) | undefined)?.bind(target);
        },
      });
    };

  async function finished<T>(machine: Machine, promise: Promise<T>): Promise<T> {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    promise.then(over, over);
    await settle();
    while (!isOver) await machine.clock.advance(1);
    return promise;
  }

  it('is found as a prefix of the batches with all that was acknowledged as durable', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async (steps) => {
        const machine = new Machine(small);
        const open = (): Promise<Engine> => finished(machine, machine.open(slow(machine)));
        let engine = await open();
        let history = new History();
        for (const each of steps) {
          if ('batch' in each) {
            history.batch(each.batch);
            await finished(machine, engine.batch(each.batch, { sync: each.sync }));
            if (each.sync) history.acknowledged();
          } else if ('from' in each) {
            history.clear(each.from, each.to);
            const range = { gte: key(each.from), lt: key(each.to) };
            await finished(machine, engine.clear(range));
          } else if ('waitMs' in each) await machine.clock.advance(each.waitMs);
          else {
            machine.isHeld = true;
            history.batch(each.torn);
            const last = history.states.length - 1;
            void engine.batch(each.torn, { sync: true }).then(() => (history.durable = last));
            await machine.clock.advance(each.afterMs);
            const sectors = each.sectors[Symbol.iterator]();
            machine.crash({
              survivors: each.survivors,
              arrives: () => sectors.next().value as boolean,
            });
            engine = await open();
            const found = await finished(machine, contents(engine));
            expect(history.states.slice(history.durable)).toContainEqual(found);
            history = new History();
            history.states = [found];
          }
        }
        expect(await finished(machine, contents(engine))).toEqual(history.states.at(-1));
      }),
      { numRuns: 40 },
    );
  });
});
