/** Watches over WebSockets, on real sockets. */
import { readFile } from 'node:fs/promises';
import { get } from 'node:https';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { configMaps } from '../api/resources.ts';
import type { Client } from '../client/interface.ts';
import { connectionOf, loadKubeconfig } from '../client/kubeconfig-connection.ts';
import { createClient } from '../client/rest.ts';
import { realClock } from '../platform/node/clock.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import { connectHttp, type HttpConnection } from '../platform/node/net/http-client.ts';
import { type SecureApi, startSecureApi } from '../test/support/secure-api.ts';

let api: SecureApi;
let connection: HttpConnection;
let client: Client;
let tls: object;

beforeAll(async () => {
  api = await startSecureApi();
  const config = await loadKubeconfig(realDisk, [api.kubeconfig]);
  const options = await connectionOf(realDisk, config);
  connection = connectHttp(options);
  client = createClient({ handler: connection.handler, userAgent: 'test', clock: realClock });
  const pem = (bytes?: Uint8Array) => Buffer.from(bytes ?? []);
  tls = { ca: pem(options.ca), cert: pem(options.cert), key: pem(options.key) };
  expect(await readFile(api.kubeconfig, 'utf8')).toContain(api.server);
});
afterAll(async () => {
  await connection.close();
  await api.stop();
});

/** Messages as they come; `undefined` at the end. */
function open(query: string, headers = {}) {
  const url = `${api.server.replace('https', 'wss')}/api/v1/namespaces/default/configmaps?${query}`;
  const socket = new WebSocket(url, { ...tls, headers });
  const queue: { text?: string; binary?: Buffer; end?: number }[] = [];
  let wake = (): void => {};
  const push = (each: (typeof queue)[number]): void => {
    queue.push(each);
    wake();
  };
  socket.on('message', (data: Buffer, isBinary) =>
    push(isBinary ? { binary: data } : { text: data.toString() }),
  );
  socket.on('close', (code) => push({ end: code }));
  socket.on('error', () => {});
  return {
    socket,
    next: async () => {
      while (queue.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      return queue.shift()!;
    },
  };
}

const create = (name: string) =>
  client.create(configMaps, { metadata: { namespace: 'default', name } });

it('sends each event as a text message', async () => {
  const { metadata } = await create('first');
  const { socket, next } = open(`watch=true&resourceVersion=${metadata.resourceVersion}`);
  const made = await create('second');
  const { text } = await next();
  expect(JSON.parse(text!)).toEqual({ type: 'ADDED', object: made });
  await client.delete(configMaps, { namespace: 'default', name: 'second' });
  expect(JSON.parse((await next()).text!)).toMatchObject({ type: 'DELETED' });
  socket.close();
  expect(await next()).toEqual({ end: 1005 });
});

it('sends protobuf as binary messages, without the length that streams need', async () => {
  const { metadata } = await create('third');
  const { socket, next } = open(`watch=true&resourceVersion=${metadata.resourceVersion}`, {
    accept: 'application/vnd.kubernetes.protobuf',
  });
  await create('fourth');
  const { binary } = await next();
  // WatchEvent.type, the first field.
  expect(binary!.subarray(0, 7)).toEqual(Buffer.from('\x0a\x05ADDED'));
  socket.terminate();
});

it('ends in order when its time is over', async () => {
  const { next } = open('watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Dnone');
  expect(await next()).toEqual({ end: 1000 });
});

it('says why it cannot begin', async () => {
  const { socket } = open('watch=true&fieldSelector=metadata.nothing%3Da');
  const status = await new Promise((resolve) => {
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
  });
  expect(status).toBe(400);
});

it.each([
  ['version', { 'sec-websocket-version': '8' }, 'missing or bad WebSocket Version'],
  ['key', { 'sec-websocket-version': '13' }, 'mismatch challenge/response'],
])('refuses a handshake without a proper %s', async (_what, wrong, message) => {
  const path = '/api/v1/namespaces/default/configmaps?watch=true';
  const headers = { connection: 'Upgrade', upgrade: 'websocket', ...wrong };
  const text = await new Promise<string>((resolve, reject) => {
    const sent = get(`${api.server}${path}`, { ...tls, headers }, (answer) => {
      let all = String(answer.statusCode);
      answer.on('data', (part: Buffer) => (all += part.toString()));
      answer.on('end', () => resolve(all));
    });
    sent.on('upgrade', (_answer, socket) => {
      socket.destroy();
      reject(new Error('it was accepted'));
    });
    sent.on('error', reject);
  });
  expect(text).toMatch(/^400/);
  expect(text).toContain(message);
});
