import { Duplex } from 'node:stream';
import type { ByteStream } from '../../bytes/byte-stream.ts';

/**
 * A socket, or any other duplex, as a {@link ByteStream}. It is read only as fast as iterated, and
 * stays open for what is still to be written when its other end has nothing more to say.
 */
export function byteStreamOf(duplex: Duplex): ByteStream {
  // Whoever iterates or writes hears of it; with nobody there it is of no interest.
  duplex.on('error', () => {});
  return {
    incoming: {
      // Iterated by itself it would be closed at its end, by Node.js before 24.
      [Symbol.asyncIterator]: () => duplex.iterator({ destroyOnReturn: false }),
    } as AsyncIterable<Buffer>,
    write: (bytes) => written(duplex, bytes),
    end: () =>
      new Promise((resolve) => {
        if (duplex.destroyed || duplex.writableEnded) resolve();
        else duplex.end(() => resolve());
      }),
    destroy: () => void duplex.destroy(),
  };
}

function written(duplex: Duplex, bytes: Uint8Array): Promise<void> {
  if (duplex.destroyed || duplex.writableEnded)
    return Promise.reject(new Error('the connection is closed'));
  if (duplex.write(bytes)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      duplex.off('drain', settle).off('close', settle).off('finish', settle);
      if (duplex.destroyed) reject(new Error('the connection was closed'));
      else resolve();
    };
    duplex.on('drain', settle).on('close', settle).on('finish', settle);
  });
}

/** The other way round: for what in Node asks for a socket. */
export function duplexOf(stream: ByteStream): Duplex {
  const incoming = stream.incoming[Symbol.asyncIterator]();
  const done = (work: Promise<unknown>, callback: (error?: Error | null) => void): void => {
    work.then(() => callback(), callback);
  };
  return new Duplex({
    allowHalfOpen: true,
    read() {
      incoming.next().then(
        (step) => this.push(step.done === true ? null : step.value),
        (error: Error) => this.destroy(error),
      );
    },
    write(chunk: Buffer, _encoding, callback) {
      done(stream.write(chunk), callback);
    },
    final(callback) {
      done(stream.end(), callback);
    },
    destroy(error, callback) {
      stream.destroy();
      callback(error);
    },
  });
}
