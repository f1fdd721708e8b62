/** The server's end against the `ws` package's client, on a real socket. */
import { createHash } from 'node:crypto';
import { createServer, type Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ByteQueue } from '../bytes/byte-queue.ts';
import { upgradeOf } from '../node/net/http-upgrade.ts';
import {
  acceptance,
  isWebSocketRequest,
  MAX_MESSAGE_BYTES,
  ServerWebSocket,
  WebSocketError,
} from './websocket-server.ts';

let server: Server;
let failures: unknown[] = [];
const sha1 = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest();

beforeAll(async () => {
  server = createServer();
  server.on('upgrade', (request, socket, head) => {
    const headers = request.headers as Record<string, string>;
    const { upgrade } = upgradeOf({ request, socket, head }, ServerResponse);
    const accepted = acceptance(headers, 'echo', sha1);
    if (!isWebSocketRequest(headers) || accepted === undefined) {
      socket.destroy();
      return;
    }
    const echo = async (): Promise<void> => {
      const connection = upgrade(accepted);
      const webSocket = new ServerWebSocket(connection);
      try {
        for await (const { type, bytes } of webSocket.messages()) await webSocket.send(type, bytes);
        await webSocket.close();
      } catch (error) {
        failures.push(error);
        await webSocket.close(error instanceof WebSocketError ? error.code : 1011);
      }
      connection.destroy();
    };
    void echo();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise<void>((resolve) => void server.close(() => resolve())));

async function connect(): Promise<WebSocket> {
  const { port } = server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, ['echo'], { perMessageDeflate: false });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}

const closed = (socket: WebSocket): Promise<number> =>
  new Promise((resolve) => socket.once('close', resolve));

describe('a WebSocket', () => {
  it('echoes messages of all sizes, text and binary, whole or in fragments', async () => {
    const socket = await connect();
    expect(socket.protocol).toBe('echo');
    const echoed = (): Promise<[Buffer, boolean]> =>
      new Promise((resolve) =>
        socket.once('message', (data: Buffer, binary) => resolve([data, binary])),
      );
    for (const size of [0, 1, 125, 126, 65_535, 65_536, 300_000]) {
      const message = Buffer.alloc(size, 'a');
      for (const binary of [true, false]) {
        const back = echoed();
        const half = size >> 1;
        socket.send(message.subarray(0, half), { binary, fin: false });
        socket.ping('between');
        socket.send(message.subarray(half), { binary, fin: true });
        const [data, isBinary] = await back;
        expect([data.equals(message), isBinary]).toEqual([true, binary]);
      }
    }
    const end = closed(socket);
    socket.close(1000);
    expect(await end).toBe(1000);
  });

  it('answers pings', async () => {
    const socket = await connect();
    const pong = new Promise((resolve) => socket.once('pong', (data) => resolve(String(data))));
    socket.ping('are you there');
    expect(await pong).toBe('are you there');
    const end = closed(socket);
    socket.close();
    await end;
  });

  it('refuses a message that is too long', async () => {
    failures = [];
    const socket = await connect();
    const end = closed(socket);
    socket.on('error', () => {});
    socket.send(Buffer.alloc(MAX_MESSAGE_BYTES + 1));
    expect(await end).toBe(1009);
    expect(failures).toMatchObject([{ name: 'WebSocketError', code: 1009 }]);
  });

  it('survives any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (noise) => {
        const queue = new ByteQueue(1 << 20);
        void queue.push(noise);
        queue.end();
        const webSocket = new ServerWebSocket({
          incoming: queue.chunks,
          write: () => Promise.resolve(),
          end: () => Promise.resolve(),
          destroy: () => {},
        });
        try {
          for await (const { bytes } of webSocket.messages())
            expect(bytes.length).toBeLessThan(300);
        } catch (error) {
          expect((error as Error).name).toMatch(/WebSocketError|UnexpectedEndError/);
        }
      }),
    );
  });

  it('is no handshake without key and version', () => {
    expect(acceptance({}, '', sha1)).toBeUndefined();
    const headers = {
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    };
    // The example of RFC 6455, section 1.3.
    expect(acceptance(headers, '', sha1)?.['sec-websocket-accept']).toBe(
      's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    );
  });
});
