import type { HttpResponse } from '../../platform/net/http.ts';
import { deleteOptions, warnOfDependents } from './delete-options.ts';
import { checkDeleteOptions } from '../registry/delete.ts';
import { listParameters } from './list-parameters.ts';
import { listResponse } from './respond.ts';
import { scopeOf } from './selectors.ts';
import { callerOf, type Target } from './target.ts';

/** Deletes what a list with the same selectors would answer, and answers that list. */
export async function deleteCollection(target: Target): Promise<HttpResponse> {
  const { request, store, environment } = target;
  const options = deleteOptions(request.http);
  checkDeleteOptions(options);
  warnOfDependents(target, options);
  const page = await store.deleteCollection(
    { scope: scopeOf(target), list: listParameters(request.http.query), options },
    callerOf(target, options.dryRun.length > 0),
  );
  const { clock, turns } = environment;
  const answering = { request, declaration: store.declaration, clock, turns };
  return listResponse(answering, page);
}
