import type { HttpResponse } from '../../platform/net/http.ts';
import { listParameters } from './list-parameters.ts';
import { listResponse } from './respond.ts';
import { scopeOf } from './selectors.ts';
import type { Target } from './target.ts';

export async function list(target: Target): Promise<HttpResponse> {
  const { request, store, environment } = target;
  const page = await store.list(scopeOf(target), listParameters(request.http.query));
  const { clock, turns } = environment;
  const answering = { request, declaration: store.declaration, clock, turns };
  return listResponse(answering, page);
}
