/** An HTTP proxy that only tunnels, for those who give its password. */
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface ConnectProxy {
  /** With user and password. */
  readonly url: string;
  /** "127.0.0.1:6443" for each tunnel there was. */
  readonly targets: string[];
  stop(): Promise<void>;
}

export async function startConnectProxy(): Promise<ConnectProxy> {
  const targets: string[] = [];
  const sockets = new Set<Socket>();
  const wanted = `Basic ${Buffer.from('me:se:cret').toString('base64')}`;
  const server = createServer();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  };
  server.on('connection', keep);
  server.on('connect', ({ url = '', headers }, socket: Socket, head: Buffer) => {
    if (headers['proxy-authorization'] !== wanted) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    targets.push(url);
    const [host, port] = url.split(':');
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    keep(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://me:se%3Acret@127.0.0.1:${(server.address() as AddressInfo).port}`,
    targets,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** The kubeconfig with the proxy on its way. */
export const behindProxy = (kubeconfig: string, proxyUrl: string): string =>
  kubeconfig.replace(/^( +)server:/m, `$1proxy-url: ${proxyUrl}\n$1server:`);
