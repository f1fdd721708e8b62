/**
 * OpenAPI v3: an index with a hash per group version, and one document for each, made when it is
 * first asked for. OpenAPI v2 is not served: it exists only as gnostic's protobuf for the clients
 * that still ask for it, and those go on without.
 */
import { statusError } from '../../api/status.ts';
import type { GroupVersionKind } from '../../api/schema/table.ts';
import type { HttpRequest, HttpResponse } from '../../platform/http.ts';
import { pageNotFound, statusResponse } from '../pipeline/status-response.ts';
import { Document } from './document.ts';
import { openApiPaths, type SchemaNames } from './openapi-operations.ts';
import type { ServedGroup, ServedVersion } from './served.ts';
import { KUBERNETES_VERSION } from './version.ts';

/** Where the schemas come from. */
export interface SchemaSource {
  readonly nameOf: SchemaNames;
  /** The named kinds' schemas and all they refer to, by name. */
  schemas(kinds: readonly GroupVersionKind[]): object;
}

const ROOT = '/openapi/v3';
const metaKinds = ['DeleteOptions', 'Patch', 'Status'];

function kindsOf(version: ServedVersion): GroupVersionKind[] {
  const kinds = new Map<string, GroupVersionKind>();
  const add = (kind: GroupVersionKind): void => {
    kinds.set(`${kind.group}/${kind.version}/${kind.kind}`, kind);
  };
  for (const { kind, verbs, subresources } of version.resources) {
    add(kind);
    if (verbs.includes('list')) add({ ...kind, kind: `${kind.kind}List` });
    for (const sub of subresources) add(sub.kind);
  }
  for (const kind of metaKinds) add({ group: '', version: 'meta/v1', kind });
  return [...kinds.values()];
}

function specification(version: ServedVersion, source: SchemaSource): object {
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: KUBERNETES_VERSION },
    paths: openApiPaths(version, source.nameOf),
    components: { schemas: source.schemas(kindsOf(version)) },
  };
}

function acceptsJson(accept: string | undefined): boolean {
  if (accept === undefined || accept.trim() === '') return true;
  return accept.split(',').some((entry) => {
    const type = entry.split(';', 1)[0]!.trim();
    return type === 'application/json' || type === '*/*' || type === 'application/*';
  });
}

export class OpenApi {
  /** By path below /openapi/v3/: "api/v1", "apis/apps/v1". */
  readonly #documents = new Map<string, Document>();
  readonly #index: Document;

  constructor(groups: readonly ServedGroup[], source: SchemaSource) {
    for (const version of groups.flatMap((group) => group.versions)) {
      const { group, version: name } = version;
      const path = group === '' ? `api/${name}` : `apis/${group}/${name}`;
      this.#documents.set(path, new Document(() => specification(version, source)));
    }
    this.#index = new Document(() => ({
      paths: Object.fromEntries(
        [...this.#documents].map(([path, document]) => [
          path,
          { serverRelativeURL: `${ROOT}/${path}?hash=${document.hash}` },
        ]),
      ) as object,
    }));
  }

  /** Undefined if the path is none of ours. */
  answer(request: HttpRequest): HttpResponse | undefined {
    const { path } = request;
    if (path === '/openapi/v2') return pageNotFound();
    if (path !== ROOT && !path.startsWith(`${ROOT}/`)) return undefined;
    const name = path.slice(ROOT.length + 1);
    const document = name === '' ? this.#index : this.#documents.get(name);
    if (document === undefined) return pageNotFound();
    if (!acceptsJson(request.headers['accept'])) {
      const text = 'only the following media types are accepted: application/json';
      return statusResponse(statusError('NotAcceptable', text).status);
    }
    return this.#answerDocument(document, request);
  }

  #answerDocument(document: Document, request: HttpRequest): HttpResponse {
    const asked = request.query.get('hash');
    if (asked === null || document === this.#index) return document.answer(request);
    // An address with a hash never changes what it answers, so it may be kept for good.
    if (asked === document.hash) {
      const { headers, ...rest } = document.answer(request);
      return { ...rest, headers: { ...headers, 'cache-control': 'public, immutable' } };
    }
    const location = `${request.path}?hash=${document.hash}`;
    return { status: 301, headers: { location, 'cache-control': 'no-store' } };
  }
}
