import type { HttpResponse } from '../../platform/net/http.ts';
import { collectionAsked } from './list-parameters.ts';
import { listResponse } from './respond.ts';
import type { Target } from './target.ts';

export async function list(target: Target): Promise<HttpResponse> {
  const { request, store, environment } = target;
  const { scope, parameters } = collectionAsked(target);
  const page = await store.list(scope, parameters);
  const { clock, turns } = environment;
  const answering = { request, declaration: store.declaration, clock, turns };
  return listResponse(answering, page);
}
