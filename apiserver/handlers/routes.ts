/**
 * Which methods go where. Built-in kinds have routes, as Kubernetes' router knows them: a method
 * that is not theirs is refused before anything is looked at. Custom resources have one handler
 * for all, which tells in its own words what it does not do.
 */
import { statusError } from '../../api/status.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import type { ConnectSubresource } from '../registry/connect-subresource.ts';
import type { ResourceStore } from '../registry/resource-store.ts';
import type { ApiRequest } from '../pipeline/api-request.ts';
import { checkAcceptedType, checkTextAccepted } from '../pipeline/route-media.ts';
import type { ResourceRequestInfo, Verb } from '../pipeline/request-info.ts';
import { notFoundError } from '../registry/errors.ts';
import { methodNotAllowed, resourceNotFound } from './target.ts';

type Asked = Pick<ApiRequest, 'http' | 'info'>;

/** Collections are posted to, objects put and patched; only a subresource is posted to by name. */
function methodSuits({ verb, name, subresource }: ResourceRequestInfo): boolean {
  if (verb === 'create') return (name === '') === (subresource === '');
  return name !== '' || (verb !== 'update' && verb !== 'patch');
}

/** Verbs that are about a collection, which may span all namespaces. */
const acrossNamespaces: ReadonlySet<Verb | ''> = new Set(['list', 'watch']);

/**
 * Throws 404, 405 or 406 unless there is a route of a built-in kind. `connect`: what another
 * server answers, which says itself in which media types, and to a proxy's clients by any method.
 */
export function checkRoute(
  { http, info }: Asked,
  { declaration }: ResourceStore,
  connect?: Pick<ConnectSubresource<KubernetesObject>, 'carries'>,
): void {
  const { verbs, type } = declaration;
  if (!type.namespaced && info.namespace !== '' && type.resource !== 'namespaces')
    throw resourceNotFound();
  const only = verbs?.length === 1 && verbs[0] === 'create';
  const spans = type.namespaced && info.namespace === '';
  if (only && (info.name !== '' || spans) && info.subresource === '') throw resourceNotFound();
  const unsuited = info.verb === '' || http.method === 'HEAD' || !methodSuits(info);
  if (unsuited && connect?.carries !== 'proxy') throw methodNotAllowed();
  if (spans && info.name !== '') throw resourceNotFound();
  if (spans && !acrossNamespaces.has(info.verb)) throw methodNotAllowed();
  const accept = http.headers['accept'];
  if (connect?.carries === 'text') checkTextAccepted(accept);
  if (connect !== undefined) return;
  if (info.verb !== 'patch') checkAcceptedType(accept, listens(declaration, info));
}

/** The route of a list is that of its watch, too. */
function listens(
  { verbs }: ResourceStore['declaration'],
  { verb, subresource }: ResourceRequestInfo,
): boolean {
  const isList = verb === 'list' || verb === 'watch';
  return isList && subresource === '' && (verbs === undefined || verbs.includes('watch'));
}

/** False where Kubernetes serves no custom resources. Throws for a method without a meaning. */
export function reachesCustom(info: ResourceRequestInfo, { declaration }: ResourceStore): boolean {
  const { type } = declaration;
  const spans = info.namespace === '' && !acrossNamespaces.has(info.verb);
  return type.namespaced ? !spans : info.namespace === '';
}

/** Throws for a method that a custom resource has not. */
export function checkCustom({ verb, name }: ResourceRequestInfo, store: ResourceStore): void {
  const { group, resource } = store.declaration.type;
  if (verb === '')
    throw statusError(
      'MethodNotAllowed',
      ` is not supported on resources of kind ${JSON.stringify(`${resource}.${group}`)}`,
      { group, kind: resource },
    );
  if (name === '' && (verb === 'update' || verb === 'patch'))
    throw statusError('BadRequest', 'name must be provided');
}

/** Built-in kinds do not have the path; custom ones miss an object there. */
export function subresourceNotFound(info: ResourceRequestInfo, store: ResourceStore): Error {
  const { structure, type } = store.declaration;
  return structure === undefined ? resourceNotFound() : notFoundError(type, info.name);
}
