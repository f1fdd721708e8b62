import { codes, RpcError } from './status.ts';

const HEADER_BYTES = 5;

/** Of requests that have not come whole, over all calls of a connection. */
export class IncompleteBytes {
  readonly #limit: number;
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limit)
      throw new RpcError(codes.resourceExhausted, 'too many requests come in at once');
  }

  remove(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** Cuts the body of a call into gRPC's length-prefixed messages. */
export class MessageReader {
  readonly #maxBytes: number;
  readonly #incomplete: IncompleteBytes;
  #parts: Buffer[] = [];
  #bytes = 0;
  /** Of the message that is coming, with its header; unknown until that is there. */
  #wanted = HEADER_BYTES;

  constructor(maxBytes: number, incomplete: IncompleteBytes) {
    this.#maxBytes = maxBytes;
    this.#incomplete = incomplete;
  }

  /** A message has begun and has not come whole. */
  get isAmid(): boolean {
    return this.#bytes > 0;
  }

  /** Throws {@link RpcError} for what is no message, or too large. Messages are copies. */
  push(bytes: Buffer, take: (message: Buffer) => void): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#bytes === 0 && bytes.length - at >= HEADER_BYTES) {
        const end = at + this.#wholeLength(bytes, at);
        if (bytes.length >= end) {
          take(copied(bytes, at + HEADER_BYTES, end));
          at = end;
          continue;
        }
      }
      at += this.#keep(bytes, at, take);
    }
  }

  /** How many bytes from `at` on were added to the message that is coming. */
  #keep(bytes: Buffer, at: number, take: (message: Buffer) => void): number {
    const length = Math.min(bytes.length - at, this.#wanted - this.#bytes);
    this.#incomplete.add(length);
    this.#parts.push(copied(bytes, at, at + length));
    this.#bytes += length;
    if (this.#bytes === this.#wanted) {
      const all = Buffer.concat(this.#parts);
      if (this.#wanted === HEADER_BYTES) this.#wanted = this.#wholeLength(all, 0);
      if (this.#bytes === this.#wanted) {
        this.drop();
        take(all.subarray(HEADER_BYTES));
      }
    }
    return length;
  }

  /** Forgets a message that will not come whole. */
  drop(): void {
    this.#incomplete.remove(this.#bytes);
    this.#parts = [];
    this.#bytes = 0;
    this.#wanted = HEADER_BYTES;
  }

  /** Of the message whose header is at `at`, with that. */
  #wholeLength(bytes: Buffer, at: number): number {
    const flag = bytes[at];
    if (flag === 1)
      throw new RpcError(
        codes.internal,
        'grpc: compressed flag set with identity or empty encoding',
      );
    if (flag !== 0)
      throw new RpcError(codes.internal, `grpc: received unexpected payload format ${flag}`);
    const length = bytes.readUInt32BE(at + 1);
    if (length > this.#maxBytes) throw tooLarge(length, this.#maxBytes);
    return HEADER_BYTES + length;
  }
}

function copied(bytes: Buffer, from: number, to: number): Buffer {
  const copy = Buffer.allocUnsafe(to - from);
  bytes.copy(copy, 0, from, to);
  return copy;
}

const tooLarge = (bytes: number, limit: number): RpcError =>
  new RpcError(
    codes.resourceExhausted,
    `grpc: received message larger than max (${bytes} vs. ${limit})`,
  );
