import { parseYaml } from '../api/yaml.ts';
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
