import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import type { HttpResponse } from '../../platform/net/http.ts';
import type { Subresource } from '../registry/declaration.ts';
import { type Body, decodeBody, type DecodedBody, expectedOf } from './body.ts';
import { checkName } from '../registry/named.ts';
import { statusAlone } from './status-alone.ts';
import { writeParameters } from './options.ts';
import { checkChangedForm, updatedResponse } from './subresource.ts';
import { callerOf, objectAt, type Target } from './target.ts';

/** PUT of an object, or of the view that a subresource gives of it. */
export async function update(
  target: Target,
  subresource?: Subresource<KubernetesObject>,
): Promise<HttpResponse> {
  const { request, store } = target;
  checkChangedForm(target, subresource);
  const parameters = writeParameters(request.http.query, 'UpdateOptions');
  const at = objectAt(target);
  const { fieldValidation } = parameters;
  const expected = expectedOf(store.declaration, { subresource, fieldValidation });
  const decode = (of: Body): DecodedBody => decodeBody(of, expected);
  const alone = statusAlone(request.http, subresource);
  const first = decode(alone?.body ?? request.http);
  for (const warning of first.warnings) request.notes.warn(warning);
  checkName(first.object, at);
  request.notes.noteSent(first.object, () => decode(request.http).object);
  // The registry changes what it is given; each further attempt gets a fresh object.
  let unused: Mutable<KubernetesObject> | undefined = first.object;
  const sent = (current: KubernetesObject | undefined): Mutable<KubernetesObject> => {
    const object = (alone?.fits(current) ?? true) ? unused : undefined;
    unused = undefined;
    return object ?? decode(request.http).object;
  };
  const caller = callerOf(target, parameters.dryRun);
  const change = { at, sent, subresource, isPart: alone?.fits, creates: 'ifKindAllows' } as const;
  const updated = await store.update(change, caller);
  return updatedResponse(target, updated, subresource);
}
