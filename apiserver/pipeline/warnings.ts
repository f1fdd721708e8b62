import type { Filter } from './filter.ts';

/** Adds what was warned of on the way to the answer's own warnings, refusals included. */
export const addWarnings: Filter = (next) => async (request) => {
  const response = await next(request);
  const warnings = request.notes.warnings();
  if (warnings.length === 0) return response;
  const own = response.headers['warning'];
  const all = [...(own === undefined ? [] : [own]), ...warnings.map(warningHeader)];
  return { ...response, headers: { ...response.headers, warning: all.join(', ') } };
};

/** RFC 9110 has no such code any more, but clients print 299. */
export function warningHeader(text: string): string {
  const quoted = text.replace(/[\r\n]+/g, ' ').replace(/["\\]/g, '\\$&');
  return `299 - "${quoted}"`;
}
