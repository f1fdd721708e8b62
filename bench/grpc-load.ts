import { connect } from 'node:http2';

export interface GrpcClient {
  /** One unary call with an encoded message; resolves when it is answered, rejects unless OK. */
  call(path: string, message: Uint8Array): Promise<void>;
  close(): void;
}

/** A gRPC connection that sends prepared messages and does not decode answers. */
export function openGrpc(endpoint: string): GrpcClient {
  const session = connect(endpoint);
  session.on('error', () => {});
  return {
    call: (path, message) =>
      new Promise((resolve, reject) => {
        const stream = session.request({
          ':method': 'POST',
          ':path': path,
          'content-type': 'application/grpc',
          te: 'trailers',
        });
        let status: unknown;
        const read = (headers: Record<string, unknown>): void => {
          status = headers['grpc-status'] ?? status;
        };
        stream.once('response', read).once('trailers', read).once('error', reject);
        stream.once('close', () => {
          if (status === '0') resolve();
          else reject(new Error(`grpc-status ${String(status)}`));
        });
        stream.resume();
        stream.end(framed(message));
      }),
    close: () => session.destroy(),
  };
}

/** gRPC's length-prefixed message: not compressed, four bytes of length. */
function framed(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(5 + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}
