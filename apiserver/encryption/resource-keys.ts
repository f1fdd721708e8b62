import type { EncryptionRule, Transformer } from './configuration.ts';
import { ruleFor } from './configuration.ts';
import type { TransformersOf } from './encrypted-kv.ts';

const REGISTRY = '/registry/';

interface StoredAt {
  readonly type: { readonly group: string; readonly resource: string };
  /** Below /registry/: "secrets", "services/specs". */
  readonly storagePrefix: string;
}

/** Rules by key: built-in resources by where they are stored, custom ones by their own names. */
export function transformersByKey(
  rules: readonly EncryptionRule[],
  resources: readonly StoredAt[],
): TransformersOf {
  const known = new Map(
    resources.map(({ type, storagePrefix }) => [storagePrefix, ruleFor(rules, type)?.transformers]),
  );
  const custom = new Map<string, readonly Transformer[] | undefined>();
  return (key) => {
    if (!key.startsWith(REGISTRY)) return undefined;
    const [first = '', second = ''] = key.slice(REGISTRY.length).split('/', 2);
    if (known.has(first)) return known.get(first);
    const both = `${first}/${second}`;
    if (known.has(both)) return known.get(both);
    // /registry/<group>/<plural>/… of custom resources; other keys are our own bookkeeping.
    if (!first.includes('.')) return undefined;
    if (!custom.has(both))
      custom.set(both, ruleFor(rules, { group: first, resource: second })?.transformers);
    return custom.get(both);
  };
}
