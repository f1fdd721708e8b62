import type { HttpResponse } from '../../platform/net/http.ts';
import { success } from '../registry/errors.ts';
import { deleteOptions, warnOfDependents } from './delete-options.ts';
import { checkForm, objectResponse, plainResponse } from './respond.ts';
import { callerOf, objectAt, type Target } from './target.ts';

/** Answers the object while something keeps it; once it is gone most kinds answer a Status. */
export async function remove(target: Target): Promise<HttpResponse> {
  const { request, store, environment } = target;
  const { declaration } = store;
  checkForm(request, declaration);
  const options = deleteOptions(request);
  warnOfDependents(target, options);
  const at = objectAt(target);
  const caller = callerOf(target, options.dryRun.length > 0);
  const { object, gone } = await store.delete({ at, options }, caller);
  if (gone && !declaration.returnsDeletedObject)
    return plainResponse(request, success(declaration.type, at.name, object.value.metadata.uid));
  const answering = { request, declaration, clock: environment.clock };
  // What the deprecated way to ask for foreground deletion answers while dependents go.
  const status = !gone && options.orphanDependents === false ? 202 : 200;
  return objectResponse(answering, object, { status });
}
