import { deepCopy } from '../../api/deep.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import { otherNamespaceError, statusError } from '../../api/status.ts';
import type { DeleteOptions, Status } from '../../api/types/meta-v1.ts';
import type { HttpResponse } from '../../platform/net/http.ts';
import type { Subresource } from '../registry/declaration.ts';
import type { ObjectAt } from '../registry/resource-context.ts';
import type { Updated } from '../registry/resource-store.ts';
import { decodeBody, type DecodedBody, expectedOf } from './body.ts';
import { writeParameters } from './options.ts';
import { checkForm, objectResponse, plainResponse, viewResponse } from './respond.ts';
import { callerOf, namespaceOf, objectAt, type Target } from './target.ts';

type AnySubresource = Subresource<KubernetesObject>;

/** GET of the view that a subresource gives of its parent. */
export async function getSubresource(
  target: Target,
  subresource: AnySubresource,
): Promise<HttpResponse> {
  const { request, store, environment } = target;
  const resourceVersion = request.http.query.get('resourceVersion') ?? '';
  const parent = await store.get(objectAt(target), resourceVersion);
  const answering = { request, declaration: store.declaration, clock: environment.clock };
  const view = viewOf(parent.value, subresource);
  if (view !== undefined) return viewResponse(answering, view);
  return objectResponse(answering, parent);
}

/**
 * POST of an object that acts on its parent: a Binding, an Eviction. Where the path does not name
 * the parent, the object's name does.
 */
export async function createSubresource(
  target: Target,
  subresource: AnySubresource,
): Promise<HttpResponse> {
  const { request, store } = target;
  checkForm(request, { type: subresource.kind ?? store.declaration.type });
  const parameters = writeParameters(request.http.query, 'CreateOptions');
  const { fieldValidation } = parameters;
  const expected = expectedOf(store.declaration, { subresource, fieldValidation });
  const decode = (): DecodedBody => decodeBody(request.http, expected);
  const { object: sent, warnings } = decode();
  for (const warning of warnings) request.notes.warn(warning);
  request.notes.noteSent(sent, () => decode().object);
  const at = parentOf(target, sent);
  const { namespace } = sent.metadata;
  if (namespace && namespace !== at.namespace) throw otherNamespaceError();
  if (subresource.answers === undefined && sent.metadata.name !== at.name) {
    const kind = subresource.kind?.kind ?? store.declaration.type.kind;
    throw statusError('BadRequest', `name in URL does not match name in ${kind} object`);
  }
  if (subresource.answers !== undefined) {
    const caller = callerOf(target, parameters.dryRun);
    const body = await store.answer({ at, subresource, sent }, caller);
    return plainResponse(request, body, { status: 201 });
  }
  const posted = sent as KubernetesObject;
  let result: KubernetesObject;
  if (subresource.deletesParent) {
    const { deleteOptions = {} } = posted as { deleteOptions?: DeleteOptions };
    const dryRun = parameters.dryRun || (deleteOptions.dryRun?.length ?? 0) > 0;
    const deletion = { at, options: deleteOptions, subresource, sent: posted };
    const { object } = await store.delete(deletion, callerOf(target, dryRun));
    result = object.value;
  } else {
    const caller = callerOf(target, parameters.dryRun);
    const { object } = await store.update(
      { at, sent: () => deepCopy(sent), subresource, creates: 'never' },
      caller,
    );
    result = object.value;
  }
  const body =
    subresource.answer === 'parent' ? result : subresource.answer === 'sent' ? posted : created();
  return plainResponse(request, body, { status: 201 });
}

function parentOf(target: Target, { metadata }: Mutable<KubernetesObject>): ObjectAt {
  if (target.request.info.name !== '') return objectAt(target);
  const { name = '' } = metadata;
  if (name === '') throw statusError('BadRequest', 'Name parameter required.');
  // It is no precondition here: Kubernetes drops it from all that is posted to a collection.
  delete metadata.uid;
  return { namespace: namespaceOf(target), name };
}

function viewOf(parent: KubernetesObject, subresource: AnySubresource | undefined) {
  const value = subresource?.read?.(parent);
  return value === undefined ? undefined : { value, printer: subresource?.printer };
}

function created(): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
}

/** Throws 406 before a PUT or PATCH whose answer could not be told. */
export function checkChangedForm(
  { request, store: { declaration } }: Target,
  subresource: AnySubresource | undefined,
): void {
  const type = subresource?.read === undefined ? undefined : subresource.kind;
  checkForm(request, type === undefined ? declaration : { type });
}

/** The answer of a PUT or PATCH: the object, or the subresource's view of it. */
export function updatedResponse(
  target: Target,
  updated: Updated,
  subresource: AnySubresource | undefined,
): HttpResponse {
  const { request, store, environment } = target;
  const status = updated.created ? 201 : 200;
  const answering = { request, declaration: store.declaration, clock: environment.clock };
  const view = viewOf(updated.object.value, subresource);
  if (view !== undefined) return viewResponse(answering, view, { status });
  return objectResponse(answering, updated.object, { status });
}
