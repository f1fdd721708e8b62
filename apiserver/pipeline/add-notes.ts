import type { Filter } from './filter.ts';
import { warningHeader } from './warnings.ts';

/** Adds what was noted on the way to the answer's own headers, refusals included. */
export const addNotes: Filter = (next) => async (request) => {
  const response = await next(request);
  const { answerHeaders } = request.notes;
  const warnings = request.notes.warnings();
  if (warnings.length === 0) {
    if (answerHeaders === undefined) return response;
    return { ...response, headers: Object.assign({}, response.headers, answerHeaders) };
  }
  const own = response.headers['warning'];
  const all = [...(own === undefined ? [] : [own]), ...warnings.map(warningHeader)];
  const headers = { ...response.headers, ...answerHeaders, warning: all.join(', ') };
  return { ...response, headers };
};
