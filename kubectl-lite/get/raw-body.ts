import { type HttpResponse, JsonValue } from '../../platform/net/http.ts';

/** A body as text, whether it came whole or in pieces. */
export async function bodyText(body: HttpResponse['body']): Promise<string> {
  if (body === undefined) return '';
  const chunks = body instanceof Uint8Array || body instanceof JsonValue ? [body] : body;
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk instanceof JsonValue ? chunk.bytes() : chunk);
  return Buffer.concat(parts).toString();
}
