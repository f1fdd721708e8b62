/** TLS of gRPC's clients. */
import { type ChannelOptions, type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { serverIdentity } from '../../platform/node/net/server-identity.ts';

/** PEM. Without a CA the server is trusted as the system's CAs say. */
export interface ChannelTls {
  readonly ca?: Buffer | undefined;
  readonly certificate?: Buffer | undefined;
  readonly privateKey?: Buffer | undefined;
  readonly insecureSkipVerify?: boolean;
  /** That the certificate must have, in place of the address' host. */
  readonly serverName?: string | undefined;
}

/**
 * grpc-js sends the host as the server's name even if it is an address, and knows no way to send
 * none: another name goes in its place. The certificate is checked for the address all the same.
 */
const NAME_OF_ADDRESSES = 'address.invalid';

/** `address`: `host:port`. */
export function secureChannel(
  address: string,
  tls: ChannelTls,
): { readonly credentials: ChannelCredentials; readonly options: ChannelOptions } {
  const { ca = null, certificate = null, privateKey = null, insecureSkipVerify } = tls;
  const host = /^\[(.+)\](:\d+)?$/.exec(address)?.[1] ?? address.replace(/:\d+$/, '');
  const { servername, checkServerIdentity } = serverIdentity(tls.serverName ?? host);
  const verify = {
    ...(checkServerIdentity !== undefined && { checkServerIdentity }),
    ...(insecureSkipVerify === true && { rejectUnauthorized: false }),
  };
  return {
    credentials: credentials.createSsl(ca, privateKey, certificate, verify),
    options:
      servername === host
        ? {}
        : { 'grpc.ssl_target_name_override': servername || NAME_OF_ADDRESSES },
  };
}
