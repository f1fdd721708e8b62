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
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#bytes === 0 && rest.length >= HEADER_BYTES) {
        const end = this.#wholeLength(rest);
        if (rest.length >= end) {
          take(copied(rest.subarray(HEADER_BYTES, end)));
          rest = rest.subarray(end);
          continue;
        }
      }
      rest = this.#keep(rest, take);
    }
  }

  /** What is left of `bytes` after it has been added to the message that is coming. */
  #keep(bytes: Buffer, take: (message: Buffer) => void): Buffer {
    const part = bytes.subarray(0, this.#wanted - this.#bytes);
    this.#incomplete.add(part.length);
    this.#parts.push(copied(part));
    this.#bytes += part.length;
    if (this.#bytes === this.#wanted) {
      const all = Buffer.concat(this.#parts);
      if (this.#wanted === HEADER_BYTES) this.#wanted = this.#wholeLength(all);
      if (this.#bytes === this.#wanted) {
        this.drop();
        take(all.subarray(HEADER_BYTES));
      }
    }
    return bytes.subarray(part.length);
  }

  /** Forgets a message that will not come whole. */
  drop(): void {
    this.#incomplete.remove(this.#bytes);
    this.#parts = [];
    this.#bytes = 0;
    this.#wanted = HEADER_BYTES;
  }

  #wholeLength(header: Buffer): number {
    if (header[0] === 1)
      throw new RpcError(
        codes.internal,
        'grpc: compressed flag set with identity or empty encoding',
      );
    if (header[0] !== 0)
      throw new RpcError(codes.internal, `grpc: received unexpected payload format ${header[0]}`);
    const length = header.readUInt32BE(1);
    if (length > this.#maxBytes) throw tooLarge(length, this.#maxBytes);
    return HEADER_BYTES + length;
  }
}

function copied(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafe(bytes.length);
  bytes.copy(copy);
  return copy;
}

const tooLarge = (bytes: number, limit: number): RpcError =>
  new RpcError(
    codes.resourceExhausted,
    `grpc: received message larger than max (${bytes} vs. ${limit})`,
  );
