import type { ByteStream } from '../../platform/bytes/byte-stream.ts';

/** A connection to a port of a pod. */
export interface PodConnection {
  readonly data: ByteStream;
  /** What went wrong; "" if nothing did. Resolves once the connection is over. */
  readonly failure: Promise<string>;
}
