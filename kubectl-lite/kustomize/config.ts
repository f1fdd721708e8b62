/** Which fields transformers know. */
import { type FieldSpec, mergedSpecs } from './field-specs.ts';
import type { KindSelector } from './kinds.ts';

/** Fields that hold the name of an object of the kind. */
export interface NameReference extends KindSelector {
  readonly fieldSpecs: readonly FieldSpec[];
}

export const fieldLists = [
  ...['namePrefix', 'nameSuffix', 'namespace', 'commonLabels', 'labels', 'templateLabels'],
  ...['commonAnnotations', 'varReference', 'images', 'replicas'],
] as const;

export type TransformerConfig = {
  readonly [list in (typeof fieldLists)[number]]: readonly FieldSpec[];
} & {
  readonly nameReference: readonly NameReference[];
};

export function mergedConfig(
  config: TransformerConfig,
  more: Partial<TransformerConfig>,
): TransformerConfig {
  const merged = Object.fromEntries(
    fieldLists.map((list) => [list, mergedSpecs(config[list], more[list] ?? [])]),
  );
  const nameReference = [...config.nameReference];
  for (const reference of more.nameReference ?? []) {
    const at = nameReference.findIndex((other) => isSame(other, reference));
    if (at < 0) nameReference.push(reference);
    else {
      const fieldSpecs = mergedSpecs(nameReference[at]!.fieldSpecs, reference.fieldSpecs);
      nameReference[at] = { ...nameReference[at], fieldSpecs };
    }
  }
  return { ...(merged as unknown as TransformerConfig), nameReference };
}

const isSame = (a: KindSelector, b: KindSelector): boolean =>
  (['group', 'version', 'kind'] as const).every((part) => (a[part] ?? '') === (b[part] ?? ''));
