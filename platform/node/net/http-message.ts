import type { Readable } from 'node:stream';
import { type Chunk, type Headers, type HttpRequest, JsonValue } from '../../net/http.ts';

const PLAIN = /^[\x20-\x7e]*$/;

export function pathOf(request: HttpRequest): string {
  const query = request.query.toString();
  return query === '' ? request.path : `${request.path}?${query}`;
}

/** As Node.js sends them: a header may have several values, and bytes are written as Latin-1. */
export function wireHeaders(headers: Headers): Record<string, string | string[]> {
  const sent: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    const bytes = PLAIN.test(value) ? value : Buffer.from(value).toString('latin1');
    sent[name] = bytes.includes('\n') ? bytes.split('\n') : bytes;
  }
  return sent;
}

export function requestBytes(request: HttpRequest): Uint8Array | undefined {
  return request.body instanceof JsonValue ? request.body.bytes() : request.body;
}

/** The body of a response: whole if its length is known, else as it comes. */
export async function bodyOf(
  stream: Readable,
  headers: Headers,
): Promise<{ body?: Uint8Array | AsyncIterable<Chunk> }> {
  const length = headers['content-length'];
  if (length === undefined) return { body: stream as AsyncIterable<Uint8Array> };
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    received += chunk.length;
  }
  if (received < Number(length)) throw new Error('the connection broke within a response');
  return { body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) };
}
