import type { KubernetesObject } from '../../api/meta.ts';
import {
  enveloped,
  hasProtobuf,
  messageOf,
  partialMetadataMessage,
} from '../../api/protobuf/envelope.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { internalPackage } from '../../api/schema/scheme-words.ts';
import { statusError, unexplained } from '../../api/status.ts';
import type { GroupVersionKind } from '../../api/schema/table.ts';
import type { Clock } from '../../platform/clock.ts';
import { type HttpResponse, JsonValue } from '../../platform/net/http.ts';
import type { Turns } from '../../platform/turns.ts';
import type { ResourceDeclaration } from '../registry/declaration.ts';
import type { ListPage, StoredObject } from '../registry/resource-store.ts';
import { type Accepted, accepted } from '../pipeline/accept.ts';
import type { ApiRequest } from '../pipeline/api-request.ts';
import { type AnswerBody, encodeAnswer } from '../pipeline/encode-answer.ts';
import { encodeList, type ListForm } from './list-body.ts';
import { partialKind, partialMetadata } from './partial-metadata.ts';
import { includeObjectOf, table, type TableMetadata, tableRow } from './table.ts';

/** How answers to one request are written. */
export interface Answering {
  readonly request: ApiRequest;
  readonly declaration: ResourceDeclaration;
  readonly clock: Clock;
}

/** One object, made into the form that is asked for. */
export interface Shown extends Pick<StoredObject, 'json' | 'message'> {
  readonly value: KubernetesObject;
}

/** What of its declaration decides how an object is written. */
type Declared = Pick<ResourceDeclaration, 'type' | 'review' | 'structure'> & {
  readonly printer?: ResourceDeclaration['printer'] | undefined;
  /** Where Kubernetes has its Go type. Default: with the internal types of its group. */
  readonly goPackage?: string | undefined;
};

const JSON_TYPE = 'application/json';

/** One object in the form the client accepts. */
export function objectResponse(
  answering: Omit<Answering, 'declaration'> & { readonly declaration: Declared },
  object: Shown,
  { status = 200 }: { readonly status?: number } = {},
): HttpResponse {
  const { request, declaration } = answering;
  const { type } = declaration;
  const form = formOf(request, type, { noTable: declaration.review !== undefined });
  const { representation } = form;
  switch (representation.as) {
    case 'Object':
      return respond(request, form, {
        status,
        body: object.json(),
        protobuf: () => enveloped(type, object.message()),
      });
    case 'PartialObjectMetadata': {
      if (representation.list) throw noList(declaration);
      const { metadata } = object.value;
      return respond(request, form, {
        status,
        body: new JsonValue(partialMetadata(object.value, representation.version)),
        protobuf: () =>
          enveloped(partialKind(representation.version), partialMetadataMessage(metadata)),
      });
    }
    case 'Table': {
      const { resourceVersion = '' } = object.value.metadata;
      const content = { objects: [object.value], metadata: { resourceVersion } };
      const body = tableOf(answering, representation.version, content);
      return respond(request, form, { status, body });
    }
  }
}

/** A collection in the form the client accepts. */
export async function listResponse(
  answering: Answering & { readonly turns: Turns },
  page: ListPage,
): Promise<HttpResponse> {
  const { request, declaration, turns } = answering;
  const accepts = formOf(request, declaration.type);
  const form = listForm(answering, page, accepts);
  const { mediaType } = accepts;
  const { json, body } = await encodeList(request, accepts, { form, turns });
  if (mediaType !== JSON_TYPE) request.notes.answered = json;
  return { status: 200, headers: { 'content-type': mediaType }, body };
}

function listForm(
  { request, declaration, clock }: Answering,
  page: ListPage,
  { representation }: Accepted,
): ListForm {
  const { type } = declaration;
  const { objects } = page;
  const metadata = {
    resourceVersion: String(page.revision),
    ...(page.continue === undefined ? {} : { continue: page.continue }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
  switch (representation.as) {
    case 'Object': {
      const kind = declaration.listKind ?? `${type.kind}List`;
      const head = { kind, apiVersion: apiVersionOf(type), metadata };
      const message = (object: StoredObject): Uint8Array => object.message();
      // Go's types of what it knows leave out what the list says already.
      const untyped = declaration.structure === undefined;
      const protobuf = { kind: { ...type, kind }, message };
      return { head, field: 'items', objects, untyped, protobuf };
    }
    case 'PartialObjectMetadata': {
      if (!representation.list) throw aList(declaration);
      const kind = 'PartialObjectMetadataList';
      const { version } = representation;
      const head = { kind, apiVersion: `meta.k8s.io/${version}`, metadata };
      const item = ({ value }: StoredObject): object => partialMetadata(value, version);
      const message = ({ value }: StoredObject): Uint8Array =>
        partialMetadataMessage(value.metadata);
      const protobuf = { kind: { ...partialKind(version), kind }, message };
      return { head, field: 'items', objects, item, protobuf };
    }
    case 'Table': {
      const include = includeObjectOf(request.http.query);
      const options = { version: representation.version, include, nowMs: clock.now() };
      const content = { objects: [], metadata, withColumns: true };
      const { rows: _none, ...head } = table(declaration, content, options);
      const item = ({ value }: StoredObject): object => tableRow(declaration, value, options);
      return { head, field: 'rows', objects, item };
    }
  }
}

function noList({ type, structure, goPackage }: Declared): Error {
  if (structure !== undefined) return unexplained('content is not a list');
  const shown = `*${goPackage ?? internalPackage(type)}.${type.kind}`;
  return statusError(
    'NotAcceptable',
    `you requested PartialObjectMetadataList, but the requested object is not a list (${shown})`,
  );
}

function aList({ type, structure }: ResourceDeclaration): Error {
  const own = `${internalPackage(type)}.${type.kind}List`;
  const shown = structure === undefined ? own : 'unstructured.UnstructuredList';
  return statusError(
    'NotAcceptable',
    `you requested PartialObjectMetadata, but the requested object is a list (*${shown})`,
  );
}

/** The view that a subresource gives of its parent: a Scale. */
export function viewResponse(
  { request, clock, declaration }: Answering,
  { value, printer }: Pick<Shown, 'value'> & Pick<Declared, 'printer'>,
  options: { readonly status?: number } = {},
): HttpResponse {
  const kind = kindOf(value);
  const type = { ...declaration.type, ...kind };
  const message = (): Uint8Array => messageOf(kind, value);
  const shown = { value, json: () => new JsonValue(value), message };
  // What custom resources show is of no internal type.
  const goPackage = declaration.structure === undefined ? undefined : kind.version;
  const declared = { type, printer, goPackage };
  return objectResponse({ request, clock, declaration: declared }, shown, options);
}

/** Something that is not an object of the resource (a Status, a Binding): always as it is. */
export function plainResponse(
  request: ApiRequest,
  value: { readonly apiVersion: string; readonly kind: string },
  { status = 200 }: { readonly status?: number } = {},
): HttpResponse {
  const kind = kindOf(value);
  return respond(request, formOf(request, kind), {
    status,
    body: new JsonValue(value),
    protobuf: () => enveloped(kind, messageOf(kind, value)),
  });
}

function kindOf(object: { readonly apiVersion: string; readonly kind: string }): GroupVersionKind {
  const { apiVersion, kind } = object;
  const slash = apiVersion.indexOf('/');
  return {
    group: slash < 0 ? '' : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind,
  };
}

/** Throws 406 if the kind has no form that is accepted: asked before anything is carried out. */
export function checkForm(
  request: ApiRequest,
  { type, review }: { readonly type: GroupVersionKind; readonly review?: unknown },
): void {
  formOf(request, type, { noTable: review !== undefined });
}

function formOf(
  { http }: ApiRequest,
  kind: GroupVersionKind,
  { noTable = false }: { readonly noTable?: boolean } = {},
): Accepted {
  return accepted(http.headers['accept'], { protobuf: hasProtobuf(kind), stream: false, noTable });
}

function tableOf(
  { request, declaration, clock }: Parameters<typeof objectResponse>[0],
  version: 'v1' | 'v1beta1',
  content: { readonly objects: readonly KubernetesObject[]; readonly metadata: TableMetadata },
): JsonValue {
  const include = includeObjectOf(request.http.query);
  const options = { version, include, nowMs: clock.now() };
  return new JsonValue(table(declaration, { ...content, withColumns: true }, options));
}

interface Answer extends AnswerBody {
  readonly status: number;
}

function respond(request: ApiRequest, form: Accepted, answer: Answer): HttpResponse {
  const { status } = answer;
  const headers = { 'content-type': form.mediaType };
  if (form.mediaType !== JSON_TYPE) request.notes.answered = answer.body;
  return { status, headers, body: encodeAnswer(request.http, form, answer) };
}
