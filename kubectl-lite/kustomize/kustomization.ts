/**
 * kustomization.yaml as data. Helm, for which programs would have to run, is refused by name rather
 * than passed over.
 */
import { isObject } from '../../api/deep.ts';
import { MalformedYaml, parseYaml } from '../../api/yaml.ts';
import type { Files } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import type { FieldSpec } from './field-specs.ts';
import type { Replacement, Selector } from './selector.ts';
import type { Variable } from './variables.ts';

export interface Patch {
  readonly path?: string;
  readonly patch?: string;
  readonly target?: Selector;
  readonly options?: { readonly allowNameChange?: boolean; readonly allowKindChange?: boolean };
}

export interface ImageChange {
  readonly name: string;
  readonly newName?: string;
  readonly newTag?: string;
  readonly tagSuffix?: string;
  readonly digest?: string;
}

export interface GeneratorOptions {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly disableNameSuffixHash?: boolean;
  readonly immutable?: boolean;
}

export interface GeneratorArgs {
  readonly name: string;
  readonly namespace?: string;
  readonly behavior?: string;
  readonly files?: readonly string[];
  readonly literals?: readonly string[];
  readonly env?: string;
  readonly envs?: readonly string[];
  readonly type?: string;
  readonly options?: GeneratorOptions;
}

export interface LabelChange {
  readonly pairs: Readonly<Record<string, string>>;
  readonly includeSelectors?: boolean;
  readonly includeTemplates?: boolean;
  readonly fields?: readonly FieldSpec[];
}

export interface Kustomization {
  readonly kind?: string;
  readonly resources: readonly string[];
  readonly components: readonly string[];
  readonly configMapGenerator: readonly GeneratorArgs[];
  readonly secretGenerator: readonly GeneratorArgs[];
  readonly generatorOptions: GeneratorOptions;
  readonly namespace?: string;
  readonly namePrefix?: string;
  readonly nameSuffix?: string;
  readonly commonLabels?: Readonly<Record<string, string>>;
  readonly labels: readonly LabelChange[];
  readonly commonAnnotations?: Readonly<Record<string, string>>;
  readonly patchesStrategicMerge: readonly string[];
  readonly patches: readonly Patch[];
  readonly patchesJson6902: readonly Patch[];
  readonly images: readonly ImageChange[];
  readonly replicas: readonly { readonly name: string; readonly count: number }[];
  readonly replacements: readonly (Replacement | { readonly path: string })[];
  readonly sortOptions?: SortOptions;
  readonly configurations: readonly string[];
  readonly crds: readonly string[];
  readonly openapi?: { readonly version?: string; readonly path?: string };
  /** Each is a file, a folder, or YAML itself. */
  readonly generators: readonly string[];
  readonly transformers: readonly string[];
  readonly validators: readonly string[];
  readonly vars: readonly Variable[];
  readonly buildMetadata: readonly string[];
}

export interface SortOptions {
  readonly order?: string;
  readonly legacySortOptions?: {
    readonly orderFirst?: readonly string[];
    readonly orderLast?: readonly string[];
  };
}

const known = [
  ...['apiVersion', 'kind', 'metadata', 'resources', 'bases', 'components', 'namespace'],
  ...['configMapGenerator', 'secretGenerator', 'generatorOptions', 'namePrefix', 'nameSuffix'],
  ...['commonLabels', 'labels', 'commonAnnotations', 'patches', 'patchesStrategicMerge'],
  ...['patchesJson6902', 'images', 'imageTags', 'replicas', 'replacements', 'sortOptions'],
  ...['configurations', 'crds', 'openapi', 'generators', 'transformers', 'validators', 'vars'],
  'buildMetadata',
];

/** What fields are called today, in kustomize's order. */
const newNames: Readonly<Record<string, string>> = {
  bases: 'resources',
  commonLabels: 'labels',
  imageTags: 'images',
  patchesJson6902: 'patches',
  patchesStrategicMerge: 'patches',
  vars: 'replacements',
};

const fileNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

export interface ReadKustomization {
  readonly path: string;
  readonly kustomization: Kustomization;
  readonly deprecations: readonly string[];
}

export async function readKustomization(files: Files, folder: string): Promise<ReadKustomization> {
  const names = await files.list(folder);
  if (names === undefined) {
    throw new UsageError(`must build at directory: not a valid directory: '${folder}'`);
  }
  const found = fileNames.filter((candidate) => names.includes(candidate));
  if (found.length === 0) {
    throw new UsageError(
      `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in ` +
        `directory '${folder}'`,
    );
  }
  if (found.length > 1) {
    throw new UsageError(`Found multiple kustomization files under: ${folder}`);
  }
  const path = `${folder.replace(/\/$/, '')}/${found[0]}`;
  const value = await valueIn(files, path);
  checkType(value, folder);
  const unknown = Object.keys(value).filter((field) => !known.includes(field));
  if (unknown.length > 0) {
    throw new UsageError(
      `invalid Kustomization: ${path}: kubectl-lite does not support ${unknown.join(', ')}`,
    );
  }
  const deprecations = Object.entries(newNames)
    .filter(([field]) => field in value)
    .map(
      ([field, name]) =>
        `# Warning: '${field}' is deprecated. Please use '${name}' instead. ` +
        `${field === 'vars' ? '[EXPERIMENTAL] ' : ''}Run 'kustomize edit fix' to update your ` +
        'Kustomization automatically.',
    );
  return { path, kustomization: whole(value), deprecations };
}

async function valueIn(files: Files, path: string): Promise<Record<string, unknown>> {
  let value: unknown;
  try {
    value = parseYaml(await files.read(path)) ?? {};
  } catch (error) {
    if (!(error instanceof MalformedYaml)) throw error;
    throw new UsageError(`invalid Kustomization: ${error.message}`);
  }
  if (isObject(value)) return withKnownNames(value);
  throw new UsageError(`invalid Kustomization: ${path} is no object`);
}

/** Go takes a field's name in capitals and without them. */
function withKnownNames(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const byLetters = new Map(known.map((field) => [field.toLowerCase(), field]));
  const named = Object.entries(value).map(
    ([field, each]) => [byLetters.get(field.toLowerCase()) ?? field, each] as const,
  );
  return Object.fromEntries(named);
}

const versions: Readonly<Record<string, string>> = {
  Kustomization: 'kustomize.config.k8s.io/v1beta1',
  Component: 'kustomize.config.k8s.io/v1alpha1',
};

/** Also that it says more than what it is. */
function checkType(value: Readonly<Record<string, unknown>>, folder: string): void {
  const { kind = 'Kustomization', apiVersion } = value as { kind?: string; apiVersion?: string };
  if (Object.keys(value).every((field) => field === 'kind' || field === 'apiVersion')) {
    throw new UsageError('kustomization.yaml is empty');
  }
  const refused = (why: string): UsageError =>
    new UsageError(`Failed to read kustomization file under ${folder}:\n${why}`);
  const version = versions[kind];
  if (version === undefined) throw refused('kind should be Kustomization or Component');
  if (apiVersion === undefined || apiVersion === version) return;
  throw refused(`apiVersion for ${kind} should be ${version}`);
}

/** As it may be written: with the names that fields had before, and without most of them. */
type Written = Partial<Kustomization> & {
  readonly bases?: readonly string[];
  readonly imageTags?: readonly ImageChange[];
};

function whole(written: Written): Kustomization {
  const { bases, imageTags, ...fields } = written;
  return {
    components: [],
    configMapGenerator: [],
    secretGenerator: [],
    generatorOptions: {},
    labels: [],
    patchesStrategicMerge: [],
    patches: [],
    patchesJson6902: [],
    replicas: [],
    replacements: [],
    configurations: [],
    crds: [],
    generators: [],
    transformers: [],
    validators: [],
    vars: [],
    buildMetadata: [],
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)),
    resources: [...(written.resources ?? []), ...(bases ?? [])],
    images: [...(written.images ?? []), ...(imageTags ?? [])],
  };
}
