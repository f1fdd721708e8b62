/**
 * What kustomize has built in, by kind: as fields of a kustomization ask for it, and objects of
 * `transformers`, `validators` and `generators` with apiVersion `builtin`.
 */
import { isObject } from '../../api/deep.ts';
import { parseYaml } from '../../api/yaml.ts';
import { contentHash } from '../generate/content-hash.ts';
import { UsageError } from '../usage-error.ts';
import { editFields, type FieldSpec, fieldsOf, putEntries } from './field-specs.ts';
import { type Generated, generated } from './generators.ts';
import { setImages, setReplicas } from './images.ts';
import type { GeneratorArgs, GeneratorOptions, ImageChange } from './kustomization.ts';
import { addAffix, setNamespaces } from './names.ts';
import type { PatchTypes } from './open-api.ts';
import { applyJsonPatchOf, applyMerges, applyPatch } from './patches.ts';
import { setAt, valueAt } from './spot.ts';
import { applyReplacement } from './replacements.ts';
import { isSelected, type Open, remember, type Resource, resourceOf } from './resource.ts';
import type { Replacement, Selector } from './selector.ts';

/** The folder of the kustomization at work. */
export interface Surroundings {
  readonly folder: string;
  readonly read: (path: string) => Promise<string>;
  readonly readBytes: (path: string) => Promise<Uint8Array>;
  readonly sha256: (text: string) => Promise<string>;
  /** Of `openapi`. */
  readonly patchTypes: PatchTypes;
}

/** What the kind is configured with, its own fields at the top. */
export type Config = Readonly<Record<string, unknown>>;

type Transformer = (all: Resource[], config: Config, around: Surroundings) => void | Promise<void>;

type Generator = (config: Config, around: Surroundings) => Generated | Promise<Generated>;

type Entries = Readonly<Record<string, string>>;

const specsOf = ({ fieldSpecs }: Config): readonly FieldSpec[] =>
  (fieldSpecs ?? []) as readonly FieldSpec[];

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const affix =
  (...places: readonly ('prefix' | 'suffix')[]): Transformer =>
  (all, config) => {
    if (config['fieldSpecs'] === undefined) {
      throw new UsageError('fieldSpecs is not expected to be nil');
    }
    for (const where of places) {
      addAffix(all, { where, text: textOf(config[where]), fieldSpecs: specsOf(config) });
    }
  };

const entries =
  (field: 'labels' | 'annotations'): Transformer =>
  (all, config) => {
    const pairs = (config[field] ?? {}) as Entries;
    if (Object.keys(pairs).length === 0) return;
    for (const { object } of all) putEntries(object, specsOf(config), pairs);
  };

export const transformers: Readonly<Record<string, Transformer>> = {
  AnnotationsTransformer: entries('annotations'),
  LabelTransformer: entries('labels'),
  PrefixTransformer: affix('prefix'),
  SuffixTransformer: affix('suffix'),
  PrefixSuffixTransformer: affix('prefix', 'suffix'),
  NamespaceTransformer(all, config) {
    const metadata = config['metadata'] as { namespace?: string } | undefined;
    const { unsetOnly, setRoleBindingSubjects } = config;
    setNamespaces(all, {
      namespace: metadata?.namespace ?? '',
      fieldSpecs: specsOf(config),
      unsetOnly: unsetOnly === true,
      ...(setRoleBindingSubjects ? { setRoleBindingSubjects: textOf(setRoleBindingSubjects) } : {}),
    });
  },
  ImageTagTransformer(all, config) {
    setImages(all, config['imageTag'] as ImageChange, specsOf(config));
  },
  ReplicaCountTransformer(all, config) {
    setReplicas(all, config['replica'] as { name: string; count: number }, specsOf(config));
  },
  PatchTransformer: (all, config, around) => applyPatch(all, config, around),
  async PatchJson6902Transformer(all, config, { read }) {
    const { target, path, jsonOp } = config as {
      target?: Selector;
      path?: string;
      jsonOp?: string;
    };
    if (!target?.name) throw new UsageError('must specify the target name');
    if (!path && !jsonOp) throw new UsageError('empty file path and empty jsonOp');
    if (path && jsonOp) throw new UsageError('must specify a file path or jsonOp, not both');
    await applyJsonPatchOf(all, jsonOp || (await read(path!)), target);
  },
  async PatchStrategicMergeTransformer(all, config, around) {
    const { paths = [], patches = '' } = config as { paths?: readonly string[]; patches?: string };
    if (paths.length === 0 && patches === '') {
      throw new UsageError('empty file path and empty patch content');
    }
    for (const text of [...paths, patches]) await applyMerges(all, text, around);
  },
  async ReplacementTransformer(all, config, { read }) {
    const list = (config['replacements'] ?? []) as readonly (Replacement & { path?: string })[];
    for (const entry of list) {
      for (const one of await replacementsIn(entry, read)) applyReplacement(all, one);
    }
  },
  ValueAddTransformer: addValues,
  async HashTransformer(all, _, { sha256 }) {
    for (const resource of all.filter(({ hashed }) => hashed)) {
      const hash = await contentHash(hashedPart(resource.object), sha256);
      remember(resource);
      const { metadata } = resource.object;
      metadata.name = `${metadata.name}-${hash}`;
    }
  },
};

export const generators: Readonly<Record<string, Generator>> = {
  ConfigMapGenerator: dataGenerator('ConfigMap'),
  SecretGenerator: dataGenerator('Secret'),
  IAMPolicyGenerator: accountFor,
};

function dataGenerator(kind: 'ConfigMap' | 'Secret'): Generator {
  return (config, { readBytes: read }) => {
    const metadata = (config['metadata'] ?? {}) as { name?: string; namespace?: string };
    const { generatorOptions = {}, ...own } = config;
    const args = { ...metadata, ...own } as unknown as GeneratorArgs;
    return generated({ kind, args, options: generatorOptions as GeneratorOptions, read });
  };
}

/** The account of a cloud provider's user. */
function accountFor(config: Config): Generated {
  const { cloud, kubernetesService, serviceAccount } = config as {
    cloud?: string;
    kubernetesService?: { name?: string; namespace?: string };
    serviceAccount?: { name?: string; projectId?: string };
  };
  if (cloud !== 'gke') throw new UsageError(`cloud provider ${cloud ?? ''} not supported yet`);
  const { name = '', namespace } = kubernetesService ?? {};
  const { name: user = '', projectId = '' } = serviceAccount ?? {};
  const account = `${user}@${projectId}.iam.gserviceaccount.com`;
  const annotations = { 'iam.gke.io/gcp-service-account': account };
  const metadata = { annotations, name, ...(namespace ? { namespace } : {}) };
  const object = { apiVersion: 'v1', kind: 'ServiceAccount', metadata } as Open;
  return { made: resourceOf(object, { file: 'IAMPolicyGenerator', document: 1, line: 1 }) };
}

async function replacementsIn(
  entry: Replacement & { readonly path?: string },
  read: (path: string) => Promise<string>,
): Promise<readonly Replacement[]> {
  if (!entry.path) return [entry];
  if (entry.source !== undefined || (entry.targets ?? []).length > 0) {
    throw new UsageError('cannot specify both path and inline replacement');
  }
  const value = parseYaml(await read(entry.path));
  if (!isObject(value) && !Array.isArray(value)) {
    throw new UsageError('unsupported replacement type encountered within replacement path');
  }
  return (Array.isArray(value) ? value : [value]) as readonly Replacement[];
}

interface ValueTarget {
  readonly selector?: Selector;
  readonly fieldPath?: string;
  readonly filePathPosition?: number;
}

/** Puts a text into fields, or between the parts of paths that stand there. */
async function addValues(all: Resource[], config: Config, around: Surroundings): Promise<void> {
  const { targetFilePath } = config;
  const shared = targetFilePath ? parseYaml(await around.read(textOf(targetFilePath))) : undefined;
  const targets = [config, shared].flatMap(
    (from) => (isObject(from) ? (from['targets'] ?? []) : []) as readonly ValueTarget[],
  );
  const value = textOf(config['value']).trim() || around.folder.split('/').at(-1)!;
  if (targets.length === 0) throw new UsageError('must specify at least one target');
  for (const { selector, fieldPath = '', filePathPosition: position = 0 } of targets) {
    if (fieldPath === '') throw new UsageError('fieldPath cannot be empty');
    if (position < 0) {
      throw new UsageError(`value of FilePathPosition (${position}) cannot be negative`);
    }
    const chosen = selector === undefined ? all : all.filter((one) => isSelected(one, selector));
    if (fieldPath === 'metadata/namespace') {
      setNamespaces(chosen, { namespace: value, fieldSpecs: [] });
      continue;
    }
    // Lists are not entered: a path through one is refused below.
    const path = fieldsOf(fieldPath).join('/');
    for (const { object } of chosen) {
      editFields(
        object,
        { path, create: true },
        {
          missing: () => '',
          set: (spot) => setAt(spot, withPart(textOf(valueAt(spot)), value, position)),
        },
      );
    }
  }
}

/** "/a/b" with "x" at 2 is "/a/x/b"; at 0 it is "x". */
function withPart(path: string, part: string, position: number): string {
  if (position === 0) return part;
  const root = path.startsWith('/') ? '/' : '';
  const parts = path.split('/').filter((one) => one !== '');
  parts.splice(Math.min(position - 1, parts.length), 0, part);
  return root + parts.join('/');
}

/** kustomize's hash is of the content alone: not of the name, as that of kubectl create is. */
function hashedPart(object: Open): Open {
  const { apiVersion, kind, data = '', binaryData, type } = object as Open & Config;
  return { apiVersion, kind, metadata: { name: '' }, data, binaryData, type } as Open;
}
