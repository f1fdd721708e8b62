import type { HttpResponse } from '../../platform/net/http.ts';
import { objectResponse } from './respond.ts';
import { objectAt, type Target } from './target.ts';

export async function get(target: Target): Promise<HttpResponse> {
  const { request, store, environment } = target;
  const resourceVersion = request.http.query.get('resourceVersion') ?? '';
  const object = await store.get(objectAt(target), resourceVersion);
  const answering = { request, declaration: store.declaration, clock: environment.clock };
  return objectResponse(answering, object);
}
