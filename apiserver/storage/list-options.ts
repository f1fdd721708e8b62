import { statusError } from '../../api/status.ts';

/** The query parameters that say which state a list or watch is about. */
export interface VersionParameters {
  /** "" when absent. */
  readonly resourceVersion: string;
  readonly resourceVersionMatch?: string | undefined;
  readonly sendInitialEvents?: boolean | undefined;
  readonly continue?: string | undefined;
  readonly limit?: number | undefined;
}

/** Which state a read is about: the newest, any, one at least that new, or exactly that one. */
export type ReadAt =
  | { readonly kind: 'newest' }
  | { readonly kind: 'any' }
  | { readonly kind: 'notOlderThan'; readonly revision: number }
  | { readonly kind: 'exact'; readonly revision: number };

/** 0 for "" and "0". What only 64 bits hold is no less far ahead for being cut. */
export function parseResourceVersion(text: string): number {
  if (text === '') return 0;
  if (!/^\d+$/.test(text) || BigInt(text) >= 2n ** 64n)
    throw statusError('BadRequest', `invalid resource version: ${notANumber(text)}`);
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}

/** Go's words. */
function notANumber(text: string): string {
  const [shown, why] = [JSON.stringify(text), /^\d+$/.test(text) ? RANGE : 'invalid syntax'];
  return `resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: ${why}`;
}

const RANGE = 'value out of range';

/** For a GET, which has no match: N means "not older than N". */
export function readAtOf(resourceVersion: string): ReadAt {
  if (resourceVersion === '') return { kind: 'newest' };
  const revision = parseResourceVersion(resourceVersion);
  return revision === 0 ? { kind: 'any' } : { kind: 'notOlderThan', revision };
}

/** The table of list semantics: resourceVersion × resourceVersionMatch × limit. */
export function listAt(parameters: VersionParameters): ReadAt {
  const { resourceVersion, resourceVersionMatch: match, limit = 0 } = parameters;
  const at = readAtOf(resourceVersion);
  if (at.kind !== 'notOlderThan') return at;
  const exact = match === 'Exact' || (match === undefined && limit > 0);
  return exact ? { kind: 'exact', revision: at.revision } : at;
}
