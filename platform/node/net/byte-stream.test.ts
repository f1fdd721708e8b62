import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { byteStreamOf } from './byte-stream.ts';

it('answers a socket that has nothing more to say', async () => {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.setEncoding('utf8').end('question');
  const [socket] = await accepted;
  const stream = byteStreamOf(socket);

  const asked: Uint8Array[] = [];
  for await (const chunk of stream.incoming) asked.push(chunk);
  expect(Buffer.concat(asked).toString()).toBe('question');
  await stream.write(Buffer.from('answer'));
  await stream.end();

  expect((await client.toArray()).join('')).toBe('answer');
  server.close();
  await once(server, 'close');
});
