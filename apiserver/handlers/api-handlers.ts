/**
 * The verbs of the API. In: a request that the pipeline has let through, with what its path
 * names. Out: a response, or a rejection with the StatusError that the pipeline answers.
 * Nothing here knows a kind: what a resource is stands in its declaration.
 */
import type { KubernetesObject } from '../../api/meta.ts';
import type { HttpResponse } from '../../platform/net/http.ts';
import type { ApiRequest } from '../pipeline/api-request.ts';
import type { Verb } from '../pipeline/request-info.ts';
import { pageNotFound } from '../pipeline/status-response.ts';
import type { ResourceDeclaration, Subresource } from '../registry/declaration.ts';
import type { Registry } from '../registry/registry.ts';
import { connect } from './connect.ts';
import { create } from './create.ts';
import { remove } from './delete.ts';
import { deleteCollection } from './deletecollection.ts';
import { get } from './get.ts';
import { list } from './list.ts';
import { patch } from './patch.ts';
import { createSubresource, getSubresource } from './subresource.ts';
import { checkCustom, checkRoute, reachesCustom, subresourceNotFound } from './routes.ts';
import { type Environment, methodNotAllowed, resourceNotFound, type Target } from './target.ts';
import { update } from './update.ts';
import { watch } from './watch.ts';

type VerbHandler = (target: Target) => Promise<HttpResponse>;

const verbs: Readonly<Record<Verb, VerbHandler>> = {
  get,
  list,
  watch,
  create,
  update: (target) => update(target),
  patch: (target) => patch(target),
  delete: remove,
  deletecollection: deleteCollection,
};

export class ApiHandlers {
  readonly #registry: Registry;
  readonly #environment: Environment;

  constructor(registry: Registry, environment: Environment) {
    this.#registry = registry;
    this.#environment = environment;
  }

  async handle(request: ApiRequest): Promise<HttpResponse> {
    const { info } = request;
    const store = this.#registry.store(info);
    if (store === undefined) {
      if (this.#registry.hasGroup(info)) throw resourceNotFound();
      return pageNotFound();
    }
    const { deprecation, structure, verbs: served, actsOn } = store.declaration;
    const target: Target = { request, store, environment: this.#environment };
    const isCustom = structure !== undefined;
    if (isCustom && !reachesCustom(info, store)) return pageNotFound();
    if (deprecation !== undefined && !isUnrouted(request)) request.notes.warn(deprecation);
    if (info.subresource !== '') return this.#subresource(target);
    if (isCustom) checkCustom(info, store);
    else checkRoute(request, store);
    if (served !== undefined && !served.includes(info.verb)) throw methodNotAllowed();
    if (actsOn !== undefined) return this.#act(target, actsOn);
    return verbs[info.verb as Verb](target);
  }

  #act(
    target: Target,
    { type, subresource }: Required<ResourceDeclaration>['actsOn'],
  ): Promise<HttpResponse> {
    const store = this.#registry.store(type)!;
    const postedTo = target.store.declaration.type;
    return createSubresource({ ...target, store, postedTo }, store.subresource(subresource)!);
  }

  #subresource(target: Target): Promise<HttpResponse> {
    const { request, store } = target;
    const { info } = request;
    const connected = store.connect(info.subresource);
    const subresource = store.subresource(info.subresource);
    const isThere = connected !== undefined || (subresource !== undefined && info.tail === '');
    if (!isThere) throw subresourceNotFound(info, store);
    if (store.declaration.structure === undefined) checkRoute(request, store, connected);
    else checkCustom(info, store);
    if (connected !== undefined) return connect(target, connected);
    return handleSubresource(target, subresource!);
  }
}

const isUnrouted = ({ http, info }: ApiRequest): boolean =>
  info.verb === '' || http.method === 'HEAD';

function handleSubresource(
  target: Target,
  subresource: Subresource<KubernetesObject>,
): Promise<HttpResponse> {
  const { verb } = target.request.info;
  if (!(subresource.verbs as readonly string[]).includes(verb)) throw methodNotAllowed();
  switch (verb) {
    case 'get':
      return getSubresource(target, subresource);
    case 'update':
      return update(target, subresource);
    case 'patch':
      return patch(target, subresource);
    case 'create':
      return createSubresource(target, subresource);
    default:
      throw methodNotAllowed();
  }
}
