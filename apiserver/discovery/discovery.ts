/** Everything that answers on paths that are no resources: discovery, OpenAPI, health, version. */
import { definitionNamed } from '../../api/schema/table.ts';
import { statusError } from '../../api/status.ts';
import { type HttpRequest, type HttpResponse, JsonValue } from '../../platform/net/http.ts';
import type { Metrics } from '../../platform/metrics/metrics.ts';
import type { Accepted } from '../pipeline/accept.ts';
import { checkAcceptedType, checkJsonAccepted } from '../pipeline/route-media.ts';
import { pageNotFound } from '../pipeline/status-response.ts';
import type { ResourceDeclaration } from '../registry/declaration.ts';
import { groupDiscoveryList } from './aggregated.ts';
import {
  discoveryParameters,
  negotiateDiscovery,
  negotiateDocument,
} from './discovery-negotiation.ts';
import { bodyOf, Document, type DocumentOptions } from './document.ts';
import {
  apiGroupDocument,
  apiGroupList,
  apiResourceList,
  apiVersions,
  type Fingerprint,
} from './group-lists.ts';
import { answerHealth, type HealthChecks } from './health.ts';
import { HealthSlis } from '../../platform/metrics/health-slis.ts';
import { answerMetrics } from './metrics.ts';
import { OpenApi, type SchemaSource, type VersionDocuments } from './openapi.ts';
import { remoteHashes, type RemoteVersion, withRemote } from './remote.ts';
import { type ServedGroup, servedGroups } from './served.ts';
import { versionDocument } from '../../api/kubernetes-version.ts';

export interface DiscoveryOptions {
  readonly declarations: readonly ResourceDeclaration[];
  /** What is served besides, at the moment: custom resources. */
  readonly custom?: () => Iterable<CustomServed>;
  /** What others serve, at the moment. */
  readonly remote?: () => readonly RemoteVersion[];
  readonly schemas: SchemaSource;
  readonly checks: HealthChecks;
  readonly metrics: Metrics;
  /** Absent: no versions of storage are told. */
  readonly fingerprint?: Fingerprint | undefined;
  /** What is published of the keys of tokens; nothing by default. */
  readonly openId?: () => { readonly configuration: object; readonly keySet: object } | undefined;
  /** "192.0.2.1:6443": told in /api. */
  readonly serverAddress: () => string;
}

export interface CustomServed {
  readonly declaration: ResourceDeclaration;
  /** Changes with everything that a document about it says. */
  readonly identity: string;
}

type Answer = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;

type Listing = (request: HttpRequest, mediaType: Accepted['mediaType']) => HttpResponse;

/** One of the two addresses of aggregated discovery, in its three forms. */
function negotiated(groups: readonly ServedGroup[], list: Listing): Answer {
  const aggregated = (form: 'v2' | 'v2beta1'): Document =>
    new Document(() => groupDiscoveryList(form, groups), {
      headers: { 'cache-control': 'public', vary: 'Accept' },
      definition: definitionNamed('apidiscovery-v2', 'APIGroupDiscoveryList'),
      parameters: discoveryParameters(form),
      isTagged: true,
    });
  const documents = { v2: aggregated('v2'), v2beta1: aggregated('v2beta1') };
  return (request) => {
    const { form, mediaType } = negotiateDiscovery(request.headers['accept']);
    if (form === 'list') return list(request, mediaType);
    return documents[form].answer(request, mediaType);
  };
}

type ListKind = 'APIVersions' | 'APIGroupList' | 'APIGroup' | 'APIResourceList';

function listing(kind: ListKind, build: () => object): Listing {
  const document = new Document(build, { definition: definitionNamed('meta-v1', kind)! });
  return (request, mediaType) => document.answer(request, mediaType);
}

/** A listing that has no other form. */
function listed(kind: ListKind, build: () => object): Answer {
  const list = listing(kind, build);
  return (request) => list(request, negotiateDocument(request.headers['accept']));
}

const fixed = (build: () => object, options?: DocumentOptions): Answer => {
  const document = new Document(build, options);
  return (request) => document.answer(request);
};

/** The documents about what was served at one moment. */
class Catalog {
  /** By path, without a slash at the end. */
  readonly paths = new Map<string, Answer>();
  readonly openApi: OpenApi;

  constructor(options: DiscoveryOptions, known: VersionDocuments, slis: HealthSlis) {
    const { metrics, serverAddress, declarations, schemas } = options;
    const custom = [...(options.custom?.() ?? [])];
    const all = [...declarations, ...custom.map(({ declaration }) => declaration)];
    const groups = servedGroups(all);
    const remote = options.remote?.() ?? [];
    this.openApi = new OpenApi(groups, schemas, {
      identities: identitiesOf(custom),
      known,
      remote: remoteHashes(remote),
      swaggers: remote.flatMap(({ swagger }) => swagger ?? []),
    });
    const core = groups.filter((group) => group.name === '');
    const shown = withRemote(groups, remote);
    const named = shown.filter((group) => group.name !== '');
    // What it says may change with each request: where this server is.
    const versions: Listing = (request, mediaType) =>
      listing('APIVersions', () => apiVersions(core[0], serverAddress()))(request, mediaType);
    this.paths.set('/api', negotiated(core, versions));
    this.paths.set(
      '/apis',
      negotiated(
        named,
        listing('APIGroupList', () => apiGroupList(named)),
      ),
    );
    for (const group of shown) this.#addGroup(group, options.fingerprint);
    this.paths.set(
      '/version',
      fixed(() => versionDocument, { text: 'indented' }),
    );
    this.#addOpenId(options.openId);
    this.paths.set('/metrics', () => answerMetrics(metrics));
    this.paths.set('/metrics/slis', () => answerMetrics(slis.metrics));
    const root = fixed(() => ({ paths: this.#listed(options.checks) }), { text: 'indented' });
    this.paths.set('', root).set('/index.html', root);
  }

  #addOpenId(documents: DiscoveryOptions['openId']): void {
    if (documents?.() === undefined) return;
    const published = (contentType: string, body: () => object | undefined): Answer => {
      const headers = { 'content-type': contentType, 'cache-control': 'public, max-age=3600' };
      return (request) => ({
        status: 200,
        headers,
        body: bodyOf(request, new JsonValue(body()), 'bare'),
      });
    };
    this.paths.set(
      '/.well-known/openid-configuration',
      published('application/json', () => documents()?.configuration),
    );
    this.paths.set(
      '/openid/v1/jwks',
      published('application/jwk-set+json', () => documents()?.keySet),
    );
  }

  #addGroup(group: ServedGroup, fingerprint: Fingerprint | undefined): void {
    const root = group.name === '' ? '/api' : `/apis/${group.name}`;
    if (group.name !== '')
      this.paths.set(
        root,
        listed('APIGroup', () => apiGroupDocument(group)),
      );
    for (const version of group.versions) {
      this.paths.set(
        `${root}/${version.version}`,
        listed('APIResourceList', () => apiResourceList(version, fingerprint)),
      );
    }
  }

  /** GET / lists what there is. */
  #listed(checks: HealthChecks): string[] {
    const health = (['healthz', 'livez', 'readyz'] as const).flatMap((endpoint) => [
      `/${endpoint}`,
      ...checks[endpoint].map((check) => `/${endpoint}/${check.name}`),
    ]);
    const own = [...this.paths.keys()].filter((path) => path !== '' && path !== '/index.html');
    return [...own, ...health, '/openapi/v2', '/openapi/v3'].sort();
  }
}

/** By "group/version", what tells its document from those before. */
function identitiesOf(custom: readonly CustomServed[]): ReadonlyMap<string, string> {
  const identities = new Map<string, string>();
  for (const { declaration, identity } of custom) {
    const { group, version } = declaration.type;
    const key = `${group}/${version}`;
    identities.set(key, `${identities.get(key) ?? ''}${identity}`);
  }
  return identities;
}

/** Where Kubernetes' router looks at methods and media types; elsewhere all of them read. */
const ROUTED = /^\/(api(\/|$)|version$|apis\/[^/]+\/|\.well-known\/|openid\/)/;

const JSON_ALONE = /^\/(version$|\.well-known\/)/;

/** Where slashes at the end make no difference. */
const OPEN_ENDED = /^\/(api(\/|$)|version\/|apis\/(?!\/*$)|apis\/$|\.well-known\/|openid\/)/;

export class Discovery {
  readonly #options: DiscoveryOptions;
  readonly #documents: VersionDocuments = new Map();
  readonly #slis = new HealthSlis();
  #catalog: Catalog | undefined;

  constructor(options: DiscoveryOptions) {
    this.#options = options;
  }

  /** What is served has changed: what tells of it is made anew when it is next asked for. */
  refresh(): void {
    this.#catalog = undefined;
  }

  /** What is served on the path; 404 if nothing is, 405 if it is only read. */
  async answer(request: HttpRequest): Promise<HttpResponse> {
    this.#catalog ??= new Catalog(this.#options, this.#documents, this.#slis);
    const { paths, openApi } = this.#catalog;
    const path = request.path.replace(OPEN_ENDED.test(request.path) ? /\/+$/ : /^\/$/, '');
    const found = paths.get(path);
    if (found !== undefined) {
      if (!ROUTED.test(path)) return found(request);
      const check = JSON_ALONE.test(path) ? checkJsonAccepted : checkAcceptedType;
      check(request.headers['accept']);
      if (request.method === 'GET') return found(request);
      const text = 'the server does not allow this method on the requested resource';
      throw statusError('MethodNotAllowed', text, {});
    }
    const health = await answerHealth(this.#options.checks, request, this.#slis);
    const text = health ?? (await openApi.answer(request));
    if (text !== undefined) return text;
    const ofGroup = this.#options.declarations.some(({ type: { group } }) =>
      path.startsWith(group === '' ? '/api/' : `/apis/${group}/`),
    );
    if (!ofGroup) return pageNotFound();
    throw statusError('NotFound', 'the server could not find the requested resource', {});
  }
}
