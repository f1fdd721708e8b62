import type { KubernetesObject } from '../../api/meta.ts';
import { MalformedYaml, parseYaml } from '../../api/yaml.ts';
import { text } from '../flags/flag.ts';
import { patchedLocally } from '../resource/local-patch.ts';
import { UsageError } from '../usage-error.ts';

const types = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const;

export const overridesFlags = {
  'override-type': text('How the overrides are applied: "json", "merge" or "strategic"', {
    value: 'merge',
  }),
  overrides: text('JSON that is applied to the generated object'),
} as const;

/** What was generated, with what the user wants otherwise. */
export async function overridden(
  object: KubernetesObject,
  flags: { readonly 'override-type': string; readonly overrides: string },
): Promise<KubernetesObject> {
  const { overrides, 'override-type': type } = flags;
  if (!Object.hasOwn(types, type)) {
    throw new UsageError(`invalid override type: ${type}`);
  }
  if (overrides === '') return object;
  try {
    return await patchedLocally(object, parseYaml(overrides), types[type as keyof typeof types]);
  } catch (error) {
    if (!(error instanceof MalformedYaml)) throw error;
    throw new UsageError(`Invalid JSON Patch: ${error.message}`);
  }
}
