import type { Readable } from 'node:stream';
import { type Chunk, type Headers, type HttpRequest, JsonValue } from '../../net/http.ts';

export function pathOf(request: HttpRequest): string {
  const query = request.query.toString();
  return query === '' ? request.path : `${request.path}?${query}`;
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
