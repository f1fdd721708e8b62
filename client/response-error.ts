import { type Status, statusCodes, StatusError, type StatusReason } from '../api/status.ts';
import type { HttpResponse } from '../platform/net/http.ts';

/** The error of a refused request: the server's Status, or one made from code and text. */
export function errorOf(code: number, body: unknown): StatusError {
  if (isStatusBody(body)) return new StatusError({ ...body, code: body.code ?? code });
  const text = typeof body === 'string' ? body.trim() : '';
  return new StatusError({
    apiVersion: 'v1',
    kind: 'Status',
    metadata: {},
    status: 'Failure',
    reason: reasonOf(code),
    code,
    message: messageOf(code, text),
  });
}

function isStatusBody(body: unknown): body is Status {
  return typeof body === 'object' && body !== null && 'kind' in body && body.kind === 'Status';
}

function reasonOf(code: number): StatusReason | 'Unknown' {
  for (const [reason, known] of Object.entries(statusCodes)) {
    if (known === code && reason !== 'AlreadyExists') return reason as StatusReason;
  }
  return 'Unknown';
}

/** client-go's texts for answers without a Status body. */
function messageOf(code: number, text: string): string {
  if (code === 404) return 'the server could not find the requested resource';
  if (code === 401) return 'the server has asked for the client to provide credentials';
  if (text === '') return `the server answered ${code} without a reason`;
  const quoted = JSON.stringify(text.slice(0, 512));
  return `an error on the server (${quoted}) has prevented the request from succeeding`;
}

/** How long the server asks to wait, from Retry-After in seconds; undefined if it does not ask. */
export function retryAfterMs(response: HttpResponse): number | undefined {
  const seconds = Number(response.headers['retry-after']);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
