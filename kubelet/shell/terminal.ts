/**
 * The line discipline of a terminal, as far as typing needs it: echo, erase, ^C, ^D and ^U
 * (termios(3), canonical mode). Clients put their own terminal into raw mode and leave this to
 * the other end.
 */
import type { ByteSink } from '../../platform/bytes/byte-stream.ts';
import { BoundedStream } from '../../platform/stream.ts';

const MAX_LINE_BYTES = 4096;
/** Lines typed ahead of who reads them. */
const MAX_AHEAD = 1000;

const CTRL_C = 0x03;
const CTRL_D = 0x04;
const CTRL_U = 0x15;
const ESCAPE = 0x1b;
const erases = new Set([0x08, 0x7f]);
const ends = new Set([0x0a, 0x0d]);

/** Lines end with "\r\n" on a terminal. */
export function terminalSink(sink: ByteSink): ByteSink {
  return {
    write: (bytes) =>
      sink.write(
        Buffer.from(Buffer.from(bytes).toString('latin1').replace(/\n/g, '\r\n'), 'latin1'),
      ),
    end: () => sink.end(),
  };
}

export class Terminal {
  /** Lines with their "\n"; ends at ^D. */
  readonly lines = new BoundedStream<Uint8Array>(MAX_AHEAD);
  readonly #output: ByteSink;
  readonly #interrupt: () => void;
  #line: number[] = [];
  /** Within an escape sequence, which is dropped. */
  #escaping: 'no' | 'begun' | 'inside' = 'no';

  constructor(output: ByteSink, interrupt: () => void) {
    this.#output = output;
    this.#interrupt = interrupt;
  }

  /** Resolves when nothing more is typed; rejects as the output does. */
  async read(typed: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const bytes of typed) {
      const echoed: number[] = [];
      for (const byte of bytes) this.#type(byte, echoed);
      if (echoed.length > 0) await this.#output.write(Buffer.from(echoed));
    }
    this.lines.end();
  }

  #type(byte: number, echoed: number[]): void {
    if (this.#escaped(byte)) return;
    const echo = (text: string): void => void echoed.push(...Buffer.from(text));
    if (ends.has(byte)) {
      echo('\r\n');
      this.lines.push(Buffer.from([...this.#line, 0x0a]));
      this.#line = [];
    } else if (erases.has(byte)) {
      if (this.#erase()) echo('\b \b');
    } else if (byte === CTRL_U) {
      while (this.#erase()) echo('\b \b');
    } else if (byte === CTRL_C) {
      echo('^C\r\n');
      this.#line = [];
      this.#interrupt();
    } else if (byte === CTRL_D) {
      if (this.#line.length === 0) this.lines.end();
    } else if ((byte >= 0x20 || byte === 0x09) && this.#line.length < MAX_LINE_BYTES) {
      this.#line.push(byte);
      echoed.push(byte);
    }
  }

  /** True if the byte belongs to an escape sequence (ECMA-48: ESC [ … final). */
  #escaped(byte: number): boolean {
    switch (this.#escaping) {
      case 'no':
        if (byte !== ESCAPE) return false;
        this.#escaping = 'begun';
        return true;
      case 'begun':
        this.#escaping = byte === 0x5b || byte === 0x4f ? 'inside' : 'no';
        return true;
      case 'inside':
        if (byte >= 0x40 && byte <= 0x7e) this.#escaping = 'no';
        return true;
    }
  }

  /** A character of UTF-8, whole. */
  #erase(): boolean {
    if (this.#line.length === 0) return false;
    while ((this.#line.pop()! & 0xc0) === 0x80 && this.#line.length > 0);
    return true;
  }
}
