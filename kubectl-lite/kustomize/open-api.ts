import { isObject } from '../../api/deep.ts';
import type { PatchSchema, SchemaType } from '../../api/patch/patch-field.ts';
import { parseYaml } from '../../api/yaml.ts';
import { UsageError } from '../usage-error.ts';
import { type KindSelector, kindText } from './kinds.ts';

/** How lists of kinds merge, by what {@link kindText} tells. */
export type PatchTypes = ReadonlyMap<string, SchemaType>;

/** The one schema that kustomize has built in. */
const BUILT_IN = 'v1.21.2';

/**
 * `openapi`: a file with one's own schema, whose kinds merge as that says; the others as Kubernetes
 * says. Undefined if nothing is given. Throws UsageError for a version that is not built in.
 */
export async function readOpenApi(
  { version, path }: { readonly version?: string; readonly path?: string },
  read: (path: string) => Promise<string>,
): Promise<PatchTypes | undefined> {
  if (path === undefined) {
    if (version && version !== BUILT_IN) {
      throw new UsageError('the specified OpenAPI version is not built in');
    }
    return undefined;
  }
  if (version !== undefined) {
    throw new UsageError('builtin version and custom schema provided, cannot use both');
  }
  const document = parseYaml(await read(path));
  const found = isObject(document) ? document['definitions'] : undefined;
  const definitions = (isObject(found) ? found : {}) as Readonly<Record<string, PatchSchema>>;
  const types = new Map<string, SchemaType>();
  for (const schema of Object.values(definitions)) {
    const kinds = (schema as Record<string, unknown>)['x-kubernetes-group-version-kind'];
    for (const kind of (Array.isArray(kinds) ? kinds : []) as KindSelector[]) {
      types.set(kindText(kind), { shape: 'schema', schema, definitions });
    }
  }
  return types;
}
