import { type HttpResponse, JsonValue } from '../platform/http.ts';

const decoder = new TextDecoder();

/** The whole body as a value: JSON if it is JSON, else its text; undefined if there is none. */
export async function bodyValue(body: HttpResponse['body']): Promise<unknown> {
  if (body === undefined) return undefined;
  if (body instanceof JsonValue) return body.value;
  if (body instanceof Uint8Array) return parse(body);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    chunks.push(chunk instanceof JsonValue ? chunk.bytes() : chunk);
  }
  return parse(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
}

function parse(bytes: Uint8Array): unknown {
  if (bytes.length === 0) return undefined;
  const text = decoder.decode(bytes);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
