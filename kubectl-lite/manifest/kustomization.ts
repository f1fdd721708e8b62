/**
 * The basics of kustomize: resources (files and other kustomizations), namespace, namePrefix and
 * nameSuffix, commonLabels, labels, commonAnnotations, images, replicas, and patches. A field that
 * is not in this list is refused by name rather than passed over.
 */
import { isObject } from '../../api/deep.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { parseYaml } from '../../api/yaml.ts';
import type { Files } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { type ManifestDocument, type ManifestFailure, readDocuments } from './documents.ts';
import { type KustomizePatch, patched } from './kustomize-patch.ts';

interface Kustomization {
  readonly resources?: readonly string[];
  readonly bases?: readonly string[];
  readonly namespace?: string;
  readonly namePrefix?: string;
  readonly nameSuffix?: string;
  readonly commonLabels?: Readonly<Record<string, string>>;
  readonly labels?: readonly {
    readonly pairs: Readonly<Record<string, string>>;
    readonly includeSelectors?: boolean;
    readonly includeTemplates?: boolean;
  }[];
  readonly commonAnnotations?: Readonly<Record<string, string>>;
  readonly images?: readonly ImageChange[];
  readonly replicas?: readonly { readonly name: string; readonly count: number }[];
  readonly patches?: readonly KustomizePatch[];
}

interface ImageChange {
  readonly name: string;
  readonly newName?: string;
  readonly newTag?: string;
  readonly digest?: string;
}

const known = [
  'apiVersion',
  'kind',
  'metadata',
  'resources',
  'bases',
  'namespace',
  'namePrefix',
  'nameSuffix',
  'commonLabels',
  'labels',
  'commonAnnotations',
  'images',
  'replicas',
  'patches',
];

const fileNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

type Open = Mutable<KubernetesObject> & { spec?: Record<string, unknown> };

export async function buildKustomization(
  files: Files,
  folder: string,
): Promise<readonly ManifestDocument[]> {
  const { path, kustomization } = await readKustomization(files, folder);
  const documents: ManifestDocument[] = [];
  for (const entry of [...(kustomization.bases ?? []), ...(kustomization.resources ?? [])]) {
    documents.push(...(await resourcesOf(files, `${folder.replace(/\/$/, '')}/${entry}`)));
  }
  const read = (patch: string): Promise<string> =>
    files.read(`${folder.replace(/\/$/, '')}/${patch}`);
  const changed: ManifestDocument[] = [];
  for (const document of documents) {
    const object = structuredClone(document.object) as Open;
    const after = await patched(object, kustomization.patches ?? [], read);
    if (after !== undefined)
      changed.push({ ...document, object: transform(after as Open, kustomization) });
  }
  if (changed.length === 0) throw new UsageError(`kustomization ${path} is empty`);
  return changed;
}

async function readKustomization(
  files: Files,
  folder: string,
): Promise<{ path: string; kustomization: Kustomization }> {
  const names = await files.list(folder);
  if (names === undefined) throw new UsageError(`must build at directory: '${folder}' is none`);
  const name = fileNames.find((candidate) => names.includes(candidate));
  if (name === undefined) {
    throw new UsageError(
      `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in ` +
        `directory '${folder}'`,
    );
  }
  const path = `${folder.replace(/\/$/, '')}/${name}`;
  const value = parseYaml(await files.read(path)) ?? {};
  if (!isObject(value)) throw new UsageError(`invalid Kustomization: ${path} is no object`);
  const unknown = Object.keys(value).filter((field) => !known.includes(field));
  if (unknown.length > 0) {
    throw new UsageError(
      `invalid Kustomization: ${path}: kubectl-lite does not support ${unknown.join(', ')}`,
    );
  }
  return { path, kustomization: value };
}

async function resourcesOf(files: Files, path: string): Promise<readonly ManifestDocument[]> {
  if ((await files.list(path)) !== undefined) return buildKustomization(files, path);
  const [file] = await files.expand(path, false);
  const into = {
    documents: [] as ManifestDocument[],
    failures: [] as ManifestFailure[],
  };
  readDocuments(file!, await files.read(file!), into);
  if (into.failures.length > 0) throw new UsageError(into.failures[0]!.message);
  return into.documents;
}

/** Kinds that belong to no namespace: kustomize has such a list built in, too. */
const clusterScoped = [
  ...['APIService', 'CSIDriver', 'CSINode', 'ClusterRole', 'ClusterRoleBinding'],
  ...['CustomResourceDefinition', 'IngressClass', 'MutatingWebhookConfiguration', 'Namespace'],
  ...['Node', 'PersistentVolume', 'PriorityClass', 'RuntimeClass', 'StorageClass'],
  ...['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
  ...['ValidatingWebhookConfiguration', 'VolumeAttachment'],
];

function transform(object: Open, kustomization: Kustomization): KubernetesObject {
  const { namespace, namePrefix = '', nameSuffix = '' } = kustomization;
  const { metadata } = object;
  const replicas = kustomization.replicas?.find(({ name }) => name === metadata.name);
  if (replicas !== undefined) object.spec = { ...object.spec, replicas: replicas.count };
  if (namespace && !clusterScoped.includes(object.kind)) metadata.namespace = namespace;
  if (object.kind !== 'Namespace' && object.kind !== 'CustomResourceDefinition')
    metadata.name = `${namePrefix}${metadata.name}${nameSuffix}`;
  if (kustomization.commonLabels) {
    addLabels(object, kustomization.commonLabels, { selectors: true, templates: true });
  }
  for (const {
    pairs,
    includeSelectors = false,
    includeTemplates = false,
  } of kustomization.labels ?? []) {
    addLabels(object, pairs, {
      selectors: includeSelectors,
      templates: includeSelectors || includeTemplates,
    });
  }
  if (kustomization.commonAnnotations) {
    metadata.annotations = { ...metadata.annotations, ...kustomization.commonAnnotations };
    const template = templateOf(object);
    if (template !== undefined) {
      const before = template.metadata?.['annotations'] as object | undefined;
      template.metadata = {
        ...template.metadata,
        annotations: { ...before, ...kustomization.commonAnnotations },
      };
    }
  }
  for (const change of kustomization.images ?? []) setImages(object, change);
  return object;
}

interface Template {
  metadata?: Record<string, unknown>;
}

function templateOf(object: Open): Template | undefined {
  const template = object.spec?.['template'];
  return isObject(template) ? template : undefined;
}

function addLabels(
  object: Open,
  labels: Readonly<Record<string, string>>,
  where: { readonly selectors: boolean; readonly templates: boolean },
): void {
  object.metadata.labels = { ...object.metadata.labels, ...labels };
  const template = templateOf(object);
  if (where.templates && template !== undefined) {
    const before = template.metadata?.['labels'] as object | undefined;
    template.metadata = { ...template.metadata, labels: { ...before, ...labels } };
  }
  const selector = object.spec?.['selector'];
  if (!where.selectors || !isObject(selector)) return;
  if (object.kind === 'Service' || object.kind === 'ReplicationController') {
    object.spec!['selector'] = { ...selector, ...labels };
  } else {
    const before = selector['matchLabels'] as object | undefined;
    object.spec!['selector'] = { ...selector, matchLabels: { ...before, ...labels } };
  }
}

/** Every `image` of a container, wherever containers stand in the object. */
function setImages(value: unknown, change: ImageChange): void {
  if (Array.isArray(value)) for (const item of value as unknown[]) setImages(item, change);
  if (!isObject(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    const holdsContainers = key === 'containers' || key === 'initContainers';
    if (holdsContainers && Array.isArray(inner)) {
      for (const container of inner as { image?: string }[]) setImage(container, change);
    } else setImages(inner, change);
  }
}

function setImage(container: { image?: string }, change: ImageChange): void {
  const [, name, tag = '', digest = ''] =
    /^(.*?)(:[^:/@]+)?(@.+)?$/.exec(container.image ?? '') ?? [];
  if (name !== change.name) return;
  const version =
    change.digest !== undefined
      ? `@${change.digest}`
      : change.newTag !== undefined
        ? `:${change.newTag}`
        : tag + digest;
  container.image = `${change.newName ?? name}${version}`;
}
