/** Configurations of access that kube-apiserver refuses, with what it says. */
import { readFileSync } from 'node:fs';

export interface RefusedConfiguration {
  readonly kind: 'AuthenticationConfiguration' | 'AuthorizationConfiguration';
  /** It names the file /kubeconfig. */
  readonly text: string;
  readonly error: string;
}

const file = new URL('access-configurations.jsonl', import.meta.url);

export const refusedConfigurations = readFileSync(file, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as RefusedConfiguration);
