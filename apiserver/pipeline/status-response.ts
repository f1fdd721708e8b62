import { enveloped, messageOf } from '../../api/protobuf/envelope.ts';
import { type Status, StatusError } from '../../api/status.ts';
import { type Chunk, type HttpResponse, JsonValue } from '../../platform/net/http.ts';
import { type Accepted, accepted } from './accept.ts';
import { type Asked, encodeAnswer, indented } from './encode-answer.ts';

const STATUS = { group: '', version: 'v1', kind: 'Status' };
/** Written for people, as Kubernetes writes it. */
const NONE_ACCEPTED: Accepted = {
  representation: { as: 'Object' },
  mediaType: 'application/json',
};

/** A Status as an answer: in the form the client accepts, or in JSON if it accepts none. */
export function statusResponse(status: Status, asked?: Asked): HttpResponse {
  const form = formOf(asked);
  const headers: Record<string, string> = { 'content-type': form.mediaType };
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter !== undefined && retryAfter > 0) headers['retry-after'] = String(retryAfter);
  const answer = {
    body: new JsonValue(status),
    protobuf: () => enveloped(STATUS, messageOf(STATUS, status)),
  };
  return { status: status.code ?? 500, headers, body: bodyOf() };

  function bodyOf(): Chunk {
    if (asked === undefined) return answer.body;
    return form === NONE_ACCEPTED ? indented(answer.body) : encodeAnswer(asked, form, answer);
  }
}

function formOf(asked: Asked | undefined): Accepted {
  try {
    return accepted(asked?.headers['accept'], { protobuf: true, stream: false, asItIs: true });
  } catch (error) {
    if (error instanceof StatusError) return NONE_ACCEPTED;
    throw error;
  }
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

/** The server could not find out what to answer: Kubernetes' text. */
export function internalError(path: string, why: string): HttpResponse {
  return textResponse(500, `Internal Server Error: ${JSON.stringify(path)}: ${why}\n`);
}

/** What an unknown path outside the API answers: Go's text, which kubectl recognises. */
export function pageNotFound(): HttpResponse {
  return textResponse(404, '404 page not found\n');
}
