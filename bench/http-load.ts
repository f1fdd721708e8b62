import { connect, type TLSSocket } from 'node:tls';
import { connectionOf, loadKubeconfig } from '../client/kubeconfig-connection.ts';
import { realDisk } from '../platform/node/files/disk.ts';

/** JSON, unless it says what else. */
export type Body = string | { readonly type: string; readonly text: string };

export interface HttpClient {
  /** Resolves with the body's length when the whole answer has come; rejects unless it is 2xx. */
  request(method: string, path: string, body?: Body): Promise<number>;
  close(): void;
}

const HEAD_END = Buffer.from('\r\n\r\n');
/** Of a body in chunks. JSON has no line ends of this kind. */
const CHUNKS_END = Buffer.from('\r\n0\r\n\r\n');

/**
 * One keep-alive HTTP/1.1 connection that writes requests as text and skips over answers: a
 * client that parsed them would cost more than the server it measures on the other core.
 */
export async function openHttp(
  kubeconfig: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<HttpClient> {
  const config = await connectionOf(realDisk, await loadKubeconfig(realDisk, [kubeconfig]));
  const { hostname, port } = new URL(config.baseUrl);
  const pem = (bytes: Uint8Array | undefined) => (bytes === undefined ? bytes : Buffer.from(bytes));
  const socket: TLSSocket = connect({
    host: hostname,
    port: Number(port),
    ca: pem(config.ca),
    cert: pem(config.cert),
    key: pem(config.key),
    ALPNProtocols: ['http/1.1'],
  });
  socket.setNoDelay();
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve).once('error', reject);
  });
  let settle: { resolve: (length: number) => void; reject: (error: Error) => void } | undefined;
  let head: Buffer | undefined;
  let bodyLength = 0;
  let missing = 0;
  /** Of a body in chunks: what came last. */
  let tail: Buffer | undefined;
  const chunked = (chunk: Buffer): void => {
    tail = Buffer.concat([tail!, chunk]).subarray(-CHUNKS_END.length);
    bodyLength += chunk.length;
    if (!tail.equals(CHUNKS_END)) return;
    tail = undefined;
    settle?.resolve(bodyLength);
  };
  socket.on('data', (chunk: Buffer) => {
    if (tail !== undefined) {
      chunked(chunk);
      return;
    }
    if (missing === 0) {
      head = head === undefined ? chunk : Buffer.concat([head, chunk]);
      const end = head.indexOf(HEAD_END);
      if (end < 0) return;
      const text = head.toString('latin1', 0, end);
      if (!text.startsWith('HTTP/1.1 2')) settle?.reject(new Error(text));
      const length = /content-length: (\d+)/i.exec(text);
      if (length === null) {
        const body = head.subarray(end + HEAD_END.length);
        [head, tail, bodyLength] = [undefined, Buffer.alloc(0), 0];
        chunked(body);
        return;
      }
      bodyLength = Number(length[1]);
      missing = bodyLength + end + HEAD_END.length - head.length;
      head = undefined;
    } else missing -= chunk.length;
    if (missing === 0) settle?.resolve(bodyLength);
  });
  socket.on('close', () => settle?.reject(new Error('the server closed the connection')));
  const { token } = config;
  const all = token === undefined ? headers : { Authorization: `Bearer ${token}`, ...headers };
  const more = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const common = `Host: localhost\r\nAccept: application/json\r\n${more.join('')}`;
  return {
    request(method, path, body) {
      const { type, text } =
        typeof body === 'object' ? body : { type: 'application/json', text: body };
      const entity =
        text === undefined
          ? '\r\n'
          : `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
      socket.write(`${method} ${path} HTTP/1.1\r\n${common}${entity}`);
      return new Promise((resolve, reject) => (settle = { resolve, reject }));
    },
    close: () => socket.destroy(),
  };
}
