import type { Field } from './header-table.ts';

const PSEUDO_FIELDS = [':method', ':scheme', ':authority', ':path'];
const COLON = ':'.charCodeAt(0);

/** Pseudo-header fields are a request's, come once each and before all others (RFC 9113, 8.3). */
export function hasRequestFields(fields: readonly Field[]): boolean {
  /** A bit for each. */
  let seen = 0;
  let isPast = false;
  for (const { name } of fields) {
    if (name.charCodeAt(0) !== COLON) {
      isPast = true;
      continue;
    }
    const at = PSEUDO_FIELDS.indexOf(name);
    if (isPast || at < 0 || (seen & (1 << at)) !== 0) return false;
    seen |= 1 << at;
  }
  return true;
}
