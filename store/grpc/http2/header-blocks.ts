import { ConnectionError, errorCodes } from './errors.ts';
import { frameFlags, frameTypes, type Frame } from './frames.ts';
import { HeaderDecoder, MAX_HEADER_LIST_BYTES } from './header-decoder.ts';
import type { Field } from './header-table.ts';

/** A block comes in so many frames at most. */
const MAX_CONTINUATIONS = 32;
const PRIORITY_BYTES = 5;

export interface HeaderBlock {
  readonly streamId: number;
  /** Undefined: too many. */
  readonly fields: readonly Field[] | undefined;
  /** A name or value among them may not be. */
  readonly isMalformed: boolean;
  readonly endStream: boolean;
}

interface Unfinished {
  readonly streamId: number;
  readonly endStream: boolean;
  readonly parts: Buffer[];
  bytes: number;
}

/** Header blocks of a connection, which come one at a time (RFC 9113, section 4.3). */
export class HeaderBlocks {
  readonly #decoder = new HeaderDecoder();
  #unfinished: Unfinished | undefined;

  /** Throws if `frame` comes amid a block that it does not continue. */
  expect({ type, streamId }: Frame): void {
    const continues = type === frameTypes.continuation;
    if (continues === (this.#unfinished !== undefined))
      if (!continues || this.#unfinished!.streamId === streamId) return;
    throw new ConnectionError(errorCodes.protocolError, 'a header block is not continued');
  }

  /** Of a HEADERS or CONTINUATION frame that was expected; undefined until the block is whole. */
  take(frame: Frame): HeaderBlock | undefined {
    const isFirst = frame.type === frameTypes.headers;
    const part = isFirst ? withoutPriority(frame) : frame.payload;
    const isLast = (frame.flags & frameFlags.endHeaders) !== 0;
    const endStream = (frame.flags & frameFlags.endStream) !== 0;
    const { streamId } = frame;
    if (isFirst && isLast) return this.#whole({ streamId, endStream }, part);
    const block = (this.#unfinished ??= { streamId, endStream, parts: [], bytes: 0 });
    // A copy: the frame's bytes are not ours.
    block.parts.push(Buffer.from(part));
    block.bytes += part.length;
    if (block.bytes > MAX_HEADER_LIST_BYTES || block.parts.length > MAX_CONTINUATIONS)
      throw new ConnectionError(errorCodes.enhanceYourCalm, 'a header block too large');
    if (!isLast) return undefined;
    this.#unfinished = undefined;
    return this.#whole(block, Buffer.concat(block.parts));
  }

  #whole(
    { streamId, endStream }: Pick<HeaderBlock, 'streamId' | 'endStream'>,
    bytes: Buffer,
  ): HeaderBlock {
    const fields = this.#decoder.decode(bytes);
    return { streamId, endStream, fields, isMalformed: this.#decoder.isMalformed };
  }
}

function withoutPriority({ flags, payload }: Frame): Buffer {
  const isPadded = (flags & frameFlags.padded) !== 0;
  const start = (isPadded ? 1 : 0) + ((flags & frameFlags.priority) === 0 ? 0 : PRIORITY_BYTES);
  const end = payload.length - (isPadded ? (payload[0] ?? 0) : 0);
  if (start > end) throw new ConnectionError(errorCodes.protocolError, 'more padding than frame');
  return payload.subarray(start, end);
}
