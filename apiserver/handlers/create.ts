import type { HttpResponse } from '../../platform/net/http.ts';
import { decodeBody, type DecodedBody, expectedOf } from './body.ts';
import { writeParameters } from './options.ts';
import { checkForm, objectResponse } from './respond.ts';
import { callerOf, namespaceOf, type Target } from './target.ts';

export async function create(target: Target): Promise<HttpResponse> {
  const { request, store, environment } = target;
  const { declaration } = store;
  checkForm(request, declaration);
  const parameters = writeParameters(request.http.query, 'CreateOptions');
  const { fieldValidation } = parameters;
  const expected = expectedOf(declaration, { subresource: undefined, fieldValidation });
  const decode = (): DecodedBody => decodeBody(request.http, expected);
  const { object, warnings } = decode();
  // Told whatever becomes of it.
  for (const warning of warnings) request.notes.warn(warning);
  request.notes.noteSent(object, () => decode().object);
  const sent = { namespace: namespaceOf(target), object };
  const created = await store.create(sent, callerOf(target, parameters.dryRun));
  const answering = { request, declaration, clock: environment.clock };
  return objectResponse(answering, created, { status: 201 });
}
