import { parseYaml } from '../api/yaml.ts';
import { stringifyYaml } from '../api/yaml-text.ts';
import { type Kubeconfig, KubeconfigError, kubeconfigOf } from './kubeconfig.ts';

/** Reads a file's text. `path` is named in errors, and its folder begins relative paths. */
export function parseKubeconfig(text: string, path: string): Kubeconfig {
  let raw: unknown;
  try {
    raw = parseYaml(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new KubeconfigError(`error loading config file "${path}": ${reason}`);
  }
  return kubeconfigOf(raw, path);
}

export interface NewKubeconfig {
  readonly name: string;
  readonly server: string;
  /** PEM. */
  readonly ca?: Uint8Array | string;
  readonly cert?: Uint8Array | string;
  readonly key?: Uint8Array | string;
  readonly token?: string;
  readonly namespace?: string;
}

/** The text of a kubeconfig with one cluster, user and context, all of them called `name`. */
export function writeKubeconfig(config: NewKubeconfig): string {
  const { name, server, ca, cert, key, token, namespace } = config;
  const cluster = { server, ...data('certificate-authority-data', ca) };
  const user = {
    ...data('client-certificate-data', cert),
    ...data('client-key-data', key),
    ...(token === undefined ? {} : { token }),
  };
  const context = { cluster: name, user: name, ...(namespace === undefined ? {} : { namespace }) };
  return stringifyYaml({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    preferences: {},
    clusters: [{ name, cluster }],
    users: [{ name, user }],
    contexts: [{ name, context }],
  });
}

function data(field: string, pem: Uint8Array | string | undefined): Record<string, string> {
  return pem === undefined ? {} : { [field]: Buffer.from(pem as string).toString('base64') };
}
