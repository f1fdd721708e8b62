import { stringifyYaml } from '../../api/yaml-text.ts';

/** The text of a kubeconfig with one cluster, user and context, all of them called `name`. */
export function writeKubeconfig(config: {
  readonly name: string;
  readonly server: string;
  /** PEM. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly token?: string;
}): string {
  const { name, server, ca, cert, key, token } = config;
  return stringifyYaml({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server, ...data('certificate-authority-data', ca) } }],
    users: [
      {
        name,
        user: {
          ...data('client-certificate-data', cert),
          ...data('client-key-data', key),
          ...(token === undefined ? {} : { token }),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
}

function data(field: string, pem: string | undefined): Record<string, string> {
  return pem === undefined ? {} : { [field]: Buffer.from(pem).toString('base64') };
}
