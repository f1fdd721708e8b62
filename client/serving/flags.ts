/** Flags of a component's own server for health and metrics, as Kubernetes' components have. */
import { type Command, InvalidArgumentError } from 'commander';

export interface ServingFlags {
  readonly bindAddress: string;
  /** 0: nothing is served. */
  readonly securePort: number;
  readonly tlsCertFile?: string;
  readonly tlsPrivateKeyFile?: string;
  readonly clientCaFile?: string;
  readonly authorizationAlwaysAllowPaths: readonly string[];
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('A port between 0 and 65535 is needed.');
  return Number(text);
}

const paths = (text: string): string[] => text.split(',').filter((path) => path !== '');

export function addServingFlags(command: Command, { securePort }: { securePort: number }): Command {
  return command
    .option('--bind-address <ip>', 'Address to serve health and metrics on', '127.0.0.1')
    .option(
      '--secure-port <port>',
      'Port to serve them on; 0: they are not served',
      port,
      securePort,
    )
    .option('--tls-cert-file <file>', 'Its certificate (default: one made at each start)')
    .option('--tls-private-key-file <file>', "The certificate's key")
    .option('--client-ca-file <file>', 'Authorities whose client certificates tell who asks')
    .option(
      '--authorization-always-allow-paths <paths>',
      'Paths that everybody may read; for others the API server is asked',
      paths,
      ['/healthz', '/readyz', '/livez'],
    );
}
