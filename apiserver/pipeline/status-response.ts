import type { Status } from '../../api/status.ts';
import { type HttpResponse, JsonValue } from '../../platform/http.ts';

/** A Status as an answer. JSON suits clients that prefer protobuf as well: they all accept it. */
export function statusResponse(status: Status): HttpResponse {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter !== undefined && retryAfter > 0) headers['retry-after'] = String(retryAfter);
  return { status: status.code ?? 500, headers, body: new JsonValue(status) };
}

/** A line or page of plain text, as health checks and unknown paths answer. */
export function textResponse(status: number, text: string): HttpResponse {
  return {
    status,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
    },
    body: Buffer.from(text),
  };
}

/** What an unknown path outside the API answers: Go's text, which kubectl recognises. */
export function pageNotFound(): HttpResponse {
  return textResponse(404, '404 page not found\n');
}
