/** What the fields of a kustomization ask of what is built in, in kustomize's order. */
import type { Config } from './builtins.ts';
import type { TransformerConfig } from './config.ts';
import { mergedSpecs } from './field-specs.ts';
import type { Kustomization, LabelChange } from './kustomization.ts';

export interface Step {
  readonly kind: string;
  readonly config: Config;
}

export function generatorSteps(kustomization: Kustomization): readonly Step[] {
  const { configMapGenerator, secretGenerator, generatorOptions } = kustomization;
  const steps = (kind: string, list: readonly object[]): Step[] =>
    list.map((args) => ({ kind, config: { ...args, generatorOptions } }));
  return [
    ...steps('ConfigMapGenerator', configMapGenerator),
    ...steps('SecretGenerator', secretGenerator),
  ];
}

export function transformerSteps(
  kustomization: Kustomization,
  config: TransformerConfig,
): readonly Step[] {
  const { patchesStrategicMerge: paths, namespace, namePrefix, nameSuffix } = kustomization;
  const { commonAnnotations: annotations, replacements } = kustomization;
  const step = (kind: string, wanted: boolean, one: Config): Step[] =>
    wanted ? [{ kind, config: one }] : [];
  const named = (text: string | undefined): boolean => text !== undefined && text !== '';
  return [
    ...step('PatchStrategicMergeTransformer', paths.length > 0, { paths }),
    ...kustomization.patches.map((patch) => ({ kind: 'PatchTransformer', config: { ...patch } })),
    ...step('NamespaceTransformer', named(namespace), {
      metadata: { namespace },
      fieldSpecs: config.namespace,
    }),
    ...step('PrefixTransformer', named(namePrefix), {
      prefix: namePrefix,
      fieldSpecs: config.namePrefix,
    }),
    ...step('SuffixTransformer', named(nameSuffix), {
      suffix: nameSuffix,
      fieldSpecs: config.nameSuffix,
    }),
    ...labelSteps(kustomization, config),
    ...step('AnnotationsTransformer', Object.keys(annotations ?? {}).length > 0, {
      annotations,
      fieldSpecs: config.commonAnnotations,
    }),
    ...kustomization.patchesJson6902.map(({ target, path, patch: jsonOp }) => ({
      kind: 'PatchJson6902Transformer',
      config: { target, path, jsonOp },
    })),
    ...kustomization.replicas.map((replica) => ({
      kind: 'ReplicaCountTransformer',
      config: { replica, fieldSpecs: config.replicas },
    })),
    ...kustomization.images.map((imageTag) => ({
      kind: 'ImageTagTransformer',
      config: { imageTag, fieldSpecs: config.images },
    })),
    ...step('ReplacementTransformer', replacements.length > 0, { replacements }),
  ];
}

function labelSteps(
  { labels, commonLabels = {} }: Kustomization,
  config: TransformerConfig,
): readonly Step[] {
  if (labels.length === 0 && Object.keys(commonLabels).length === 0) return [];
  const kind = 'LabelTransformer';
  return [
    ...labels.map((change) => ({
      kind,
      config: { labels: change.pairs, fieldSpecs: placesOf(change, config) },
    })),
    { kind, config: { labels: commonLabels, fieldSpecs: config.commonLabels } },
  ];
}

function placesOf(change: LabelChange, config: TransformerConfig) {
  const { includeSelectors = false, includeTemplates = false, fields = [] } = change;
  const own = mergedSpecs(fields, config.labels);
  if (includeSelectors) return mergedSpecs(own, config.commonLabels);
  const places = includeTemplates ? mergedSpecs(own, config.templateLabels) : own;
  return mergedSpecs(places, [{ path: 'metadata/labels', create: true }]);
}
