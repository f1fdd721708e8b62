/**
 * `-k` and `kubectl-lite kustomize`: resources and components of a folder, what its generators
 * make, then what its transformers change, in kustomize's order. When all is there, names get their
 * hashes and are followed where they are referred to, and variables get their values.
 */
import { isObject } from '../../api/deep.ts';
import { MalformedYaml, parseYaml } from '../../api/yaml.ts';
import {
  type ManifestDocument,
  type ManifestFailure,
  readDocuments,
} from '../manifest/documents.ts';
import type { Files } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import {
  builtInOrigin,
  configuredOrigin,
  recordTransformation,
  writeBuildMetadata,
} from './build-metadata.ts';
import { generators, type Surroundings, transformers } from './builtins.ts';
import { mergedConfig, type TransformerConfig } from './config.ts';
import { withFiles } from './config-files.ts';
import { defaultConfig } from './default-config.ts';
import { absorb } from './generators.ts';
import { type Kustomization, type ReadKustomization, readKustomization } from './kustomization.ts';
import { type PatchTypes, readOpenApi } from './open-api.ts';
import { ordered } from './order.ts';
import { followNames } from './references.ts';
import {
  currentId,
  idOf,
  type Open,
  type Origin,
  type Resource,
  resourceOf,
  sameId,
} from './resource.ts';
import { generatorSteps, transformerSteps } from './steps.ts';
import { addVariable, addVariables, resolveVariables, type Variable } from './variables.ts';

export interface BuildOptions {
  readonly sha256: (text: string) => Promise<string>;
  /** What to say of fields that have other names today, and of variables without use. */
  readonly warn: (text: string) => void;
  /** Files may stand outside of their kustomization's folder. */
  readonly unrestricted?: boolean;
}

export async function buildKustomization(
  files: Files,
  folder: string,
  options: BuildOptions,
): Promise<readonly ManifestDocument[]> {
  const root = normalized(folder);
  const read = await readKustomization(files, root);
  const { sortOptions, buildMetadata } = read.kustomization;
  const build = new Build(files, options, buildMetadata.length > 0);
  const { all, config, variables } = await build.layer({ folder: root, above: [], path: '' }, read);
  await transformers['HashTransformer']!(all, {}, build.around(root));
  followNames(all, config.nameReference);
  const unused = resolveVariables(all, variables, config.varReference);
  if (unused.length > 0) {
    options.warn(`well-defined vars that were never replaced: ${unused.join(',')}`);
  }
  const kept = ordered(all.filter(isForClusters), sortOptions);
  writeBuildMetadata(kept, buildMetadata);
  return kept.map(({ object, at }) => ({ ...at, object }));
}

/** What only tools are to read says so. */
function isForClusters({ object }: Resource): boolean {
  const local = object.metadata.annotations?.['config.kubernetes.io/local-config'] ?? 'false';
  return local === 'false';
}

/** What a folder and those below it come to. */
interface Layer {
  readonly all: Resource[];
  config: TransformerConfig;
  readonly variables: Map<string, Variable>;
}

const emptyConfig: TransformerConfig = {
  ...(Object.fromEntries(
    Object.keys(defaultConfig).map((list) => [list, []]),
  ) as unknown as TransformerConfig),
};

const emptyLayer = (): Layer => ({ all: [], config: emptyConfig, variables: new Map() });

interface Place {
  readonly folder: string;
  /** The folders that led here. */
  readonly above: readonly string[];
  /** From the root of the build, as origins tell it. */
  readonly path: string;
}

class Build {
  readonly #files: Files;
  readonly #options: BuildOptions;
  readonly #tracksOrigins: boolean;
  /** Those of the uppermost kustomization that has some. */
  #patchTypes: PatchTypes | undefined;

  constructor(files: Files, options: BuildOptions, tracksOrigins: boolean) {
    this.#files = files;
    this.#options = options;
    this.#tracksOrigins = tracksOrigins;
  }

  around(folder: string): Surroundings {
    const at = (path: string): string => {
      const file = normalized(`${folder}/${path}`);
      this.#checkInside(folder, file);
      return file;
    };
    return {
      folder,
      read: async (path) => this.#files.read(at(path)),
      readBytes: async (path) => this.#files.readBytes(at(path)),
      sha256: this.#options.sha256,
      patchTypes: this.#patchTypes ?? new Map(),
    };
  }

  /** `into`: what a component changes. */
  async layer(place: Place, read?: ReadKustomization, into = emptyLayer()): Promise<Layer> {
    const { folder, above } = place;
    if (above.includes(folder)) {
      throw new UsageError(`cycle detected: candidate root '${folder}' contains visited root`);
    }
    const { kustomization, deprecations, path } =
      read ?? (await readKustomization(this.#files, folder));
    for (const text of deprecations) this.#options.warn(text);
    const types = await readOpenApi(kustomization.openapi ?? {}, this.around(folder).read);
    this.#patchTypes ??= types;
    const around = this.around(folder);
    await this.#addResources(into, kustomization.resources, place);
    into.config = mergedConfig(
      into.config,
      await withFiles(defaultConfig, kustomization, around.read),
    );
    const file = path.slice(path.lastIndexOf('/') + 1);
    const here = { place, around, kustomization, file };
    await this.#generate(into.all, here);
    for (const entry of kustomization.components) await this.#component(into, entry, place);
    await this.#transform(into, here);
    await this.#validate(into.all, here);
    addVariables(into.variables, kustomization.vars, into.all);
    return into;
  }

  async #component(into: Layer, entry: string, place: Place): Promise<void> {
    const below = belowOf(place, entry);
    const read = await readKustomization(this.#files, below.folder);
    const { kind = 'Kustomization' } = read.kustomization;
    if (kind !== 'Component') {
      throw new UsageError(
        `expected kind 'Component' for path '${below.folder}' but got '${kind}'`,
      );
    }
    await this.layer(below, read, into);
  }

  async #addResources(into: Layer, entries: readonly string[], place: Place): Promise<void> {
    for (const entry of entries) {
      const below = await this.#accumulated(entry, place);
      for (const resource of below.all) {
        const id = currentId(resource);
        if (into.all.some((other) => sameId(currentId(other), id))) {
          throw new UsageError(
            `may not add resource with an already registered id: ${idOf(resource.object)}`,
          );
        }
        into.all.push(resource);
      }
      into.config = mergedConfig(into.config, below.config);
      for (const variable of below.variables.values()) addVariable(into.variables, variable);
    }
  }

  /** What stands in a file, or comes of a folder. */
  async #accumulated(entry: string, place: Place): Promise<Layer> {
    const alone = (all: Resource[]): Layer => ({ ...emptyLayer(), all });
    if (/^https?:\/\/.*\.(ya?ml|json)$/.test(entry)) {
      return alone(await this.#fileAt(entry, { path: entry }));
    }
    if (/^(https?:\/\/|git@|ssh:\/\/|github\.com\/)/.test(entry)) {
      throw new UsageError(
        `accumulating resources from '${entry}': kubectl-lite clones no repositories`,
      );
    }
    const below = belowOf(place, entry);
    if ((await this.#files.list(below.folder)) === undefined) {
      this.#checkInside(place.folder, below.folder);
      return alone(await this.#fileAt(below.folder, { path: below.path }));
    }
    const read = await readKustomization(this.#files, below.folder);
    if (read.kustomization.kind === 'Component') {
      throw new UsageError(`expected kind != 'Component' for path '${below.folder}'`);
    }
    return this.layer(below, read);
  }

  async #fileAt(path: string, origin: Origin): Promise<Resource[]> {
    const [file = path] = await this.#files.expand(path, false);
    return this.#resourcesIn(await this.#files.read(file), file, origin);
  }

  #resourcesIn(text: string, file: string, origin: Origin): Resource[] {
    const into = {
      documents: [] as ManifestDocument[],
      failures: [] as ManifestFailure[],
      dialect: 'kustomize' as const,
    };
    readDocuments(file, text, into);
    if (into.failures.length > 0) throw new UsageError(into.failures[0]!.message);
    return into.documents.map(({ object, ...at }) => {
      if (!object.metadata.name) {
        throw new UsageError(`missing metadata.name in object ${object.kind} of '${file}'`);
      }
      const resource = resourceOf(structuredClone(object) as Open, at);
      if (this.#tracksOrigins) resource.origin = origin;
      return resource;
    });
  }

  async #generate(all: Resource[], here: Here): Promise<void> {
    const configured = await this.#configured(here.kustomization.generators, here, generators);
    const steps = generatorSteps(here.kustomization).map((step) => ({
      ...step,
      origin: builtInOrigin(joined(here.place.path, here.file), step.kind),
    }));
    for (const { kind, config, origin } of [...steps, ...configured]) {
      const generated = await generators[kind]!(config, here.around);
      if (this.#tracksOrigins) generated.made.origin = origin;
      absorb(all, generated);
    }
  }

  async #transform({ all, config }: Layer, here: Here): Promise<void> {
    const { kustomization, around } = here;
    const configured = await this.#configured(kustomization.transformers, here, transformers);
    const steps = transformerSteps(kustomization, config).map((step) => ({
      ...step,
      origin: builtInOrigin(joined(here.place.path, here.file), step.kind),
    }));
    for (const { kind, config: own, origin } of [...steps, ...configured]) {
      await transformers[kind]!(all, own, around);
      if (this.#tracksOrigins) recordTransformation(all, origin);
    }
  }

  /** Validators are transformers that must leave everything as it is. */
  async #validate(all: Resource[], here: Here): Promise<void> {
    const { kustomization, around } = here;
    const text = (): string => JSON.stringify(all.map(({ object }) => object));
    for (const { kind, config } of await this.#configured(
      kustomization.validators,
      here,
      transformers,
    )) {
      const before = text();
      await transformers[kind]!(all, config, around);
      if (text() !== before) throw new UsageError("validator shouldn't modify the resource map");
    }
  }

  /** The configurations that `generators` and their like name, checked to be of what is `known`. */
  async #configured(
    entries: readonly string[],
    here: Here,
    known: Readonly<Record<string, unknown>>,
  ): Promise<readonly { kind: string; config: Record<string, unknown>; origin: Origin }[]> {
    const layer = emptyLayer();
    const files: string[] = [];
    const own = joined(here.place.path, here.file);
    for (const entry of entries) {
      if (isInline(entry)) layer.all.push(...this.#resourcesIn(entry, own, { path: own }));
      else files.push(entry);
    }
    await this.#addResources(layer, files, here.place);
    return layer.all.map((resource) => {
      checkConfigured(resource.object, known);
      const config = { ...resource.object } as Record<string, unknown>;
      return { kind: resource.object.kind, config, origin: configuredOrigin(resource) };
    });
  }

  #checkInside(folder: string, path: string): void {
    if (this.#options.unrestricted || path.startsWith(`${folder}/`) || folder === '.') return;
    throw new UsageError(
      `security; file '${path}' is not in or below '${folder}' (--load-restrictor=` +
        'LoadRestrictionsNone lets it be)',
    );
  }
}

/** The kustomization at work. */
interface Here {
  readonly place: Place;
  readonly around: Surroundings;
  readonly kustomization: Kustomization;
  /** "kustomization.yaml". */
  readonly file: string;
}

/** YAML itself, rather than where some is. */
function isInline(entry: string): boolean {
  try {
    return isObject(parseYaml(entry));
  } catch (error) {
    if (error instanceof MalformedYaml) return false;
    throw error;
  }
}

/** Throws UsageError for what is not built in: functions of containers and programs do not run. */
function checkConfigured(object: Open, known: Readonly<Record<string, unknown>>): void {
  const { apiVersion, kind } = object;
  if (apiVersion !== 'builtin') {
    throw new UsageError(`external plugins disabled; unable to load external plugin '${kind}'`);
  }
  if (kind in known) return;
  if (kind === 'HelmChartInflationGenerator') {
    throw new UsageError('kubectl-lite inflates no charts: HelmChartInflationGenerator');
  }
  if (!(kind in generators) && !(kind in transformers)) {
    throw new UsageError(`unable to load builtin ${kind}.builtin.[noGrp]`);
  }
  const wanted = known === generators ? 'generator' : 'transformer';
  throw new UsageError(`plugin ${idOf(object)} not a ${wanted}`);
}

const joined = (path: string, name: string): string =>
  normalized(path === '' ? name : `${path}/${name}`);

const belowOf = ({ folder, above, path }: Place, entry: string): Place => ({
  folder: normalized(`${folder}/${entry}`),
  above: [...above, folder],
  path: joined(path, entry),
});

/** The path without "." and "..", as far as that can be told from its text. */
function normalized(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  return (path.startsWith('/') ? '/' : '') + parts.join('/') || '.';
}
