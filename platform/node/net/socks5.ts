/** SOCKS 5 (RFC 1928) with or without user and password (RFC 1929), as far as CONNECT goes. */
import { connect, type Socket } from 'node:net';
import { ipBytes } from '../../net/ip.ts';
import { proxyUser, type TunnelTarget } from './proxy-address.ts';

const VERSION = 5;
const CONNECT = 1;
const NO_AUTHENTICATION = 0;
const USER_AND_PASSWORD = 2;
const NONE_ACCEPTABLE = 0xff;
const addressType = { ipv4: 1, name: 3, ipv6: 4 } as const;

const replies: readonly string[] = [
  'succeeded',
  'general SOCKS server failure',
  'connection not allowed by ruleset',
  'network unreachable',
  'host unreachable',
  'connection refused',
  'TTL expired',
  'command not supported',
  'address type not supported',
];

/** The proxy looks names up. Rejects if it refuses, or if `signal` aborts. */
export async function openSocks5(
  url: URL,
  target: TunnelTarget,
  signal: AbortSignal,
): Promise<Socket> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ host, port: Number(url.port || 1080), signal });
  const failed = new Promise<never>((_, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
  });
  failed.catch(() => {});
  try {
    await Promise.race([greet(socket, url, target), failed]);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  socket.removeAllListeners('error').removeAllListeners('close');
  return socket;
}

async function greet(socket: Socket, url: URL, target: TunnelTarget): Promise<void> {
  const named = url.username !== '';
  const methods = named ? [NO_AUTHENTICATION, USER_AND_PASSWORD] : [NO_AUTHENTICATION];
  socket.write(Buffer.from([VERSION, methods.length, ...methods]));
  const [, method] = await read(socket, 2);
  if (method === NONE_ACCEPTABLE) throw new Error('it asks for other credentials');
  if (method === USER_AND_PASSWORD) await authenticate(socket, proxyUser(url));
  const port = [target.port >> 8, target.port & 0xff];
  socket.write(Buffer.from([VERSION, CONNECT, 0, ...addressBytes(target.host), ...port]));
  const [version, reply = 0, , type] = await read(socket, 4);
  if (version !== VERSION) throw new Error('it speaks no SOCKS 5');
  if (reply !== 0) throw new Error(replies[reply] ?? `reply ${reply}`);
  // The address it is bound to is of no interest.
  const length =
    type === addressType.ipv4 ? 4 : type === addressType.ipv6 ? 16 : (await read(socket, 1))[0]!;
  await read(socket, length + 2);
}

async function authenticate(
  socket: Socket,
  [user, password]: readonly [string, string],
): Promise<void> {
  const counted = (text: string): number[] => [Buffer.byteLength(text), ...Buffer.from(text)];
  socket.write(Buffer.from([1, ...counted(user), ...counted(password)]));
  const [, status] = await read(socket, 2);
  if (status !== 0) throw new Error('user or password is wrong');
}

function addressBytes(host: string): number[] {
  const bytes = ipBytes(host);
  if (bytes !== undefined) {
    return [bytes.length === 4 ? addressType.ipv4 : addressType.ipv6, ...bytes];
  }
  const name = Buffer.from(host);
  return [addressType.name, name.length, ...name];
}

/** Exactly so many bytes: what comes after them is not the proxy's. */
async function read(socket: Socket, length: number): Promise<Buffer> {
  for (;;) {
    const found = socket.read(length) as Buffer | null;
    if (found !== null) return found;
    await new Promise((resolve) => socket.once('readable', resolve));
  }
}
