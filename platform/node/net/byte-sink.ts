import type { Writable } from 'node:stream';
import type { ByteSink } from '../../bytes/byte-stream.ts';

/** Errors of a stream are told to who writes; without this they would end the process. */
export function silently<T extends NodeJS.EventEmitter>(stream: T): T {
  stream.on('error', () => {});
  return stream;
}

export function sinkOf(stream: Writable): ByteSink {
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stream.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    end: () =>
      new Promise((resolve) => {
        if (stream.destroyed || stream.writableFinished) resolve();
        else stream.end(() => resolve());
      }),
  };
}
