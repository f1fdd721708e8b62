import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { createServer as createTcp } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { realLocalNetwork } from './local-network.ts';

const host = '127.0.0.1';
const never = new AbortController().signal;
let server: Http2Server | undefined;
afterEach(() => void server?.close());

/** A health service that answers with this message and status, and notes what it was asked. */
async function health(
  message: number[],
  status = '0',
  why = '',
): Promise<{ port: number; asked: Buffer[] }> {
  const asked: Buffer[] = [];
  server = createServer();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('data', (chunk: Buffer) => asked.push(chunk));
    expect(headers[':path']).toBe('/grpc.health.v1.Health/Check');
    stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () =>
      stream.sendTrailers({ 'grpc-status': status, 'grpc-message': why }),
    );
    stream.end(status === '0' ? Buffer.from([0, 0, 0, 0, message.length, ...message]) : '');
  });
  await new Promise<void>((resolve) => server!.listen(0, host, resolve));
  return { port: (server.address() as { port: number }).port, asked };
}

it.each([
  [[8, 1], 'SERVING'],
  [[8, 2], 'NOT_SERVING'],
  [[], 'UNKNOWN'],
])('reads %j of a health service as %s', async (message, name) => {
  const { port, asked } = await health(message);
  expect(await realLocalNetwork.grpcHealth({ host, port, service: 'db' }, never)).toBe(name);
  expect(Buffer.concat(asked)).toEqual(Buffer.from([0, 0, 0, 0, 4, 10, 2, 0x64, 0x62]));
});

it('tells why a health service gave no answer', async () => {
  const { port } = await health([], '12', 'no%20such method');
  await expect(realLocalNetwork.grpcHealth({ host, port, service: '' }, never)).rejects.toThrow(
    'rpc error: code = 12 desc = no such method',
  );
});

it('gives up a health service that never answers', async () => {
  const silent = createTcp(() => {});
  await new Promise<void>((resolve) => silent.listen(0, host, resolve));
  const { port } = silent.address() as { port: number };
  const leaving = new AbortController();
  const asked = realLocalNetwork.grpcHealth({ host, port, service: '' }, leaving.signal);
  leaving.abort(new Error('enough'));
  await expect(asked).rejects.toThrow('enough');
  await new Promise((resolve) => silent.close(resolve));
});

it('knows which ports are taken', async () => {
  const port = await realLocalNetwork.freePort();
  expect(await realLocalNetwork.isFree(port)).toBe(true);
  const taken = createTcp((socket) => socket.end('hello'));
  await new Promise<void>((resolve) => taken.listen(port, host, resolve));
  expect(await realLocalNetwork.isFree(port)).toBe(false);
  const stream = await realLocalNetwork.dial({ host, port }, never);
  let text = '';
  for await (const bytes of stream.incoming) text += Buffer.from(bytes).toString();
  expect(text).toBe('hello');
  stream.destroy();
  await new Promise((resolve) => taken.close(resolve));
  await expect(realLocalNetwork.dial({ host, port }, never)).rejects.toThrow('ECONNREFUSED');
});
