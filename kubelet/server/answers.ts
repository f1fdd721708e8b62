import { type HttpResponse, JsonValue } from '../../platform/net/http.ts';

/** A refusal; the text goes to whoever asked. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export function textAnswer(status: number, text: string): HttpResponse {
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  return { status, headers, body: Buffer.from(text) };
}

export function jsonAnswer(value: unknown): HttpResponse {
  const headers = { 'content-type': 'application/json' };
  return { status: 200, headers, body: new JsonValue(value) };
}
