import type { ByteStream } from './byte-stream.ts';

/**
 * Passes bytes between two connections until both directions have ended; each half-close is passed
 * on. If one breaks off, so does the other. Never rejects.
 */
export async function splice(a: ByteStream, b: ByteStream): Promise<void> {
  const breakOff = (): void => {
    a.destroy();
    b.destroy();
  };
  await Promise.all([pour(a.incoming, b).catch(breakOff), pour(b.incoming, a).catch(breakOff)]);
}

async function pour(from: AsyncIterable<Uint8Array>, to: ByteStream): Promise<void> {
  for await (const chunk of from) await to.write(chunk);
  await to.end();
}
