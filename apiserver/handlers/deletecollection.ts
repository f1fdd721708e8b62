import type { HttpResponse } from '../../platform/net/http.ts';
import type { VersionParameters } from '../registry/resource-store.ts';
import { deleteOptions, warnOfDependents } from './delete-options.ts';
import { collectionAsked } from './list-parameters.ts';
import { listResponse } from './respond.ts';
import { callerOf, type Target } from './target.ts';

/** Deletes what a list with the same selectors would answer, and answers that list. */
export async function deleteCollection(target: Target): Promise<HttpResponse> {
  const { request, store, environment } = target;
  const { scope, parameters } = collectionAsked(target);
  const options = deleteOptions(request);
  warnOfDependents(target, options);
  const page = await store.deleteCollection(
    { scope, list: exactly(parameters), options },
    callerOf(target, options.dryRun.length > 0),
  );
  const { clock, turns } = environment;
  const answering = { request, declaration: store.declaration, clock, turns };
  return listResponse(answering, page);
}

/** Kubernetes reads what it deletes in pages, and those of a version are of just that one. */
function exactly(parameters: VersionParameters): VersionParameters {
  const { resourceVersion, resourceVersionMatch, continue: token } = parameters;
  const names = !['', '0'].includes(resourceVersion) && token === undefined;
  if (!names || resourceVersionMatch !== undefined) return parameters;
  return { ...parameters, resourceVersionMatch: 'Exact' };
}
