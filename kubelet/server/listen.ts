import type { HttpHandler } from '../../platform/net/http.ts';
import type { TlsMaterial } from '../../platform/net/http-server.ts';
import type { Running } from '../../platform/lifecycle.ts';
import { rotateTls } from '../../platform/crypto/tls-rotation.ts';
import type { SharedPort } from '../../platform/net/shared-port.ts';
import type { HostedPods } from './hosted-pods.ts';
import { NodeServer, type NodeServerOptions } from './server.ts';

export interface ListenOptions extends Omit<NodeServerOptions, 'pods'> {
  readonly listen: SharedPort;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** What the API server dials, if not `host`. */
  readonly advertisedHost?: string | undefined;
  /** With the CA of those who may connect; asked again and again, for what is renewed. */
  readonly tls: () => Promise<TlsMaterial & { readonly clientCa: string }>;
}

/** Rejects with the operating system's error if it cannot listen. */
export async function listenForNodes(
  options: ListenOptions,
  pods: HostedPods,
): Promise<Running & { readonly url: string }> {
  const { listen, host, port, clock, logger, advertisedHost = host } = options;
  const tls = await options.tls();
  const server = new NodeServer({ ...options, pods });
  const onHttp1: HttpHandler = (request) => server.handle(request);
  const listening = await listen({ host, port, tls, upgrades: true, onHttp1 });
  const { renew: replace } = listening;
  const rotation = rotateTls({ clock, logger, current: tls, next: options.tls, replace });
  const shown = advertisedHost.includes(':') ? `[${advertisedHost}]` : advertisedHost;
  return {
    url: `https://${shown}:${listening.port}`,
    async stop() {
      await Promise.all([rotation.stop(), server.stop(), listening.stop()]);
    },
  };
}
