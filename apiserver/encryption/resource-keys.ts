import type { TransformersOf } from './encrypted-kv.ts';
import type { Providers } from './providers.ts';
import type { Transformer } from './transformer.ts';

const REGISTRY = '/registry/';

interface StoredAt {
  readonly type: { readonly group: string; readonly resource: string };
  /** Below /registry/: "secrets", "services/specs". */
  readonly storagePrefix: string;
}

/** By key: built-in resources by where they are stored, custom ones by their own names. */
export function transformersByKey(
  providers: () => Providers,
  resources: readonly StoredAt[],
): TransformersOf {
  const builtIn = new Map(resources.map(({ type, storagePrefix }) => [storagePrefix, type]));
  let known: Providers | undefined;
  const found = new Map<string, readonly Transformer[]>();
  return (key) => {
    if (!key.startsWith(REGISTRY)) return undefined;
    const [first = '', second = ''] = key.slice(REGISTRY.length).split('/', 2);
    const both = `${first}/${second}`;
    const place = builtIn.has(first) ? first : both;
    // /registry/<group>/<plural>/… of custom resources; other keys are our own bookkeeping.
    if (!builtIn.has(place) && !first.includes('.')) return undefined;
    const now = providers();
    if (now !== known) found.clear();
    known = now;
    let transformers = found.get(place);
    if (transformers === undefined) {
      const resource = builtIn.get(place) ?? { group: first, resource: second };
      found.set(place, (transformers = now.transformersFor(resource)));
    }
    return transformers;
  };
}
