/** Proxies that only tunnel, for those who give their password; every name is this machine. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import type { CertificateAndKey } from '../../platform/crypto/x509.ts';

export interface TunnelProxy {
  /** With user and password. */
  readonly url: string;
  /** "127.0.0.1:6443" for each tunnel there was. */
  readonly targets: string[];
  stop(): Promise<void>;
}

type Served = Pick<ReturnType<typeof createTcpServer>, 'address' | 'close' | 'on' | 'listen'>;

async function serve(scheme: string, server: Served, targets: string[]): Promise<TunnelProxy> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `${scheme}://me:se%3Acret@127.0.0.1:${(server.address() as AddressInfo).port}`,
    targets,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function join(socket: Socket, port: number, ready: (onward: Socket) => void): void {
  const onward = connect(port, '127.0.0.1', () => {
    ready(onward);
    onward.pipe(socket).pipe(onward);
  });
  onward.on('error', () => socket.destroy());
  socket.on('error', () => onward.destroy());
  socket.once('close', () => onward.destroy());
}

/** With a certificate: an https:// proxy. */
export async function startConnectProxy(certificate?: CertificateAndKey): Promise<TunnelProxy> {
  const targets: string[] = [];
  const wanted = `Basic ${Buffer.from('me:se:cret').toString('base64')}`;
  const server =
    certificate === undefined
      ? createServer()
      : createSecureServer({ cert: certificate.certificate, key: certificate.privateKey });
  server.on('connect', ({ url = '', headers }, socket: Socket, head: Buffer) => {
    if (headers['proxy-authorization'] !== wanted) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    targets.push(url);
    join(socket, Number(url.split(':').at(-1)), (onward) => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
    });
  });
  return serve(certificate === undefined ? 'http' : 'https', server, targets);
}

/** RFC 1928 and 1929, for names and IPv4 addresses. */
export async function startSocksProxy(): Promise<TunnelProxy> {
  const targets: string[] = [];
  const server = createTcpServer((socket) => {
    socket.on('error', () => socket.destroy());
    void talk(socket).catch(() => socket.destroy());
  });
  return serve('socks5', server, targets);

  async function talk(socket: Socket): Promise<void> {
    const take = async (length: number): Promise<Buffer> => {
      for (;;) {
        const found = socket.read(length) as Buffer | null;
        if (found !== null) return found;
        await once(socket, 'readable');
      }
    };
    const counted = async (): Promise<string> => (await take((await take(1))[0]!)).toString();
    await take(1);
    await counted();
    socket.write(Buffer.from([5, 2]));
    await take(1);
    const isMe = (await counted()) === 'me' && (await counted()) === 'se:cret';
    socket.write(Buffer.from([1, isMe ? 0 : 1]));
    if (!isMe) return void socket.end();
    const [, , , type] = await take(4);
    const host = type === 3 ? await counted() : (await take(4)).join('.');
    const port = (await take(2)).readUInt16BE();
    targets.push(`${host}:${port}`);
    join(socket, port, () => socket.write(Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0])));
  }
}

/** The kubeconfig with the proxy on its way. */
export const behindProxy = (kubeconfig: string, proxyUrl: string): string =>
  kubeconfig.startsWith('{')
    ? kubeconfig.replace('"server":', `"proxy-url":"${proxyUrl}","server":`)
    : kubeconfig.replace(/^( +)server:/m, `$1proxy-url: ${proxyUrl}\n$1server:`);
