/**
 * What a request asks for, read off its method, path and query alone: the words of
 * authorization, limits and routing. Paths as in the API conventions:
 *
 *     /api/v1/namespaces/default/pods/web/status      core group
 *     /apis/apps/v1/namespaces/default/deployments    named group
 *     /api/v1/watch/namespaces/default/pods           deprecated form of ?watch=true
 *     /api/v1/namespaces/default/finalize             a subresource of the namespace itself
 *
 * Everything else ("/version", "/api", "/apis/apps/v1") is a non-resource path.
 */
import type { HttpRequest } from '../../platform/net/http.ts';

export type Verb =
  'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

export interface ResourceRequestInfo {
  readonly type: 'resource';
  /** "" for a method that means nothing. */
  readonly verb: Verb | '';
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  /** Plural as in the URL; not known to be served. */
  readonly resource: string;
  /** "" for the object itself. */
  readonly subresource: string;
  /** Of a path below namespaces/{ns}; "" otherwise. For a Namespace itself: its own name. */
  readonly namespace: string;
  /**
   * "" for a collection. May be set with `watch`: the deprecated path of a single object,
   * which means the field selector metadata.name=…
   */
  readonly name: string;
  /** What follows the subresource ("a/b" of …/proxy/a/b). Only proxies have such a tail. */
  readonly tail: string;
}

export interface PathRequestInfo {
  readonly type: 'path';
  /** The method in lower case, as authorization names the verbs of non-resource paths. */
  readonly verb: string;
  readonly path: string;
}

export type RequestInfo = ResourceRequestInfo | PathRequestInfo;

const verbOfMethod: Readonly<Record<string, Verb>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** Subresources of a Namespace: their paths look like those of a namespaced collection. */
const namespaceSubresources = new Set(['finalize', 'status']);

/** Of a query parameter that decides something: only two words deny it. */
export function isSet(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

/** Go's ParseBool forms. */
export function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1' || value === 't' || value === 'True' || value === 'TRUE';
}

function decoded(segment: string): string | undefined {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** Non-empty decoded segments of a path; undefined if an escape is malformed. */
function segmentsOf(path: string): string[] | undefined {
  const segments: string[] = [];
  for (const raw of path.split('/')) {
    if (raw === '') continue;
    const segment = decoded(raw);
    if (segment === undefined) return undefined;
    segments.push(segment);
  }
  return segments;
}

interface Target {
  readonly namespace: string;
  /** resource, name, subresource, tail … */
  readonly parts: readonly string[];
}

function targetOf(parts: readonly string[]): Target {
  if (parts[0] !== 'namespaces' || parts.length < 2) return { namespace: '', parts };
  const namespace = parts[1]!;
  const ofNamespaceItself = parts.length === 2 || namespaceSubresources.has(parts[2]!);
  return { namespace, parts: ofNamespaceItself ? parts : parts.slice(2) };
}

function collectionVerb(verb: Verb | '', query: URLSearchParams): Verb | '' {
  if (verb === 'get') return isSet(query.get('watch')) ? 'watch' : 'list';
  return verb === 'delete' ? 'deletecollection' : verb;
}

/** Undefined only if the path cannot be decoded: a malformed request. */
export function requestInfoOf(
  request: Pick<HttpRequest, 'method' | 'path' | 'query'>,
): RequestInfo | undefined {
  const segments = segmentsOf(request.path);
  if (segments === undefined) return undefined;
  const path: PathRequestInfo = {
    type: 'path',
    verb: request.method.toLowerCase(),
    path: request.path,
  };
  const isCore = segments[0] === 'api';
  const skipped = isCore ? 2 : 3;
  if ((!isCore && segments[0] !== 'apis') || segments.length <= skipped) return path;
  const methodVerb = verbOfMethod[request.method] ?? '';

  const [group, version] = isCore ? ['', segments[1]!] : [segments[1]!, segments[2]!];
  let parts: readonly string[] = segments.slice(skipped);
  const watchPath = parts[0] === 'watch' && parts.length > 1;
  if (watchPath) parts = parts.slice(1);
  const target = targetOf(parts);
  const [resource = '', name = '', subresource = '', ...tail] = target.parts;
  const verb = name === '' ? collectionVerb(methodVerb, request.query) : methodVerb;
  return {
    type: 'resource',
    verb: watchPath && methodVerb === 'get' ? 'watch' : verb,
    group,
    version,
    resource,
    subresource,
    namespace: target.namespace,
    name,
    tail: tail.join('/'),
  };
}
