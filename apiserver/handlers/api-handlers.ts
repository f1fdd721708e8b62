/**
 * The verbs of the API. In: a request that the pipeline has let through, with what its path
 * names. Out: a response, or a rejection with the StatusError that the pipeline answers.
 * Nothing here knows a kind: what a resource is stands in its declaration.
 */
import type { KubernetesObject } from '../../api/meta.ts';
import type { HttpResponse } from '../../platform/http.ts';
import type { ApiRequest } from '../pipeline/api-request.ts';
import type { Verb } from '../pipeline/request-info.ts';
import type { Subresource } from '../registry/declaration.ts';
import type { Registry } from '../registry/registry.ts';
import { connect } from './connect.ts';
import { create } from './create.ts';
import { remove } from './delete.ts';
import { deleteCollection } from './deletecollection.ts';
import { get } from './get.ts';
import { list } from './list.ts';
import { patch } from './patch.ts';
import { createSubresource, getSubresource } from './subresource.ts';
import {
  type Environment,
  methodNotAllowed,
  requireNamespace,
  resourceNotFound,
  type Target,
} from './target.ts';
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

/** Verbs that are about a collection, which may span all namespaces. */
const acrossNamespaces: ReadonlySet<Verb> = new Set(['list', 'watch']);

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
    if (store === undefined) throw resourceNotFound();
    const { deprecation } = store.declaration;
    if (deprecation !== undefined) request.notes.warn(deprecation);
    const target: Target = { request, store, environment: this.#environment };
    if (!acrossNamespaces.has(info.verb)) requireNamespace(target);
    if (info.subresource !== '') {
      const connected = store.connect(info.subresource);
      if (connected !== undefined) return connect(target, connected);
      const subresource = store.subresource(info.subresource);
      if (subresource === undefined || info.tail !== '') throw resourceNotFound();
      return handleSubresource(target, subresource);
    }
    const served = store.declaration.verbs;
    if (served !== undefined && !served.includes(info.verb)) throw methodNotAllowed();
    return verbs[info.verb](target);
  }
}

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
