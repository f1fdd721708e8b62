import type { HttpListening, HttpServer, TlsMaterial } from '../../platform/net/http-server.ts';
import { type EdgeOptions, expressEdge } from './express-edge.ts';

export interface HttpsOptions extends EdgeOptions {
  /** `realHttpServer`, or a twin. */
  readonly server: HttpServer;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tls: TlsMaterial;
  readonly idleMs?: number;
}

/**
 * Serves a handler over HTTPS. `stop` ends watches cleanly, closes idle connections and, after a
 * second, destroys what is left.
 */
export function listen(options: HttpsOptions): Promise<HttpListening> {
  const { host, port, tls, idleMs } = options;
  return options.server({ edge: expressEdge(options), host, port, tls, idleMs });
}
