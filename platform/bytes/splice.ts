import type { ByteStream } from './byte-stream.ts';

/**
 * Passes bytes between two connections until both directions have ended; each half-close is passed
 * on. If one breaks off, so does the other. A side that takes no more is still listened to: what it
 * said before reaches the other. Never rejects.
 */
export async function splice(a: ByteStream, b: ByteStream): Promise<void> {
  const breakOff = (): void => {
    a.destroy();
    b.destroy();
  };
  const there = pour(a, b).catch(breakOff);
  const back = pour(b, a).catch(breakOff);
  // What broke off while it was listened to has broken off already.
  const [thereWhole, backWhole] = await Promise.all([there, back]);
  if (thereWhole === false || backWhole === false) breakOff();
}

/** False once `to` takes no more; rejects if `from` breaks off. */
async function pour(from: ByteStream, to: ByteStream): Promise<boolean> {
  const iterator = from.incoming[Symbol.asyncIterator]();
  for (;;) {
    const step = await iterator.next();
    const work = step.done === true ? to.end() : to.write(step.value);
    const isTaken = await work.then(
      () => true,
      () => false,
    );
    if (step.done === true || !isTaken) return isTaken;
  }
}
