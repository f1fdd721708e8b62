import { statusError } from '../../api/status.ts';
import type { HttpResponse } from '../../platform/net/http.ts';
import { objectResponse } from './respond.ts';
import { objectAt, type Target } from './target.ts';

export async function get(target: Target): Promise<HttpResponse> {
  const { request, store, environment } = target;
  checkExport(request.http.query.get('export'));
  const resourceVersion = request.http.query.get('resourceVersion') ?? '';
  const object = await store.get(objectAt(target), resourceVersion);
  const answering = { request, declaration: store.declaration, clock: environment.clock };
  return objectResponse(answering, object);
}

/** Once it asked for an object without what a cluster had made of it. */
function checkExport(asked: string | null): void {
  if (asked !== null && !['false', '0'].includes(asked.toLowerCase()))
    throw statusError('BadRequest', EXPORT);
}

const EXPORT = 'the export parameter, deprecated since v1.14, is no longer supported';
