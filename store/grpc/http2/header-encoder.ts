/**
 * Writes the header blocks of answers. Two fields are in nearly every answer; they enter the
 * client's table with the first one and are a byte each from then on. Everything else is literal.
 */
import type { Field } from './header-table.ts';

const TABLE_BYTES = 4096;
const STATUS_200 = 0x88;
const CONTENT_TYPE = 31;
/** Indexes in the client's table, once both are there; the later comes first. */
const GRPC_OK_INDEXED = 0x80 | 62;
const CONTENT_TYPE_INDEXED = 0x80 | 63;
const FORGET_TABLE = 0x20;

function integer(value: number, prefix: number, flags: number): number[] {
  if (value < prefix) return [flags | value];
  const bytes = [flags | prefix];
  let rest = value - prefix;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
}

function text(value: string): number[] {
  const bytes = Buffer.from(value, 'latin1');
  return [...integer(bytes.length, 0x7f, 0), ...bytes];
}

const GRPC_CONTENT_TYPE = 'application/grpc';

const ANSWER_INDEXED = Buffer.from([STATUS_200, CONTENT_TYPE_INDEXED]);
const OK_INDEXED = Buffer.from([GRPC_OK_INDEXED]);

/** Call its methods in the order in which the blocks are sent. */
export class HeaderEncoder {
  #indexes = true;
  /** The client has shrunk its table and must be told that nothing of it is used. */
  #owesForgetting = false;
  #hasContentType = false;
  #hasOk = false;

  /** The client's SETTINGS_HEADER_TABLE_SIZE. */
  limitTable(bytes: number): void {
    if (bytes >= TABLE_BYTES || !this.#indexes) return;
    this.#indexes = false;
    this.#owesForgetting = true;
  }

  /** `:status 200`, `content-type: application/grpc` */
  answer(): Buffer {
    if (this.#indexes && this.#hasOk) return ANSWER_INDEXED;
    const bytes = [...this.#start(), STATUS_200];
    if (!this.#indexes || this.#hasContentType)
      bytes.push(...integer(CONTENT_TYPE, 0x0f, 0), ...text(GRPC_CONTENT_TYPE));
    else {
      this.#hasContentType = true;
      bytes.push(...integer(CONTENT_TYPE, 0x3f, 0x40), ...text(GRPC_CONTENT_TYPE));
    }
    return Buffer.from(bytes);
  }

  /** `grpc-status: 0` */
  ok(): Buffer {
    if (this.#indexes && this.#hasOk) return OK_INDEXED;
    // Only behind the content type is it where it is looked for.
    const enters = this.#indexes && this.#hasContentType;
    if (enters) this.#hasOk = true;
    const literal = [enters ? 0x40 : 0, ...text('grpc-status'), ...text('0')];
    return Buffer.from([...this.#start(), ...literal]);
  }

  fields(fields: readonly Field[]): Buffer {
    const bytes = this.#start();
    for (const { name, value } of fields) bytes.push(0, ...text(name), ...text(value));
    return Buffer.from(bytes);
  }

  #start(): number[] {
    if (!this.#owesForgetting) return [];
    this.#owesForgetting = false;
    return [FORGET_TABLE];
  }
}
