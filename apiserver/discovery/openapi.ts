/**
 * OpenAPI v3: an index with a hash per group version, and one document for each, made when it is
 * first asked for. OpenAPI v2 is made from them, for clients that ask for it.
 */
import { statusError } from '../../api/status.ts';
import type { GroupVersionKind } from '../../api/schema/table.ts';
import type { HttpRequest, HttpResponse } from '../../platform/net/http.ts';
import { pageNotFound, statusResponse } from '../pipeline/status-response.ts';
import { Document } from './document.ts';
import { encodeSwagger } from './gnostic.ts';
import { openApiPaths, type SchemaNames } from './openapi-operations.ts';
import type { ServedGroup, ServedVersion } from './served.ts';
import { type RemoteSwagger, withRemoteSwagger } from './remote-swagger.ts';
import { swagger } from './swagger.ts';
import { KUBERNETES_VERSION } from '../../api/kubernetes-version.ts';

/** Where the schemas come from. */
export interface SchemaSource {
  readonly nameOf: SchemaNames;
  /** Called before the schemas are first asked for. */
  readonly prepare?: () => Promise<void>;
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
    for (const sub of subresources) if (sub.carries === undefined) add(sub.kind);
  }
  for (const kind of metaKinds) add({ group: '', version: 'meta/v1', kind });
  return [...kinds.values()];
}

const info = { title: 'Kubernetes', version: KUBERNETES_VERSION };

/** As clients ask for it, with an @ that media types may not have, and as it is answered. */
const GNOSTIC_ASKED = /^application\/com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf$/;
const GNOSTIC = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

function specification(version: ServedVersion, source: SchemaSource): object {
  return {
    openapi: '3.0.0',
    info,
    paths: openApiPaths(version, source.nameOf),
    components: { schemas: source.schemas(kindsOf(version)) },
  };
}

type Encoding = 'json' | 'gnostic';

/** The first encoding of the Accept header that there is; undefined if there is none. */
function negotiate(accept: string | undefined, has: readonly Encoding[]): Encoding | undefined {
  if (accept === undefined || accept.trim() === '') return 'json';
  for (const entry of accept.split(',')) {
    const type = entry.split(';', 1)[0]!.trim();
    if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'json';
    if (has.includes('gnostic') && GNOSTIC_ASKED.test(type)) return 'gnostic';
  }
  return undefined;
}

function notAcceptable(types: string): HttpResponse {
  const text = `only the following media types are accepted: ${types}`;
  return statusResponse(statusError('NotAcceptable', text).status);
}

/** Documents of group versions, by their path and what tells them apart: they outlive a change. */
export type VersionDocuments = Map<
  string,
  { readonly identity: string; readonly document: Document }
>;

export interface OpenApiOptions {
  /** By "group/version"; those that nothing is said of never change. */
  readonly identities: ReadonlyMap<string, string>;
  readonly known: VersionDocuments;
  /** Hashes of documents that other servers have, by path. */
  readonly remote?: ReadonlyMap<string, string>;
  /** What other servers say in OpenAPI v2. */
  readonly swaggers?: readonly RemoteSwagger[];
}

export class OpenApi {
  /** By path below /openapi/v3/: "api/v1", "apis/apps/v1". */
  readonly #documents = new Map<string, Document>();
  readonly #source: SchemaSource;
  readonly #index: Document;
  readonly #swagger: Document;
  #gnostic: WeakRef<Uint8Array> | undefined;

  constructor(groups: readonly ServedGroup[], source: SchemaSource, options: OpenApiOptions) {
    this.#source = source;
    const { identities, known, remote = new Map<string, string>(), swaggers = [] } = options;
    for (const version of groups.flatMap((group) => group.versions)) {
      const { group, version: name } = version;
      const path = group === '' ? `api/${name}` : `apis/${group}/${name}`;
      const identity = identities.get(`${group}/${name}`);
      const before = known.get(path);
      const document =
        before !== undefined && before.identity === (identity ?? '')
          ? before.document
          : new Document(() => specification(version, source), {
              identity,
              text: 'bare',
              isTagged: true,
            });
      known.set(path, { identity: identity ?? '', document });
      this.#documents.set(path, document);
    }
    for (const path of known.keys()) if (!this.#documents.has(path)) known.delete(path);
    const changing = [...identities, ...swaggers.map((theirs) => theirs.identity)];
    this.#swagger = new Document(
      () => {
        const documents = [...this.#documents.values()];
        const own = swagger(
          info,
          documents.map((document) => document.json.value as Record<string, unknown>),
        );
        return withRemoteSwagger(own, swaggers);
      },
      {
        identity: changing.length === 0 ? undefined : changing.join(),
        text: 'bare',
        isTagged: true,
      },
    );
    this.#index = new Document(
      () => ({
        paths: Object.fromEntries(
          [...[...this.#documents].map(([path, { hash }]) => [path, hash] as const), ...remote].map(
            ([path, hash]) => [path, { serverRelativeURL: `${ROOT}/${path}?hash=${hash}` }],
          ),
        ) as object,
      }),
      { text: 'bare', isTagged: true },
    );
  }

  /** Undefined if the path is none of ours. */
  async answer(request: HttpRequest): Promise<HttpResponse | undefined> {
    const { path } = request;
    const isV2 = path === '/openapi/v2';
    if (!isV2 && path !== ROOT && !path.startsWith(`${ROOT}/`)) return undefined;
    await this.#source.prepare?.();
    if (isV2) return this.#answerSwagger(request);
    const name = path.slice(ROOT.length + 1);
    const document = path === ROOT ? this.#index : this.#documents.get(name);
    if (document === undefined) return pageNotFound();
    if (negotiate(request.headers['accept'], ['json']) === undefined) {
      return notAcceptable('application/json');
    }
    return this.#answerDocument(document, request);
  }

  #answerSwagger(request: HttpRequest): HttpResponse {
    switch (negotiate(request.headers['accept'], ['json', 'gnostic'])) {
      case 'json':
        return this.#swagger.answer(request);
      case 'gnostic':
        return { status: 200, headers: { 'content-type': GNOSTIC }, body: this.#encoded() };
      case undefined:
        return notAcceptable(`application/json, ${GNOSTIC}`);
    }
  }

  #encoded(): Uint8Array {
    const known = this.#gnostic?.deref();
    if (known !== undefined) return known;
    const encoded = encodeSwagger(this.#swagger.json.value as object);
    this.#gnostic = new WeakRef(encoded);
    return encoded;
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
