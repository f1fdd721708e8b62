import { once } from 'node:events';
import { connect, createServer, type Http2Server } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { connect as connectSocket, createServer as createNetServer } from 'node:net';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Prologue, readPrologue } from './http2-prologue.ts';

/** An HTTP/2 server that answers with the authority it was asked for. */
let http2: Http2Server;
const net = createNetServer((socket: Socket) =>
  readPrologue(socket, () => http2.emit('connection', socket)),
);
let port: number;

beforeAll(async () => {
  http2 = createServer((request, response) => response.end(request.authority));
  net.listen(0, '127.0.0.1');
  await once(net, 'listening');
  ({ port } = net.address() as AddressInfo);
});
afterAll(() => net.close());

/** The answers to requests for these authorities, one after the other on one connection. */
async function ask(authorities: readonly string[], early: boolean): Promise<string[]> {
  const session = connect(`http://127.0.0.1:${port}`);
  if (!early) await once(session, 'remoteSettings');
  const answers: string[] = [];
  for (const authority of authorities) {
    const stream = session.request({ ':authority': authority });
    let text = '';
    for await (const chunk of stream.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
    answers.push(text);
  }
  session.close();
  return answers;
}

describe('the prologue of an HTTP/2 connection', () => {
  it('turns an authority that is a URL into one, for all requests of the connection', async () => {
    for (const early of [true, false]) {
      const url = 'http://etcd-0.example:2379';
      expect(await ask([url, url, url], early)).toEqual(Array(3).fill('etcd-0.example:2379'));
    }
    expect(await ask(['https://[fe80::19]:2379/', 'other:1'], false)).toEqual([
      '[fe80::19]:2379',
      'other:1',
    ]);
  });

  it('leaves every other authority alone', async () => {
    expect(await ask(['a:1', 'http:1', 'b:2', 'a:1'], true)).toEqual([
      'a:1',
      'http:1',
      'b:2',
      'a:1',
    ]);
  });

  it('knows whatever the encoder makes of a name', async () => {
    const letters = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~%&,*'];
    const host = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(host, fc.boolean(), async (name, early) => {
        expect(await ask([`http://${name}`], early)).toEqual([name]);
      }),
      { numRuns: 100 },
    );
  });

  it('hands a client that asks for nothing, or breaks the rules, on as it is', async () => {
    const ping = Buffer.from([0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const socket = connectSocket(port, '127.0.0.1');
    const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settings, ping]));
    // Settings, their acknowledgement, and the answer to the ping.
    let bytes = Buffer.alloc(0);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.includes(Buffer.from([6, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]))) break;
    }
    const broken = connectSocket(port, '127.0.0.1');
    broken.write(`PRI * HTTP/2.0\r\n${'x'.repeat(40)}`);
    broken.resume();
    await once(broken, 'close');
  });
});

/** Bytes of a connection as a client writes them once it has seen the server's settings. */
async function recorded(authority: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const pipe = new Duplex({
    read() {},
    write(chunk: Buffer, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  const session = connect('http://x', { createConnection: () => pipe });
  session.on('error', () => {});
  pipe.push(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
  await once(session, 'remoteSettings');
  session.request({ ':authority': authority, grpc: 'x'.repeat(50) }).on('error', () => {});
  while (!Buffer.concat(chunks).includes(Buffer.from([0, 0, 0, 1]))) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  await new Promise((resolve) => setImmediate(resolve));
  session.destroy();
  return Buffer.concat(chunks);
}

it('does not depend on how the bytes arrive', async () => {
  const bytes = await recorded('http://some.host:2379');
  const all = new Prologue();
  all.greeted();
  all.push(bytes);
  expect(all.done).toBe(true);
  expect(all.bytes.length).toBeLessThan(bytes.length);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 40 }), (sizes) => {
      const prologue = new Prologue();
      prologue.greeted();
      let at = 0;
      for (const size of [...sizes, bytes.length]) {
        prologue.push(bytes.subarray(at, at + size));
        at += size;
        if (at >= bytes.length) break;
      }
      expect(prologue.bytes).toEqual(all.bytes);
      expect(prologue.done).toBe(true);
    }),
  );
});
