import { GatheredBytes } from '../../platform/bytes/gathered-bytes.ts';
import type { Gunzip } from '../../platform/net/http-server.ts';
import { codes, RpcError } from './status.ts';

const HEADER_BYTES = 5;
/** The first byte of a message's header. */
const COMPRESSED = 1;

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
  readonly #unpack: Gunzip | undefined;
  readonly #coming = new GatheredBytes();
  /** Of the message that is coming, with its header; unknown until that is there. */
  #wanted = HEADER_BYTES;

  /** `unpack`: for calls that say that their messages may be compressed. */
  constructor(maxBytes: number, incomplete: IncompleteBytes, unpack?: Gunzip) {
    this.#maxBytes = maxBytes;
    this.#incomplete = incomplete;
    this.#unpack = unpack;
  }

  /** A message has begun and has not come whole. */
  get isAmid(): boolean {
    return this.#coming.length > 0;
  }

  /** Throws {@link RpcError} for what is no message, or too large. Messages are copies. */
  push(bytes: Buffer, take: (message: Buffer) => void): void {
    let at = 0;
    while (at < bytes.length) {
      if (!this.isAmid && bytes.length - at >= HEADER_BYTES) {
        const end = at + this.#wholeLength(bytes, at);
        if (bytes.length >= end) {
          take(this.#plain(bytes[at]!, copied(bytes, at + HEADER_BYTES, end)));
          at = end;
          continue;
        }
      }
      at += this.#keep(bytes, at, take);
    }
  }

  /** How many bytes from `at` on were added to the message that is coming. */
  #keep(bytes: Buffer, at: number, take: (message: Buffer) => void): number {
    const coming = this.#coming;
    const length = Math.min(bytes.length - at, this.#wanted - coming.length);
    this.#incomplete.add(length);
    coming.add(bytes.subarray(at, at + length), this.#wanted);
    if (coming.length === this.#wanted && this.#wanted === HEADER_BYTES)
      this.#wanted = this.#wholeLength(coming.all, 0);
    if (coming.length === this.#wanted) {
      const all = this.#end();
      take(this.#plain(all[0]!, all.subarray(HEADER_BYTES)));
    }
    return length;
  }

  /** Forgets a message that will not come whole. */
  drop(): void {
    this.#end();
  }

  #end(): Buffer {
    this.#incomplete.remove(this.#coming.length);
    this.#wanted = HEADER_BYTES;
    return this.#coming.take();
  }

  /** Of the message whose header is at `at`, with that. */
  #wholeLength(bytes: Buffer, at: number): number {
    const flag = bytes[at];
    if (flag === COMPRESSED && this.#unpack === undefined)
      throw new RpcError(
        codes.internal,
        'grpc: compressed flag set with identity or empty encoding',
      );
    if (flag !== 0 && flag !== COMPRESSED)
      throw new RpcError(codes.internal, `grpc: received unexpected payload format ${flag}`);
    const length = bytes.readUInt32BE(at + 1);
    if (length > this.#maxBytes) throw tooLarge(length, this.#maxBytes);
    return HEADER_BYTES + length;
  }

  #plain(flag: number, message: Buffer): Buffer {
    if (flag !== COMPRESSED) return message;
    let unpacked: Buffer | undefined;
    try {
      unpacked = this.#unpack!(message, this.#maxBytes);
    } catch (error) {
      const reason = (error as Error).message;
      const text = `grpc: failed to decompress the received message: ${reason}`;
      throw new RpcError(codes.internal, text);
    }
    if (unpacked !== undefined) return unpacked;
    const text = `grpc: received message after decompression larger than max ${this.#maxBytes}`;
    throw new RpcError(codes.resourceExhausted, text);
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
