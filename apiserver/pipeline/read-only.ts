import type { RequestInfo } from './request-info.ts';

const reads = new Set(['get', 'list', 'watch', 'head', 'options']);

export function isReadOnly(info: RequestInfo): boolean {
  return reads.has(info.verb);
}
