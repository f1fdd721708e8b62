import { type IncomingMessage, request as requestPlainly } from 'node:http';
import { request as requestSecurely } from 'node:https';
import type { Duplex } from 'node:stream';
import {
  type ConnectUpgrade,
  HandshakeRefusedError,
  type HandshakeRequest,
} from '../../net/handshake.ts';
import { byteStreamOf } from './byte-stream.ts';
import { proxyAgent } from './proxy-agent.ts';
import { serverIdentity } from './server-identity.ts';
import { wireHeaders } from './http-message.ts';

/** A refusal is a Status: longer bodies are cut. */
const MAX_REFUSAL_BYTES = 1 << 20;

export const connectUpgrade: ConnectUpgrade = (request) =>
  new Promise((resolve, reject) => {
    const begin = isSecure(request) ? requestSecurely : requestPlainly;
    const asked = begin(request.url, {
      method: 'POST',
      headers: { connection: 'Upgrade', ...wireHeaders(request.headers) },
      agent: false,
      ...dialling(request),
    });
    asked.once('error', reject);
    asked.once('response', (response: IncomingMessage) => {
      void refusal(response).then((error) => {
        reject(error);
        asked.destroy();
      });
    });
    asked.once('upgrade', (_: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      resolve(byteStreamOf(socket));
    });
    asked.end();
  });

/** TLS and the proxy of a request, as Node wants to be told of them. */
export function dialling(request: HandshakeRequest): object {
  const tls = tlsOf(request);
  return {
    ...tls,
    ...(request.proxyUrl === undefined
      ? {}
      : { agent: proxyAgent(isSecure(request), request.proxyUrl, tls) }),
  };
}

const isSecure = ({ url }: HandshakeRequest): boolean => url.startsWith('https:');

function tlsOf(request: HandshakeRequest): object {
  const { ca, cert, key, insecureSkipVerify = false, serverName } = request;
  const pem = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
  return {
    ...(ca === undefined ? {} : { ca: pem(ca) }),
    ...(cert === undefined ? {} : { cert: pem(cert) }),
    ...(key === undefined ? {} : { key: pem(key) }),
    ...(serverName === undefined ? {} : serverIdentity(serverName)),
    rejectUnauthorized: !insecureSkipVerify,
  };
}

/** What the server said instead. */
export async function refusal(response: IncomingMessage): Promise<HandshakeRefusedError> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_REFUSAL_BYTES) break;
      chunks.push(chunk);
    }
  } catch {
    // The status alone tells enough.
  }
  return new HandshakeRefusedError(response.statusCode ?? 0, Buffer.concat(chunks).toString());
}
