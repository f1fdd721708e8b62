/** DEFLATE (RFC 1951) by pieces that end on a byte. The real one is in `platform/node`. */
export interface RawDeflate {
  /** Ends with a sync flush. `window`: what both sides have seen before, 32 KiB of it at most. */
  deflate(bytes: Uint8Array, window: Uint8Array): Uint8Array;
  /** Throws if the piece is malformed or would become longer than `maxBytes`. */
  inflate(bytes: Uint8Array, window: Uint8Array, maxBytes: number): Uint8Array;
}
