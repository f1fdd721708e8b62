import type { Response } from 'express';
import {
  type Chunk,
  type HttpResponse,
  JsonValue,
  NEWLINE,
  type Pieces,
} from '../../platform/net/http.ts';
import type { Gzip } from '../../platform/net/http-server.ts';
import { acceptsGzip } from '../pipeline/accept.ts';
import { drained, type Outlet, type StreamOptions, writeStream } from './write-stream.ts';

/** Below this, compressing costs more than it saves; kube-apiserver's threshold. */
const GZIP_BYTES = 128 * 1024;

export interface WriteOptions extends StreamOptions {
  readonly gzip: Gzip;
}

const isStream = (body: HttpResponse['body']): body is AsyncIterable<Chunk> =>
  body !== undefined && !(body instanceof JsonValue) && Symbol.asyncIterator in body;

function send(
  response: Response,
  { status, headers }: HttpResponse,
  bytes: Uint8Array | undefined,
): void {
  response.writeHead(status, Object.assign({ 'content-length': bytes?.length ?? 0 }, headers));
  response.end(bytes);
}

/** A piece is made when the socket took the last one: whoever reads slowly holds no copy of all. */
async function sendPieces(
  response: Response,
  { status, headers }: HttpResponse,
  { pieces, clock }: { readonly pieces: Pieces; readonly clock: WriteOptions['clock'] },
): Promise<void> {
  const length = pieces.byteLength + NEWLINE.length;
  response.writeHead(status, Object.assign({ 'content-length': length }, headers));
  if (response.req.method === 'HEAD') return void response.end();
  for (const piece of pieces) {
    if (response.destroyed) return;
    if (!response.write(piece) && !(await drained(response, clock))) return;
  }
  response.end(NEWLINE);
}

async function sendCompressed(
  response: Response,
  answer: HttpResponse,
  { bytes, gzip }: { bytes: Uint8Array; gzip: Gzip },
): Promise<void> {
  const compressed = await gzip(bytes);
  const vary = answer.headers['vary'];
  const headers = {
    ...answer.headers,
    'content-encoding': 'gzip',
    vary: vary === undefined ? 'accept-encoding' : `${vary}, accept-encoding`,
  };
  send(response, { status: answer.status, headers }, compressed);
}

/** Writes the whole answer; resolves when it is handed to the socket or the client is gone. */
export async function writeResponse(
  outlet: Outlet,
  answer: HttpResponse,
  options: WriteOptions,
): Promise<void> {
  const { body } = answer;
  const { response } = outlet;
  if (isStream(body)) {
    const { cookies } = answer;
    const more = cookies === undefined ? {} : { 'set-cookie': [...cookies] };
    response.writeHead(answer.status, { ...answer.headers, ...more });
    await writeStream(outlet, body, options);
    return;
  }
  const pieces = body instanceof JsonValue ? body.pieces : undefined;
  const takesGzip = (): boolean => acceptsGzip(response.req.headers['accept-encoding']?.toString());
  if (pieces !== undefined && !takesGzip()) {
    await sendPieces(response, answer, { pieces, clock: options.clock });
    return;
  }
  const bytes = body instanceof JsonValue ? body.line() : body;
  const compressible =
    bytes !== undefined &&
    bytes.length > GZIP_BYTES &&
    answer.headers['content-encoding'] === undefined;
  if (compressible && takesGzip()) {
    await sendCompressed(response, answer, { bytes, gzip: options.gzip });
  } else {
    send(response, answer, bytes);
  }
}
