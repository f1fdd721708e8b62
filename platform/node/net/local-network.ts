import { connect as connectHttp2, constants } from 'node:http2';
import { connect, createServer, type Socket } from 'node:net';
import type { ByteStream } from '../../bytes/byte-stream.ts';
import type { LocalNetwork, NetworkAddress } from '../../net/local-network.ts';
import { silently, sinkOf } from './byte-sink.ts';

export const realLocalNetwork: LocalNetwork = {
  dial,
  isFree: (port) =>
    new Promise((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, () => server.close(() => resolve(true)));
    }),
  freePort: () =>
    new Promise((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen(0, () => {
        const { port } = server.address() as { port: number };
        server.close(() => resolve(port));
      });
    }),
  grpcHealth,
};

function dial(at: NetworkAddress, signal: AbortSignal): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ ...at, allowHalfOpen: true });
    const abort = (): void => void socket.destroy(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', abort));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      silently(socket).setNoDelay(true);
      resolve(streamOf(socket));
    });
  });
}

function streamOf(socket: Socket): ByteStream {
  return {
    ...sinkOf(socket),
    incoming: socket as AsyncIterable<Buffer>,
    destroy: () => void socket.destroy(),
  };
}

const statuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];
/** A health answer has two bytes of message. */
const MAX_ANSWER_BYTES = 4096;

/** HealthCheckRequest { string service = 1 }, in gRPC's frame: not compressed, length, message. */
function question(service: string): Buffer {
  const name = Buffer.from(service);
  const lengths: number[] = [];
  for (let left = name.length; ; left >>>= 7) {
    lengths.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) break;
  }
  const message =
    name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([10, ...lengths]), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** HealthCheckResponse { ServingStatus status = 1 }; an absent field is 0. */
function answered(frame: Buffer): string {
  const message = frame.subarray(5);
  const status = message.length >= 2 && message[0] === 8 ? message[1]! : 0;
  return statuses[status] ?? String(status);
}

function grpcHealth(
  { host, port, service }: NetworkAddress & { service: string },
  signal: AbortSignal,
): Promise<string> {
  const session = connectHttp2(`http://${host.includes(':') ? `[${host}]` : host}:${port}`);
  return new Promise<string>((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    session.once('close', () => signal.removeEventListener('abort', abort));
    session.once('error', reject);
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': 'kube-probe/1.34',
    });
    let status = '';
    let message = '';
    const heads = (headers: Readonly<Record<string, unknown>>): void => {
      const said = (name: string): string => (headers[name] as string | undefined) ?? '';
      status = said('grpc-status') || status;
      message = said('grpc-message') || message;
    };
    const chunks: Buffer[] = [];
    let bytes = 0;
    stream.on('response', heads);
    stream.on('trailers', heads);
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) stream.destroy(new Error('the answer is too long'));
      chunks.push(chunk);
    });
    stream.once('error', reject);
    stream.once('end', () => {
      const why = decodeURIComponent(message) || `no answer of grpc.health.v1`;
      if (status === '0') resolve(answered(Buffer.concat(chunks)));
      else reject(new Error(`rpc error: code = ${status || 'Unknown'} desc = ${why}`));
    });
    stream.end(question(service));
  }).finally(() => session.destroy());
}
