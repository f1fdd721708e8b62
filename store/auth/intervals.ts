import { END_OF_KEYSPACE } from '../kv.ts';

/** Half-open; without an end it takes everything at or above its start. */
interface Span {
  readonly start: string;
  readonly end: string | undefined;
}

function spanOf(key: string, rangeEnd: string | undefined): Span {
  if (rangeEnd === undefined || rangeEnd === '') return { start: key, end: `${key}\0` };
  return { start: key, end: rangeEnd === END_OF_KEYSPACE ? undefined : rangeEnd };
}

/**
 * The union of granted ranges. Neighbours that touch are one, so that a request may lie across
 * several grants.
 */
export class Intervals {
  readonly #spans: readonly Span[];

  constructor(granted: readonly { readonly key: string; readonly rangeEnd: string }[]) {
    const sorted = granted
      .map(({ key, rangeEnd }) => spanOf(key, rangeEnd))
      .sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
    const merged: Span[] = [];
    for (const span of sorted) {
      const last = merged[merged.length - 1];
      if (last === undefined || (last.end !== undefined && last.end < span.start)) {
        merged.push(span);
        continue;
      }
      if (last.end === undefined) continue;
      const end = span.end === undefined || span.end > last.end ? span.end : last.end;
      merged[merged.length - 1] = { start: last.start, end };
    }
    this.#spans = merged;
  }

  /** Whether all of the request lies inside. */
  covers(key: string, rangeEnd?: string): boolean {
    const { start, end } = spanOf(key, rangeEnd);
    for (const span of this.#spans) {
      if (span.start > start) return false;
      if (span.end === undefined) return true;
      if (start < span.end) return end !== undefined && end <= span.end;
    }
    return false;
  }
}
