import type { HttpHandler } from '../../net/http.ts';

export interface ConnectOptions {
  /** "https://127.0.0.1:6443": scheme, host and port; a path in it goes before every request's. */
  readonly baseUrl: string;
  /** PEM. Absent: the system's authorities. */
  readonly ca?: Uint8Array | string;
  /** PEM, for a client certificate, together with `key`. */
  readonly cert?: Uint8Array | string;
  readonly key?: Uint8Array | string;
  /**
   * Asked before each connection over TLS for what stands in place of `ca`, `cert` and `key` now:
   * they are renewed while a process runs. If it fails, what was there before is used.
   */
  readonly renewed?: () => Promise<Pick<ConnectOptions, 'ca' | 'cert' | 'key'>>;
  /** Sent as `authorization: Bearer …`. */
  readonly token?: string;
  readonly insecureSkipVerify?: boolean;
  /** The name the server's certificate must bear, if not the host's. */
  readonly serverName?: string;
  /** A proxy at http://, https:// or socks5:// on the way: `connectHttp1` only. */
  readonly proxyUrl?: string;
}

export interface HttpConnection {
  readonly handler: HttpHandler;
  /** Ends every request and closes the sockets. */
  close(): Promise<void>;
}
