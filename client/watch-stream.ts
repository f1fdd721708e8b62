import { parseJson } from '../api/json.ts';
import type { KubernetesObject } from '../api/meta.ts';
import { type Chunk, type HttpResponse, JsonValue } from '../platform/net/http.ts';
import { takeFrom, type Taking } from '../platform/stream.ts';
import type { WatchEvent } from './interface.ts';
import { errorOf } from './response-error.ts';

type Event = WatchEvent<KubernetesObject>;

/**
 * The events of a watch response. Values from the same process pass through; bytes are cut at
 * newlines wherever the chunks' borders fall. An ERROR event is thrown as StatusError.
 */
export function watchEvents(body: HttpResponse['body']): Taking<Event> {
  return new WatchEvents(body);
}

class WatchEvents implements Taking<Event> {
  readonly #chunks: AsyncIterator<Chunk>;
  readonly #lines = new LineSplitter();
  /** Of the last chunk: values, or lines as they were sent. */
  #waiting: unknown[] = [];
  #ended = false;

  constructor(body: HttpResponse['body']) {
    const isStream = body !== undefined && Symbol.asyncIterator in body;
    this.#chunks = (isStream ? body : only(body))[Symbol.asyncIterator]();
  }

  async next(): Promise<IteratorResult<Event>> {
    for (;;) {
      const event = this.#shift();
      if (event !== undefined) return { done: false, value: event };
      if (this.#ended) return { done: true, value: undefined };
      const item = await this.#chunks.next();
      if (item.done === true) this.#end();
      else this.#read(item.value);
    }
  }

  take(): Event | undefined {
    if (this.#waiting.length === 0 && !this.#ended) {
      const chunk = takeFrom(this.#chunks);
      if (chunk !== undefined) this.#read(chunk);
    }
    return this.#shift();
  }

  async return(): Promise<IteratorResult<Event>> {
    this.#ended = true;
    this.#waiting = [];
    await this.#chunks.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #read(chunk: Chunk): void {
    if (chunk instanceof JsonValue) this.#waiting.push(chunk.value);
    else this.#waiting.push(...this.#lines.push(chunk));
  }

  #end(): void {
    this.#ended = true;
    const rest = this.#lines.rest();
    // Half an event is what is left of a broken connection: the watch is resumed before it.
    if (rest !== '' && isWhole(rest)) this.#waiting.push(rest);
  }

  #shift(): Event | undefined {
    if (this.#waiting.length === 0) return undefined;
    try {
      return checked(this.#waiting.shift());
    } catch (error) {
      // Nobody returns an iterator that has thrown.
      this.return().catch(() => {});
      throw error;
    }
  }
}

function checked(sent: unknown): Event {
  const value: unknown = typeof sent === 'string' ? parseJson(sent).value : sent;
  const event = value as { type: string; object: KubernetesObject };
  if (event.type === 'ERROR') throw errorOf(500, event.object);
  return event as Event;
}

async function* only(chunk: Chunk | undefined): AsyncGenerator<Chunk> {
  if (chunk !== undefined) yield chunk;
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const NEWLINE = 0x0a;

/** Cuts bytes into lines; a line spread over many chunks costs its length once, not squared. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  #parts: Uint8Array[] = [];

  *push(chunk: Uint8Array): Generator<string> {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, from);
      if (end < 0) break;
      const line = this.#join(chunk.subarray(from, end));
      from = end + 1;
      if (line !== '') yield line;
    }
    if (from < chunk.length) this.#parts.push(chunk.subarray(from));
  }

  /** What came after the last newline. */
  rest(): string {
    return this.#join(new Uint8Array(0));
  }

  #join(last: Uint8Array): string {
    if (this.#parts.length === 0) return this.#decoder.decode(last);
    this.#parts.push(last);
    const whole = Buffer.concat(this.#parts);
    this.#parts = [];
    return this.#decoder.decode(whole);
  }
}
