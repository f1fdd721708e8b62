import type { KubernetesObject } from '../api/meta.ts';
import { type HttpResponse, JsonValue } from '../platform/http.ts';
import type { WatchEvent } from './interface.ts';
import { errorOf } from './response-error.ts';

/**
 * The events of a watch response. Values from the same process pass through; bytes are cut at
 * newlines wherever the chunks' borders fall. An ERROR event is thrown as StatusError.
 */
export async function* watchEvents(
  body: HttpResponse['body'],
): AsyncGenerator<WatchEvent<KubernetesObject>> {
  if (body === undefined) return;
  const lines = new LineSplitter();
  if (body instanceof JsonValue) {
    yield checked(body.value);
    return;
  }
  const chunks = body instanceof Uint8Array ? [body] : body;
  for await (const chunk of chunks) {
    if (chunk instanceof JsonValue) {
      yield checked(chunk.value);
      continue;
    }
    for (const line of lines.push(chunk)) yield checked(JSON.parse(line));
  }
  const rest = lines.rest();
  // Half an event is what is left of a broken connection: the watch is resumed before it.
  if (rest !== '' && isWhole(rest)) yield checked(JSON.parse(rest));
}

function isWhole(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function checked(value: unknown): WatchEvent<KubernetesObject> {
  const event = value as { type: string; object: KubernetesObject };
  if (event.type === 'ERROR') throw errorOf(500, event.object);
  return event as WatchEvent<KubernetesObject>;
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
