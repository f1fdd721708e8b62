import type { RequestInfo } from './request-info.ts';

const streams = new Set(['attach', 'exec', 'log', 'portforward', 'proxy']);

/** Requests that last as long as their client likes: no deadline, and no share of the limits. */
export function isLongRunning(info: RequestInfo): boolean {
  return info.type === 'resource' && (info.verb === 'watch' || streams.has(info.subresource));
}
