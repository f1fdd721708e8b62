import { expect, it } from 'vitest';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import { LoneWrites } from './lone-writes.ts';

/** What has to have been calm before a write blocks. */
const CALM = 8;

function setUp({ mayBlock = true } = {}) {
  const clock = new FakeClock();
  const turns: (() => void)[] = [];
  const nextTurn = (fn: () => void): void => void turns.push(fn);
  const writes = new LoneWrites({ clock, nextTurn, mayBlock: () => mayBlock });
  /** Whether the write blocked. */
  const write = async (meanwhile: () => unknown = () => {}): Promise<boolean> => {
    let blocked = false;
    await writes.run(async (blocks) => {
      blocked = blocks;
      await meanwhile();
    });
    return blocked;
  };
  const several = async (count: number): Promise<string> => {
    let seen = '';
    for (let i = 0; i < count; i++) {
      let blocked: boolean | undefined;
      void write().then((did) => (blocked = did));
      // The turns of a look.
      for (; blocked === undefined; await settle()) turns.shift()?.();
      seen += blocked ? 'B' : '-';
    }
    return seen;
  };
  return { clock, turns, writes, write, several };
}

it('lets a write block after eight in a row that met no call', async () => {
  const { several } = setUp();
  expect(await several(CALM + 3)).toBe('--------BBB');
});

it('hands writes over again when somebody calls during one', async () => {
  const { writes, write, several } = setUp();
  await several(CALM - 1);
  await write(() => writes.called());
  expect(await several(CALM + 1)).toBe('--------B');
});

it('looks, before a write that blocked is over, whether somebody had come', async () => {
  const { turns, writes, write, several } = setUp();
  await several(CALM);
  let isOver = false;
  const written = write().then((blocked) => (isOver = blocked));
  await settle();
  // What came is read between the two turns.
  turns.shift()!();
  writes.called();
  await settle();
  expect(isOver).toBe(false);
  turns.shift()!();
  await written;
  expect(isOver).toBe(true);
  expect(await several(CALM + 1)).toBe('--------B');
});

it('does not hold the thread up again before a disk was fast for a hundred times as long', async () => {
  const { clock, write, several } = setUp();
  await several(CALM + 1);
  expect(await write(() => clock.advance(2000))).toBe(true);
  expect(await several(CALM + 1)).not.toContain('B');
  await clock.advance(199_999);
  expect(await several(CALM + 1)).not.toContain('B');
  await clock.advance(1);
  expect(await several(1)).toBe('B');
});

it('learns of a slow disk from writes that did not block, too', async () => {
  const { clock, write, several } = setUp();
  expect(await write(() => clock.advance(11))).toBe(false);
  expect(await several(CALM + 3)).not.toContain('B');
  await clock.advance(1100);
  expect(await several(1)).toBe('B');
});

it('thinks nothing of a disk that takes ten milliseconds', async () => {
  const { clock, write, several } = setUp();
  await several(CALM + 1);
  expect(await write(() => clock.advance(10))).toBe(true);
  expect(await several(1)).toBe('B');
});

it('never blocks where others need the thread', async () => {
  expect(await setUp({ mayBlock: false }).several(CALM + 3)).not.toContain('B');
});
