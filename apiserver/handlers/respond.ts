import { apiVersionOf } from '../../api/resource.ts';
import { stringifyYaml } from '../../api/yaml.ts';
import type { Clock } from '../../platform/clock.ts';
import { type HttpResponse, JsonValue } from '../../platform/http.ts';
import type { ResourceDeclaration } from '../registry/declaration.ts';
import type { ListPage, StoredObject } from '../registry/resource-store.ts';
import { type Accepted, accepted } from './accept.ts';
import type { ApiRequest } from '../pipeline/api-request.ts';
import { listJson } from './json-bytes.ts';
import { partialMetadata } from './partial-metadata.ts';
import { includeObjectOf, table } from './table.ts';

/** How answers to one request are written. */
export interface Answering {
  readonly request: ApiRequest;
  readonly declaration: ResourceDeclaration;
  readonly clock: Clock;
}

/** One object in the form the client accepts. */
export function objectResponse(
  answering: Answering,
  object: StoredObject,
  options: { readonly status?: number; readonly warnings?: readonly string[] } = {},
): HttpResponse {
  const { request, declaration, clock } = answering;
  const form = accepted(request.http.headers['accept']);
  const { representation } = form;
  const status = options.status ?? 200;
  switch (representation.as) {
    case 'Object':
      return respond(form, { ...options, status, body: object.json() });
    case 'PartialObjectMetadata':
      return valueResponse(form, {
        ...options,
        status,
        value: partialMetadata(object.value, 'v1'),
      });
    case 'Table': {
      const { resourceVersion = '' } = object.value.metadata;
      const value = table(
        declaration,
        { objects: [object.value], metadata: { resourceVersion }, withColumns: true },
        {
          version: representation.version,
          include: includeObjectOf(request.http.query),
          nowMs: clock.now(),
        },
      );
      return valueResponse(form, { ...options, status, value });
    }
  }
}

/** A collection in the form the client accepts. */
export function listResponse(answering: Answering, page: ListPage): HttpResponse {
  const { request, declaration, clock } = answering;
  const form = accepted(request.http.headers['accept']);
  const { representation } = form;
  const { type } = declaration;
  const metadata = {
    resourceVersion: String(page.revision),
    ...(page.continue === undefined ? {} : { continue: page.continue }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
  switch (representation.as) {
    case 'Object': {
      const head = { kind: `${type.kind}List`, apiVersion: apiVersionOf(type), metadata };
      return respond(form, { status: 200, body: listJson(head, page.objects) });
    }
    case 'PartialObjectMetadata': {
      const items = page.objects.map((object) => partialMetadata(object.value, 'v1'));
      const head = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' };
      return valueResponse(form, { status: 200, value: { ...head, metadata, items } });
    }
    case 'Table': {
      const objects = page.objects.map((object) => object.value);
      const value = table(
        declaration,
        { objects, metadata, withColumns: true },
        {
          version: representation.version,
          include: includeObjectOf(request.http.query),
          nowMs: clock.now(),
        },
      );
      return valueResponse(form, { status: 200, value });
    }
  }
}

/** Something that is not an object of the resource (a Status, a Scale): always as it is. */
export function plainResponse(
  request: ApiRequest,
  value: object,
  options: { readonly status?: number; readonly warnings?: readonly string[] } = {},
): HttpResponse {
  const form = accepted(request.http.headers['accept']);
  return valueResponse(form, { ...options, status: options.status ?? 200, value });
}

interface Answer {
  readonly status: number;
  readonly warnings?: readonly string[];
}

function valueResponse(form: Accepted, answer: Answer & { readonly value: object }): HttpResponse {
  return respond(form, { ...answer, body: new JsonValue(answer.value) });
}

function respond(form: Accepted, answer: Answer & { readonly body: JsonValue }): HttpResponse {
  const { status, warnings = [] } = answer;
  const body =
    form.mediaType === 'application/yaml'
      ? Buffer.from(stringifyYaml(answer.body.value))
      : answer.body;
  const headers: Record<string, string> = { 'content-type': form.mediaType };
  if (warnings.length > 0) headers['warning'] = warnings.map(warning).join(', ');
  return { status, headers, body };
}

/** RFC 9110 has no such code any more, but clients print 299. */
function warning(text: string): string {
  const quoted = text.replace(/[\r\n]+/g, ' ').replace(/["\\]/g, '\\$&');
  return `299 - "${quoted}"`;
}
