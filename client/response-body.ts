import { parseJson } from '../api/json.ts';
import { type Chunk, type HttpResponse, JsonValue } from '../platform/net/http.ts';

const decoder = new TextDecoder();

/**
 * The whole body as a value: text if the response says it is text, else JSON (a body cut short
 * must not pass as a value of another kind); undefined if there is none.
 */
export async function bodyValue({ body, headers }: HttpResponse): Promise<unknown> {
  if (body === undefined) return undefined;
  if (body instanceof JsonValue) return body.value;
  const isText = headers['content-type']?.startsWith('text/') ?? false;
  const bytes = body instanceof Uint8Array ? body : await collect(body);
  if (bytes.length === 0) return undefined;
  const text = decoder.decode(bytes);
  return isText ? text : parseJson(text).value;
}

async function collect(body: AsyncIterable<Chunk>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    chunks.push(chunk instanceof JsonValue ? chunk.bytes() : chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
