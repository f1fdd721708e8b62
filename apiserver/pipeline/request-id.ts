import { type Random, uuid } from '../../platform/random.ts';
import type { Filter } from './filter.ts';

/** kube-apiserver cuts longer ids off. */
const MAX_ID_LENGTH = 64;

/**
 * Gives each request an id, the client's own if it sent one, and answers it as Audit-Id. Also
 * tells proxies to keep nothing: what is answered depends on who asks.
 */
export function requestId(random: Random): Filter {
  return (next) => async (request) => {
    const sent = request.http.headers['audit-id']?.slice(0, MAX_ID_LENGTH);
    const auditId = sent === undefined || sent === '' ? uuid(random, 'audit id') : sent;
    const response = await next({ ...request, auditId });
    const common = { 'audit-id': auditId, 'cache-control': 'no-cache, private' };
    return { ...response, headers: { ...common, ...response.headers } };
  };
}
