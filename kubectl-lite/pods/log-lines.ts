import { type HttpResponse, JsonValue } from '../../platform/net/http.ts';

/** A line longer than this is printed in pieces. */
const MAX_LINE_BYTES = 1 << 20;

async function* chunks(body: HttpResponse['body']): AsyncGenerator<Buffer> {
  if (body === undefined) return;
  const parts = body instanceof Uint8Array || body instanceof JsonValue ? [body] : body;
  for await (const part of parts) {
    yield Buffer.from(part instanceof JsonValue ? part.bytes() : part);
  }
}

/** Whole lines with their ends, so that those of several logs do not run into each other. */
async function* lines(body: HttpResponse['body']): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks(body)) {
    let buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const end = buffer.indexOf(10);
      const cut = end >= 0 ? end + 1 : buffer.length > MAX_LINE_BYTES ? MAX_LINE_BYTES : 0;
      if (cut === 0) break;
      yield buffer.subarray(0, cut);
      buffer = buffer.subarray(cut);
    }
    rest = buffer;
  }
  if (rest.length > 0) yield Buffer.concat([rest, Buffer.from('\n')]);
}

export const logLines = { chunks, lines };
