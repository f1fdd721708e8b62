import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SocketDuplex } from './socket-duplex.ts';

let server: Server;
let client: Socket;
let duplex: SocketDuplex;
let drains: number;

beforeEach(async () => {
  server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  const [socket] = await accepted;
  duplex = new SocketDuplex(socket);
  drains = 0;
  duplex.open({ received: () => {}, drained: () => drains++, closed: () => {} });
});
afterEach(async () => {
  duplex.destroy();
  client.destroy();
  server.close();
  await once(server, 'close');
});

/** What the client has got once it has so much. */
async function read(bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let got = 0; got < bytes;) {
    const [chunk] = (await once(client, 'data')) as [Buffer];
    chunks.push(chunk);
    got += chunk.length;
  }
  return Buffer.concat(chunks);
}

/** Pieces of all sizes, larger ones than a room too. */
const pieces = Array.from({ length: 400 }, (_, i) =>
  Buffer.alloc(i % 50 === 0 ? 90_000 : (i * 977) % 17_000, i),
);
const all = Buffer.concat(pieces);

it('sends in order what is claimed and what is copied, also to who reads late', async () => {
  for (const [i, piece] of pieces.entries())
    if (i % 2 === 0) duplex.send(piece);
    else {
      const at = duplex.claim(piece.length);
      duplex.room.set(piece, at);
    }
  // Nobody has read yet: most of it waits, and nothing may be written over it.
  const rest = read(2 * all.length);
  await new Promise((resolve) => setImmediate(resolve));
  for (const piece of pieces) duplex.send(piece);
  expect((await rest).equals(Buffer.concat([all, all]))).toBe(true);
});

it('tells when much has left', async () => {
  duplex.send(all);
  await read(all.length);
  while (drains === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(duplex.waiting).toBe(0);
});

it('takes nothing after its end, and loses nothing before it', async () => {
  duplex.send(Buffer.from('last'));
  duplex.end();
  duplex.send(Buffer.from('late'));
  expect((await read(4)).toString()).toBe('last');
  await once(client, 'end');
});
