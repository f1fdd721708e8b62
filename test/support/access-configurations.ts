/** Configuration files of an API server, and what kube-apiserver says of them. */
import { readFileSync } from 'node:fs';

export interface RefusedConfiguration {
  readonly kind: 'AuthenticationConfiguration' | 'AuthorizationConfiguration';
  /** It names the file /kubeconfig. */
  readonly text: string;
  readonly error: string;
}

export interface ServerConfiguration {
  readonly kind: 'EncryptionConfiguration' | 'AdmissionConfiguration' | 'Policy';
  readonly text: string;
  /** "" if it is taken; "cannot unmarshal" stands for all that Go says of wrong types. */
  readonly error: string;
  /** That run only on request. */
  readonly plugins: readonly string[];
}

const ON_REQUEST = [
  'EventRateLimit',
  'PodNodeSelector',
  'PodTolerationRestriction',
  'ImagePolicyWebhook',
];

const read = <T>(name: string): readonly T[] =>
  readFileSync(new URL(name, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

export const refusedConfigurations = read<RefusedConfiguration>('access-configurations.jsonl');

export const serverConfigurations = read<Omit<ServerConfiguration, 'plugins'>>(
  'server-configurations.jsonl',
).map((one): ServerConfiguration => {
  const plugins = ON_REQUEST.filter((name) => one.text.includes(name));
  const isLegacy = one.text.startsWith('imagePolicy');
  return { ...one, plugins: isLegacy ? ['ImagePolicyWebhook'] : plugins };
});
