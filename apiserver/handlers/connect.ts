import type { KubernetesObject } from '../../api/meta.ts';
import { statusError } from '../../api/status.ts';
import type { HttpResponse } from '../../platform/net/http.ts';
import type { ConnectSubresource } from '../registry/connect-subresource.ts';
import { callerOf, methodNotAllowed, objectAt, resourceNotFound, type Target } from './target.ts';

/** A request that another server answers: exec, log, port-forward, proxies. */
export async function connect(
  target: Target,
  subresource: ConnectSubresource<KubernetesObject>,
): Promise<HttpResponse> {
  const { request, store, environment } = target;
  const { http, info } = request;
  const { carries } = subresource;
  if (carries !== 'proxy' && info.tail !== '') throw resourceNotFound();
  const takesMethod = (subresource.verbs as readonly string[]).includes(info.verb);
  if (!takesMethod && !(carries === 'proxy' && http.method === 'OPTIONS')) throw methodNotAllowed();
  const path = pathBelow(http.path, info.subresource);
  const asked = { connect: subresource, at: objectAt(target), query: http.query, path };
  const passage = await store.passage(asked, callerOf(target, false));
  if (carries === 'proxy' && isRead(http.method) && 'path' in passage && passage.path === '')
    return redirect(http.path, http.query);
  if (carries === 'upgrade' && http.headers['upgrade'] === undefined)
    throw statusError('BadRequest', 'Upgrade request required');
  if (environment.passages === undefined)
    throw statusError('ServiceUnavailable', 'this server has no way to the nodes');
  return environment.passages.follow(passage, { http, carries });
}

/** What follows "/<resource>/<name>/<subresource>", undecoded. */
function pathBelow(path: string, subresource: string): string {
  const parts = path.split('/');
  // "", "api", "v1", perhaps "namespaces" and its name, resource, name, subresource.
  const at = parts.indexOf(subresource, parts[3] === 'namespaces' && parts.length > 7 ? 7 : 5);
  const rest = parts.slice(at + 1);
  return rest.length === 0 ? '' : `/${rest.join('/')}`;
}

const isRead = (method: string): boolean => method === 'GET' || method === 'HEAD';

/** Relative links of a page need the slash. */
function redirect(path: string, query: URLSearchParams): HttpResponse {
  const search = query.toString();
  const location = `${path}/${search === '' ? '' : `?${search}`}`;
  return { status: 301, headers: { location } };
}
