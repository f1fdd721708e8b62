/**
 * --encryption-provider-config: which resources are encrypted in the store, and how
 * (https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/). Providers are aescbc,
 * aesgcm, secretbox and identity; a key management service is refused.
 */
import { parseYaml } from '../../api/yaml.ts';
import type { Cipher, Ciphers } from '../../platform/ciphers.ts';

/** A key of a provider, or none of its own: plain text. */
export interface Transformer {
  /** "k8s:enc:aescbc:v1:key1:", "" for plain text. */
  readonly prefix: string;
  readonly cipher: Cipher | undefined;
}

export interface EncryptionRule {
  /** "secrets", "deployments.apps", "*.apps", "*.", "*.*". */
  readonly resources: readonly string[];
  /** The first one writes; each of them may have written what is read. */
  readonly transformers: readonly Transformer[];
}

/** A configuration that cannot be used; the message names the field. */
export class EncryptionConfigurationError extends Error {
  override readonly name = 'EncryptionConfigurationError';
}

const KINDS = ['aescbc', 'aesgcm', 'secretbox'] as const;
const VERSIONS = ['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1beta1'];

type Fields = Readonly<Record<string, unknown>>;

const fail = (text: string): never => {
  throw new EncryptionConfigurationError(text);
};

function listOf(value: unknown, field: string): readonly Fields[] {
  if (!Array.isArray(value) || value.length === 0) return fail(`${field}: Required value`);
  return value as readonly Fields[];
}

export function parseEncryptionConfiguration(text: string, ciphers: Ciphers): EncryptionRule[] {
  const document = (parseYaml(text) ?? {}) as Fields;
  const { apiVersion, kind } = document;
  if (kind !== 'EncryptionConfiguration' || !VERSIONS.includes(String(apiVersion)))
    fail(`no kind "${String(kind)}" is registered for version "${String(apiVersion)}"`);
  return listOf(document['resources'], 'resources').map((rule, i) => {
    const field = `resources[${i}]`;
    const resources = listOf(rule['resources'], `${field}.resources`) as unknown as string[];
    const providers = listOf(rule['providers'], `${field}.providers`);
    const transformers = providers.flatMap((provider, j) =>
      transformersOf(provider, `${field}.providers[${j}]`, ciphers),
    );
    return { resources, transformers };
  });
}

function transformersOf(provider: Fields, field: string, ciphers: Ciphers): Transformer[] {
  const [name, ...others] = Object.keys(provider);
  if (name === undefined || others.length > 0)
    return fail(`${field}: Invalid value: exactly one provider must be specified`);
  if (name === 'identity') return [{ prefix: '', cipher: undefined }];
  const kind = KINDS.find((known) => known === name);
  if (kind === undefined) return fail(`${field}: ${name} is not supported here`);
  const keys = listOf((provider[name] as Fields | null)?.['keys'], `${field}.${name}.keys`);
  return keys.map((key, i) => {
    const at = `${field}.${name}.keys[${i}]`;
    const keyName = key['name'];
    if (typeof keyName !== 'string' || keyName === '') return fail(`${at}.name: Required value`);
    if (keyName.includes(':')) return fail(`${at}.name: Invalid value: "${keyName}"`);
    const secret = Buffer.from(typeof key['secret'] === 'string' ? key['secret'] : '', 'base64');
    try {
      return { prefix: `k8s:enc:${kind}:v1:${keyName}:`, cipher: ciphers[kind](secret) };
    } catch (error) {
      return fail(`${at}.secret: Invalid value: "REDACTED": ${(error as Error).message}`);
    }
  });
}

/** The rule that holds for a resource: the first that names it. */
export function ruleFor(
  rules: readonly EncryptionRule[],
  { group, resource }: { readonly group: string; readonly resource: string },
): EncryptionRule | undefined {
  const full = group === '' ? resource : `${resource}.${group}`;
  const wanted = [full, `*.${group}`, '*.*'];
  return rules.find(({ resources }) => resources.some((name) => wanted.includes(name)));
}
