/**
 * The resource builder: from words, files and selectors to the objects a command is about, by the
 * rules that all of kubectl's commands share.
 */
import type { KubernetesObject } from '../../api/meta.ts';
import { parseLabelSelector } from '../../api/selector/label-parser.ts';
import { matchesLabels } from '../../api/selector/label.ts';
import { StatusError } from '../../api/status.ts';
import { failuresText } from '../failure.ts';
import { type ManifestDocument, sourceOf } from '../manifest/documents.ts';
import { readManifest } from '../manifest/manifest.ts';
import type { Session } from '../session.ts';
import { ExitError, UsageError } from '../usage-error.ts';
import { CHUNK_SIZE, listFailure, listItems } from './list.ts';
import { itemOf, type Located, readLive } from './located.ts';
import type { DiscoveredResource } from './discover.ts';
import { pathOf, typeByItself } from './resources.ts';
import { targetsOf } from './words.ts';

/** What a command line says about its objects; flags that a command lacks are left out. */
export interface BuilderRequest {
  readonly words: readonly string[];
  readonly filename?: readonly string[];
  readonly kustomize?: string;
  readonly recursive?: boolean;
  readonly selector?: string;
  readonly 'field-selector'?: string;
  readonly 'all-namespaces'?: boolean;
  /** Objects per request; by default as many as elsewhere. */
  readonly 'chunk-size'?: number;
  /** The manifests are enough: the server is not asked what their kinds are. */
  readonly local?: boolean;
  /** A type alone stands for all its objects. */
  readonly all?: boolean;
}

export interface Found {
  readonly located: readonly Located[];
  /** What could not be found, next to what was. */
  readonly failures: readonly unknown[];
  /** True if exactly one object was asked for by its name. */
  readonly single: boolean;
}

const NOTHING_GIVEN =
  'You must provide one or more resources by argument or filename.\n' +
  'Example resource specifications include:\n' +
  "   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'";

export async function locate(session: Session, request: BuilderRequest): Promise<Found> {
  const files = request.filename ?? [];
  if (files.length > 0 || request.kustomize) {
    if (request.words.length > 0) {
      const what = files.length > 0 ? 'when paths, URLs, or stdin is provided as input' : '';
      throw new UsageError(
        `there is no need to specify a resource type as a separate argument ${what}`.trimEnd(),
      );
    }
    return locateInFiles(session, request);
  }
  if (request.words.length === 0) throw new UsageError(NOTHING_GIVEN);
  const targets = targetsOf(await session.resources(), request.words);
  const selects = Boolean(request.selector) || Boolean(request['field-selector']);
  if (selects && targets.some((target) => target.name !== undefined)) {
    throw new UsageError('name cannot be provided when a selector is specified');
  }
  const located: Located[] = [];
  const failures: unknown[] = [];
  for (const { type, name } of targets) {
    if (name !== undefined) {
      located.push({ type, namespace: type.namespaced ? session.namespace : undefined, name });
      if (request['all-namespaces'] && type.namespaced) {
        throw new UsageError('a resource cannot be retrieved by name across all namespaces');
      }
      continue;
    }
    if (!selects && !request.all) {
      throw new UsageError('resource(s) were provided, but no name was specified');
    }
    try {
      located.push(...(await collection(session, type, request)));
    } catch (error) {
      failures.push(error);
    }
  }
  return { located, failures, single: located.length === 1 && targets[0]?.name !== undefined };
}

async function collection(
  session: Session,
  type: DiscoveredResource,
  request: BuilderRequest,
): Promise<Located[]> {
  const selectors = {
    labelSelector: request.selector ?? '',
    fieldSelector: request['field-selector'] ?? '',
  };
  const path = pathOf(type, request['all-namespaces'] ? undefined : session.namespace);
  try {
    const limit = request['chunk-size'] ?? CHUNK_SIZE;
    const items = await listItems(session, { path, ...selectors, limit });
    return items.map((item) => itemOf(type, item));
  } catch (error) {
    throw listFailure(error, type, selectors);
  }
}

async function locateInFiles(session: Session, request: BuilderRequest): Promise<Found> {
  const manifest = await readManifest(session.files, {
    paths: request.filename ?? [],
    recursive: request.recursive ?? false,
    kustomize: request.kustomize ?? '',
    sha256: session.environment.sha256,
    warn: (text) => session.complain(text),
  });
  const failures: unknown[] = manifest.failures.map(({ message }) => new UsageError(message));
  const located: Located[] = [];
  for (const document of selectedDocuments(manifest.documents, request.selector ?? '')) {
    try {
      located.push(
        request.local ? locatedByItself(document) : await locateDocument(session, document),
      );
    } catch (error) {
      failures.push(error);
    }
  }
  return { located, failures, single: located.length === 1 && failures.length === 0 };
}

/** The documents whose labels match; all without a selector. */
export function selectedDocuments(
  documents: readonly ManifestDocument[],
  selector: string,
): readonly ManifestDocument[] {
  if (selector === '') return documents;
  const requirements = requirementsOf(selector);
  return documents.filter(({ object }) => matchesLabels(requirements, object.metadata.labels));
}

function requirementsOf(selector: string): ReturnType<typeof parseLabelSelector> {
  try {
    return parseLabelSelector(selector);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw new UsageError(
      `the provided selector ${JSON.stringify(selector)} is not valid: ${error.message}`,
    );
  }
}

/** A document as an object of the kind that it says it is. */
function locatedByItself(document: ManifestDocument): Located {
  const { object } = document;
  const { name = '', namespace } = object.metadata;
  return { type: typeByItself(object), namespace, name, object, place: sourceOf(document) };
}

/** A document's kind among those served, and the namespace it belongs to. */
export async function locateDocument(
  session: Session,
  document: ManifestDocument,
): Promise<Located> {
  const { object } = document;
  const type = await typeOf(session, document);
  const place = sourceOf(document);
  const placed = inNamespace(session, object, type);
  const { name = '', namespace } = placed.metadata;
  return { type, namespace: type.namespaced ? namespace : undefined, name, object: placed, place };
}

async function typeOf(session: Session, document: ManifestDocument): Promise<DiscoveredResource> {
  const { apiVersion, kind, metadata } = document.object;
  const known = (await session.resources()).ofKind(apiVersion, kind);
  if (known !== undefined) return known;
  throw new UsageError(
    `resource mapping not found for name: "${metadata.name ?? ''}" ` +
      `namespace: "${metadata.namespace ?? ''}" from ${sourceOf(document)}: no matches for kind ` +
      `"${kind}" in version "${apiVersion}"\nensure CRDs are installed first`,
  );
}

/** The object in its namespace: its own, else the one in force. */
function inNamespace(
  session: Session,
  object: KubernetesObject,
  type: DiscoveredResource,
): KubernetesObject {
  if (!type.namespaced) return object;
  const own = object.metadata.namespace;
  if (own && session.namespaceGiven && own !== session.namespace) {
    throw new UsageError(
      `the namespace from the provided object "${own}" does not match the namespace ` +
        `"${session.namespace}". You must pass '--namespace=${own}' to perform this operation.`,
    );
  }
  if (own) return object;
  return { ...object, metadata: { ...object.metadata, namespace: session.namespace } };
}

/**
 * Calls `each` for one object after the other; a failure does not keep the others from their
 * turn. Resolves to the exit code, with the failures printed.
 */
export async function visit(
  session: Session,
  found: Found,
  each: (located: Located) => Promise<void>,
): Promise<number> {
  const failures = [...found.failures];
  let code = 0;
  for (const located of found.located) {
    try {
      await each(located);
    } catch (error) {
      if (error instanceof ExitError) code = error.code;
      else failures.push(error);
    }
  }
  if (failures.length === 0) return code;
  session.complain(failuresText(failures));
  return 1;
}

/** As {@link visit}, with the live object, which need not be read again if a list had it. */
export function visitLive(
  session: Session,
  found: Found,
  each: (located: Located, live: KubernetesObject) => Promise<void>,
): Promise<number> {
  return visit(session, found, async (located) => {
    const listed = located.place === undefined ? located.object : undefined;
    await each(located, listed ?? (await readLive(session, located)));
  });
}
