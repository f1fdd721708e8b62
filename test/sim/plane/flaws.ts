/**
 * Bugs planted to prove that the checks find them. Each is a switch of the tests, at the place
 * where such a bug would be made; none is in the product.
 */
import { Expectations } from '../../../client/expectations.ts';
import type { HttpRequest } from '../../../platform/net/http.ts';
import { Cache } from '../../../scheduler/cache/cache.ts';

/**
 * - `doubleCreate`: controllers begin on whatever state the server has at hand, and do not wait
 *   for what they themselves have created: after a restart they create it again.
 * - `missedExpectation`: controllers do not wait for their cache to show what they have done.
 * - `blindBind`: what a write of a pod is based on is not compared: two may bind it.
 * - `forgetfulScheduler`: what was placed a moment ago does not count until a watch tells.
 */
export type Flaw = 'doubleCreate' | 'missedExpectation' | 'blindBind' | 'forgetfulScheduler';

/** Puts the bug in; what it returns takes it out again. */
export function plant(flaw: Flaw | undefined): () => void {
  switch (flaw) {
    case 'missedExpectation':
      return swap(Expectations.prototype, 'satisfied', () => true);
    case 'forgetfulScheduler':
      return swap(Cache.prototype, 'assume', () => {});
    default:
      return () => {};
  }
}

function swap<T extends object, K extends keyof T>(target: T, name: K, bug: T[K]): () => void {
  const sound = target[name];
  target[name] = bug;
  return () => {
    target[name] = sound;
  };
}

/** What a planted bug makes of a controller's requests. */
export function rewriteOf(
  flaw: Flaw | undefined,
): ((request: HttpRequest) => HttpRequest) | undefined {
  if (flaw !== 'doubleCreate') return undefined;
  return (request) => {
    if (request.method !== 'GET' || request.query.get('watch') === 'true') return request;
    const query = new URLSearchParams(request.query);
    query.delete('limit');
    if (!query.has('continue')) query.set('resourceVersion', '0');
    return { ...request, query };
  };
}
