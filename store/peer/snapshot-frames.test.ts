import { describe, expect, it } from 'vitest';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import { framePair } from '../../test/support/frame-pair.ts';
import { receiveChunks, sendChunks } from './snapshot-frames.ts';

async function* chunks(count: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i++) yield Uint8Array.of(i);
}

const collect = async (from: AsyncIterable<Uint8Array>, into: number[]): Promise<void> => {
  for await (const chunk of from) into.push(chunk[0]!);
};

const never = new Promise<void>(() => {});

describe('a snapshot between two members', () => {
  it('arrives whole and in order, and is reported', async () => {
    const [clock, { near, far }] = [new FakeClock(), framePair()];
    const got: number[] = [];
    const received = receiveChunks(far, clock, (from) => collect(from, got));
    await sendChunks(near, chunks(100), clock);
    await received;
    expect(got).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect([near.isClosed, far.isClosed, clock.timers]).toEqual([true, true, 0]);
  });

  it('runs ahead of the receiver by a bound only', async () => {
    const [clock, { near, far }] = [new FakeClock(), framePair()];
    let pulled = 0;
    const counted = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of chunks(100)) {
        pulled++;
        yield chunk;
      }
    };
    void receiveChunks(far, clock, async (from) => {
      await from[Symbol.asyncIterator]().next();
      await never;
    });
    void sendChunks(near, counted(), clock).catch(() => {});
    await settle();
    expect(pulled).toBeLessThan(12);
  });

  it('fails with what the receiver says', async () => {
    const [clock, { near, far }] = [new FakeClock(), framePair()];
    void receiveChunks(far, clock, () => Promise.reject(new Error('no room')));
    await expect(sendChunks(near, chunks(3), clock)).rejects.toThrow('no room');
  });

  // Seed 1387 of the simulator: the leader waited for ever, and sent the member nothing else.
  it('is given up when the receiver vanishes without a word', async () => {
    const [clock, pair] = [new FakeClock(), framePair()];
    void receiveChunks(pair.far, clock, () => never);
    const sent = expect(sendChunks(pair.near, chunks(3), clock)).rejects.toThrow('not answer');
    await settle();
    pair.cut();
    await clock.advance(10_000);
    await sent;
  });

  it('is given up when the sender vanishes without a word', async () => {
    const [clock, pair] = [new FakeClock(), framePair()];
    const installing = expect(
      new Promise<void>((resolve, reject) => {
        void receiveChunks(pair.far, clock, (from) => {
          const reading = collect(from, []);
          reading.then(resolve, reject);
          return reading;
        });
      }),
    ).rejects.toThrow('gone');
    void sendChunks(pair.near, endless(), clock).catch(() => {});
    await settle();
    pair.cut();
    await clock.advance(10_000);
    await installing;
    expect(pair.far.isClosed).toBe(true);
  });

  it('is not given up while a slow receiver lives', async () => {
    const [clock, { near, far }] = [new FakeClock(), framePair()];
    let finish = (): void => {};
    const installed = new Promise<void>((resolve) => (finish = resolve));
    void receiveChunks(far, clock, (from) => collect(from, []).then(() => installed));
    const sent = sendChunks(near, chunks(3), clock);
    await clock.advance(60_000);
    finish();
    await sent;
  });
});

async function* endless(): AsyncGenerator<Uint8Array> {
  yield Uint8Array.of(1);
  await never;
}
