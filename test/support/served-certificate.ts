import { connect } from 'node:tls';

/** When the certificate served on a port of this machine ends. */
export function servedUntil(
  port: number,
  client: { readonly cert?: string; readonly key?: string } = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, rejectUnauthorized: false, ...client };
    const socket = connect(options, () => {
      resolve(Date.parse(socket.getPeerCertificate().valid_to));
      socket.destroy();
    });
    socket.once('error', reject);
  });
}
