import { deepCopy, deepEqual } from '../../api/deep.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { isStatus } from '../../api/status.ts';
import { threeWayMerge } from '../../api/patch/three-way-merge.ts';
import { type ManifestDocument, placeOf, readManifest } from '../manifest/manifest.ts';
import { type DiscoveredResource, displayName, pathOf, UsageError } from '../resources.ts';
import type { Session } from '../session.ts';
import { failureText } from '../failure.ts';

export interface ApplyOptions {
  readonly filename: readonly string[];
  readonly recursive: boolean;
  /** From `-n`; refuses manifests that say otherwise. */
  readonly namespace?: string;
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const manager = 'kubectl-client-side-apply';

/**
 * Client-side apply as kubectl does it: a three-way merge of the last applied configuration,
 * the manifest and the live object. A failing document does not stop those after it; the exit
 * code is 1 if any failed.
 */
export async function apply(session: Session, options: ApplyOptions): Promise<number> {
  const { documents, failures } = await readManifest(
    session.files,
    options.filename,
    options.recursive,
  );
  for (const failure of failures) session.output.err(`error: ${failure.message}\n`);
  let failed = failures.length > 0;
  for (const document of documents) {
    try {
      session.print(await applyDocument(session, document, options));
    } catch (error) {
      failed = true;
      const text = failureText(error, `error when applying ${placeOf(document)}`);
      session.output.err(`${text}\n`);
    }
  }
  return failed ? 1 : 0;
}

async function applyDocument(
  session: Session,
  document: ManifestDocument,
  options: ApplyOptions,
): Promise<string> {
  const type = await typeOf(session, document.object);
  const object = withNamespace(document.object, type, {
    required: options.namespace,
    fallback: session.namespace,
  });
  const { name } = object.metadata;
  if (!name) throw new UsageError('error: resource name may not be empty');
  const modified = annotated(object);
  const live = await readLive(session, type, object);
  if (live === undefined) {
    await session.api.send({
      method: 'POST',
      path: pathOf(type, object.metadata.namespace),
      query: { fieldManager: manager, fieldValidation: 'Strict' },
      body: modified,
    });
    return `${displayName(type, name)} created`;
  }
  const original = JSON.parse(live.metadata.annotations?.[lastApplied] ?? '{}') as object;
  const { patch, contentType } = threeWayMerge({ original, modified, current: live, type });
  if (deepEqual(patch, {})) return `${displayName(type, name)} unchanged`;
  const after = (await session.api.send({
    method: 'PATCH',
    path: pathOf(type, object.metadata.namespace, name),
    query: { fieldManager: manager, fieldValidation: 'Strict' },
    body: patch,
    contentType,
  })) as KubernetesObject;
  const same = after.metadata.resourceVersion === live.metadata.resourceVersion;
  return `${displayName(type, name)} ${same ? 'unchanged' : 'configured'}`;
}

async function typeOf(session: Session, object: KubernetesObject): Promise<DiscoveredResource> {
  const type = (await session.resources()).ofKind(object.apiVersion, object.kind);
  if (type !== undefined) return type;
  throw new UsageError(
    `error: resource mapping not found for name: "${object.metadata.name}" ` +
      `namespace: "${object.metadata.namespace ?? ''}": no matches for kind ` +
      `"${object.kind}" in version "${object.apiVersion}"\nensure CRDs are installed first`,
  );
}

/** The object in its namespace: its own, else the one in force. */
export function withNamespace(
  object: KubernetesObject,
  type: DiscoveredResource,
  namespace: { readonly required: string | undefined; readonly fallback: string },
): KubernetesObject {
  if (!type.namespaced) return object;
  const own = object.metadata.namespace;
  if (own && namespace.required !== undefined && own !== namespace.required) {
    throw new UsageError(
      `error: the namespace from the provided object "${own}" does not match the namespace ` +
        `"${namespace.required}". You must pass '--namespace=${own}' to perform this operation.`,
    );
  }
  if (own) return object;
  const metadata = { ...object.metadata, namespace: namespace.required ?? namespace.fallback };
  return { ...object, metadata };
}

/**
 * The object with its own configuration in the last-applied annotation, newline ended as
 * kubectl's.
 */
function annotated(object: KubernetesObject): KubernetesObject {
  const plain = deepCopy(object) as Mutable<KubernetesObject>;
  const annotations = { ...plain.metadata.annotations };
  delete annotations[lastApplied];
  plain.metadata.annotations = annotations;
  const configuration = `${JSON.stringify(sortKeys(plain))}\n`;
  plain.metadata.annotations = { ...annotations, [lastApplied]: configuration };
  return plain;
}

/** Keys in order at every level, as Go encodes maps. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}

async function readLive(
  session: Session,
  type: DiscoveredResource,
  object: KubernetesObject,
): Promise<KubernetesObject | undefined> {
  try {
    const path = pathOf(type, object.metadata.namespace, object.metadata.name);
    return (await session.api.send({ method: 'GET', path })) as KubernetesObject;
  } catch (error) {
    if (isStatus(error, 'NotFound')) return undefined;
    throw error;
  }
}
