/**
 * `-k` and `kubectl-lite kustomize`: resources, components and generators of a folder, then
 * patches, namespace, names, labels, annotations, replicas, images and replacements, in
 * kustomize's order; names are followed where they are referred to.
 */
import type { KubernetesObject } from '../../api/meta.ts';
import { parseYaml } from '../../api/yaml.ts';
import { contentHash } from '../generate/content-hash.ts';
import {
  type ManifestDocument,
  type ManifestFailure,
  readDocuments,
} from '../manifest/documents.ts';
import type { Files } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { generate } from './generators.ts';
import { duplicateId, setImages, setReplicas } from './images.ts';
import { type Kustomization, readKustomization } from './kustomization.ts';
import { addAnnotations, addLabels } from './labels.ts';
import { ordered } from './order.ts';
import { applyPatch } from './patches.ts';
import { followNames, type Renaming } from './references.ts';
import { applyReplacement } from './replacements.ts';
import { idOf, nameOf, type Open, type Resource } from './resource.ts';
import type { Replacement } from './selector.ts';

export interface BuildOptions {
  readonly sha256: (text: string) => Promise<string>;
  /** What to say of fields that have other names today. */
  readonly warn: (text: string) => void;
  /** Files may stand outside of their kustomization's folder. */
  readonly unrestricted?: boolean;
}

export async function buildKustomization(
  files: Files,
  folder: string,
  options: BuildOptions,
): Promise<readonly ManifestDocument[]> {
  const build = new Build(files, options);
  const root = normalized(folder);
  const all = await build.accumulate(root, [], []);
  await renaming(all, async () => {
    for (const { object, hashed } of all) {
      if (!hashed) continue;
      const hash = await contentHash(hashedPart(object), options.sha256);
      object.metadata.name = `${object.metadata.name}-${hash}`;
    }
  });
  const { kustomization } = await readKustomization(files, root);
  return ordered(all, kustomization.sortOptions).map(({ object, at }) => ({ ...at, object }));
}

/** kustomize's hash is of the content alone: not of the name, as that of kubectl create is. */
function hashedPart(object: Open): KubernetesObject {
  const {
    apiVersion,
    kind,
    data = '',
    binaryData,
    type,
  } = object as Open & {
    data?: unknown;
    binaryData?: unknown;
    type?: string;
  };
  return { apiVersion, kind, metadata: { name: '' }, data, binaryData, type } as KubernetesObject;
}

class Build {
  readonly #files: Files;
  readonly #options: BuildOptions;

  constructor(files: Files, options: BuildOptions) {
    this.#files = files;
    this.#options = options;
  }

  /** `inherited`: what a component changes. `above`: the folders that led here. */
  async accumulate(
    folder: string,
    inherited: Resource[],
    above: readonly string[],
  ): Promise<Resource[]> {
    if (above.includes(folder)) {
      throw new UsageError(`cycle detected: candidate root '${folder}' contains visited root`);
    }
    const { kustomization, deprecations } = await readKustomization(this.#files, folder);
    for (const text of deprecations) this.#options.warn(text);
    const isComponent = kustomization.kind === 'Component';
    const all = isComponent ? inherited : [];
    const path = [...above, folder];
    for (const entry of kustomization.resources) {
      for (const resource of await this.#resources(folder, entry, path)) {
        if (all.some(({ object }) => idOf(object) === idOf(resource.object))) {
          throw duplicateId(resource);
        }
        all.push(resource);
      }
    }
    await this.#generate(all, folder, kustomization);
    for (const entry of kustomization.components) {
      await this.accumulate(normalized(`${folder}/${entry}`), all, path);
    }
    await this.#transform(all, folder, kustomization);
    return all;
  }

  async #resources(folder: string, entry: string, path: readonly string[]): Promise<Resource[]> {
    if (/^https?:\/\/.*\.(ya?ml|json)$/.test(entry)) return this.#fileAt(entry);
    if (/^(https?:\/\/|git@|ssh:\/\/|github\.com\/)/.test(entry)) {
      throw new UsageError(
        `accumulating resources from '${entry}': kubectl-lite clones no repositories`,
      );
    }
    const at = normalized(`${folder}/${entry}`);
    if ((await this.#files.list(at)) !== undefined) return this.accumulate(at, [], path);
    this.#checkInside(folder, at);
    return this.#fileAt(at);
  }

  async #fileAt(path: string): Promise<Resource[]> {
    const [file = path] = await this.#files.expand(path, false);
    const into = {
      documents: [] as ManifestDocument[],
      failures: [] as ManifestFailure[],
      dialect: 'kustomize' as const,
    };
    readDocuments(file, await this.#files.read(file), into);
    if (into.failures.length > 0) throw new UsageError(into.failures[0]!.message);
    for (const { object } of into.documents) {
      if (object.metadata.name) continue;
      throw new UsageError(`missing metadata.name in object ${object.kind} of '${file}'`);
    }
    return into.documents.map(({ object, ...at }) => ({
      object: structuredClone(object) as Open,
      at,
      formerly: [],
      hashed: false,
    }));
  }

  async #generate(all: Resource[], folder: string, kustomization: Kustomization): Promise<void> {
    const read = (path: string): Promise<Uint8Array> => {
      const at = normalized(`${folder}/${path}`);
      this.#checkInside(folder, at);
      return this.#files.readBytes(at);
    };
    const { configMapGenerator, secretGenerator, generatorOptions: options } = kustomization;
    for (const args of configMapGenerator) {
      await generate(all, { kind: 'ConfigMap', args, options, read });
    }
    for (const args of secretGenerator) {
      await generate(all, { kind: 'Secret', args, options, read });
    }
  }

  async #transform(all: Resource[], folder: string, kustomization: Kustomization): Promise<void> {
    const read = (path: string): Promise<string> => {
      const at = normalized(`${folder}/${path}`);
      this.#checkInside(folder, at);
      return this.#files.read(at);
    };
    await renaming(all, async () => {
      for (const patch of kustomization.patches) await applyPatch(all, patch, read);
    });
    await renaming(all, () => {
      for (const { object } of all) rename(object, kustomization);
    });
    for (const resource of all) {
      addLabels(resource, kustomization);
      addAnnotations(resource, kustomization.commonAnnotations);
    }
    setReplicas(all, kustomization.replicas);
    for (const change of kustomization.images) {
      for (const { object } of all) setImages(object, change);
    }
    for (const entry of kustomization.replacements) {
      for (const one of await loaded(entry, read)) applyReplacement(all, one);
    }
  }

  #checkInside(folder: string, path: string): void {
    if (this.#options.unrestricted || path.startsWith(`${folder}/`) || folder === '.') return;
    throw new UsageError(
      `security; file '${path}' is not in or below '${folder}' (--load-restrictor=` +
        'LoadRestrictionsNone lets it be)',
    );
  }
}

async function loaded(
  entry: Kustomization['replacements'][number],
  read: (path: string) => Promise<string>,
): Promise<readonly Replacement[]> {
  if (!('path' in entry)) return [entry];
  const value = parseYaml(await read(entry.path));
  return (Array.isArray(value) ? value : [value]) as Replacement[];
}

/** Lets `change` give new names, and has references follow them. */
async function renaming(
  all: readonly Resource[],
  change: () => void | Promise<void>,
): Promise<void> {
  const before = new Map(all.map((resource) => [resource, nameOf(resource.object)]));
  await change();
  const renamings: Renaming[] = [];
  for (const resource of all) {
    const from = before.get(resource)!;
    const to = nameOf(resource.object);
    if (from.name === to.name && from.namespace === to.namespace) continue;
    resource.formerly.push(from);
    renamings.push({ resource, from, to });
  }
  followNames(all, renamings);
}

/** Kinds that belong to no namespace: kustomize has such a list built in, too. */
const clusterScoped = [
  ...['APIService', 'CSIDriver', 'CSINode', 'CertificateSigningRequest', 'ClusterRole'],
  ...['ClusterRoleBinding', 'CustomResourceDefinition', 'FlowSchema', 'IngressClass'],
  ...['MutatingWebhookConfiguration', 'Namespace', 'Node', 'PersistentVolume', 'PriorityClass'],
  ...['PriorityLevelConfiguration', 'RuntimeClass', 'StorageClass', 'ValidatingAdmissionPolicy'],
  ...['ValidatingAdmissionPolicyBinding', 'ValidatingWebhookConfiguration', 'VolumeAttachment'],
];
const keepTheirNames = ['Namespace', 'CustomResourceDefinition', 'APIService'];

function rename(object: Open, kustomization: Kustomization): void {
  const { namespace = '', namePrefix = '', nameSuffix = '' } = kustomization;
  const { metadata, kind } = object;
  if (namespace !== '') {
    if (kind === 'Namespace') metadata.name = namespace;
    else if (!clusterScoped.includes(kind)) metadata.namespace = namespace;
    placeDefaultAccount(object, namespace);
  }
  if (!keepTheirNames.includes(kind)) metadata.name = `${namePrefix}${metadata.name}${nameSuffix}`;
}

/** A binding to "default" means the account of that name in the namespace, wherever that is. */
function placeDefaultAccount(object: Open, namespace: string): void {
  if (object.kind !== 'RoleBinding' && object.kind !== 'ClusterRoleBinding') return;
  const { subjects = [] } = object as { subjects?: Record<string, unknown>[] };
  for (const subject of subjects) {
    if (subject['kind'] === 'ServiceAccount' && subject['name'] === 'default') {
      subject['namespace'] = namespace;
    }
  }
}

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
