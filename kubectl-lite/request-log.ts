/**
 * `-v`: each request on standard error, as kubectl's log has it. 6 tells of the answers, 7 of
 * headers, too, 8 of the beginnings of bodies, 9 of all of them.
 */
import { formatMicroTime } from '../api/time.ts';
import type { Clock } from '../platform/clock.ts';
import { chunkBytes } from '../platform/net/http.ts';
import type { Chunk, Headers, HttpHandler, HttpResponse } from '../platform/net/http.ts';
import { statusText } from './status-text.ts';

export interface RequestLog {
  readonly verbosity: number;
  readonly clock: Clock;
  /** "https://127.0.0.1:6443" */
  readonly server: string;
  readonly write: (text: string) => void;
}

/** Of a body at verbosity 8. */
const BODY_LIMIT = 1024;

export function loggingRequests(next: HttpHandler, log: RequestLog): HttpHandler {
  const { verbosity, clock } = log;
  return async (request) => {
    const query = request.query.toString();
    const url = `${log.server.replace(/\/$/, '')}${request.path}${query === '' ? '' : `?${query}`}`;
    const asked = `verb="${request.method}" url="${url}"`;
    if (verbosity >= 7) tell(log, `"Request" ${asked}${headerText(request.headers)}`);
    if (request.body !== undefined) tellBody(log, 'Request Body', chunkBytes(request.body));
    const began = clock.monotonic();
    const took = (): string => `milliseconds=${Math.round(clock.monotonic() - began)}`;
    try {
      const response = await next(request);
      const headers = verbosity >= 7 ? headerText(response.headers) : '';
      tell(log, `"Response" ${asked} status="${statusText(response.status)}"${headers} ${took()}`);
      return verbosity >= 8 ? tellingBody(log, response) : response;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      tell(log, `"Response" ${asked} error=${JSON.stringify(reason)} ${took()}`);
      throw error;
    }
  };
}

function tell({ clock, write }: RequestLog, text: string): void {
  write(`I ${formatMicroTime(clock.now())} ${text}\n`);
}

function tellBody(log: RequestLog, name: string, bytes: Uint8Array): void {
  if (log.verbosity < 8) return;
  const text = Buffer.from(bytes).toString();
  const cut = log.verbosity === 8 && text.length > BODY_LIMIT;
  const shown = cut
    ? `${text.slice(0, BODY_LIMIT)} [truncated ${text.length - BODY_LIMIT} chars]`
    : text;
  tell(log, `"${name}" body=${JSON.stringify(shown)}`);
}

const isChunk = (body: NonNullable<HttpResponse['body']>): body is Chunk =>
  !(Symbol.asyncIterator in body);

/** Streams are told as they pass. */
function tellingBody(log: RequestLog, response: HttpResponse): HttpResponse {
  const { body } = response;
  if (body === undefined) return response;
  if (!isChunk(body)) return { ...response, body: passing(body) };
  tellBody(log, 'Response Body', chunkBytes(body));
  return response;

  async function* passing(chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk> {
    for await (const chunk of chunks) {
      tellBody(log, 'Response Body', chunkBytes(chunk));
      yield chunk;
    }
  }
}

/** Credentials are for the server alone. */
const masked = ['authorization', 'cookie', 'set-cookie', 'proxy-authorization'];

const headerText = (headers: Headers): string =>
  ` headers=${JSON.stringify(
    Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        masked.includes(name) ? '<masked>' : value,
      ]),
    ),
  )}`;
