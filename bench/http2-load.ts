import { connect } from 'node:http2';
import { connectionOf, loadKubeconfig } from '../client/kubeconfig-connection.ts';
import { realDisk } from '../platform/node/files/disk.ts';
import type { HttpClient } from './http-load.ts';

/** One HTTP/2 connection; answers are received, not parsed. */
export async function openHttp2(kubeconfig: string): Promise<HttpClient> {
  const config = await connectionOf(realDisk, await loadKubeconfig(realDisk, [kubeconfig]));
  const pem = (bytes: Uint8Array | undefined): Buffer => Buffer.from(bytes ?? []);
  const session = connect(config.baseUrl, {
    ...{ ca: pem(config.ca), cert: pem(config.cert), key: pem(config.key) },
  });
  await new Promise<void>((resolve, reject) => {
    session.once('connect', () => resolve()).once('error', reject);
  });
  return {
    request(method, path, body) {
      const { type, text } =
        typeof body === 'object' ? body : { type: 'application/json', text: body };
      const stream = session.request({
        ...{ ':method': method, ':path': path, accept: 'application/json' },
        ...(text === undefined ? {} : { 'content-type': type }),
      });
      stream.end(text);
      return new Promise((resolve, reject) => {
        let length = 0;
        stream.on('response', (headers) => {
          if (headers[':status']! >= 300)
            reject(new Error(`${method} ${path}: ${headers[':status']}`));
        });
        stream.on('data', (chunk: Buffer) => (length += chunk.length));
        stream.on('end', () => resolve(length)).on('error', reject);
      });
    },
    close: () => session.close(),
  };
}
