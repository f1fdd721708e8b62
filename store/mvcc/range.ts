import type { KeyValue, RangeRequest, RangeResponse } from '../kv.ts';
import type { KeyIndex } from './key-index.ts';
import type { Version } from './version.ts';

/**
 * What a range found in the index: enough to know which values the answer needs.
 * Values are fetched by the caller, then {@link respond} makes the answer.
 */
export interface Selection {
  readonly versions: readonly Version[];
  readonly count: number;
  readonly more: boolean;
}

/** Reads the index at `revision`; absent: now. */
export function select(
  index: KeyIndex,
  request: RangeRequest,
  revision: number | undefined,
): Selection {
  const limit = request.limit ?? 0;
  const early = limit > 0 && !reorders(request);
  const versions: Version[] = [];
  let count = 0;
  index.visit(request, revision, (version) => {
    count++;
    if (request.countOnly === true || (early && count > limit)) return;
    if (passesFilters(request, version)) versions.push(version);
  });
  if (request.countOnly === true) return { versions, count, more: false };
  if (early) return { versions, count, more: count > limit };
  if (request.sort?.target === 'value') return { versions, count, more: false };
  sortVersions(request, versions);
  const more = limit > 0 && versions.length > limit;
  return { versions: more ? versions.slice(0, limit) : versions, count, more };
}

/** True if the answer needs values at all. */
export function wantsValues(request: RangeRequest): boolean {
  return request.keysOnly !== true || request.sort?.target === 'value';
}

/** `kvs` are the selection's pairs, in its order; with keysOnly they may lack values. */
export function respond(
  request: RangeRequest,
  selection: Selection,
  found: { readonly kvs: KeyValue[]; readonly revision: number },
): RangeResponse {
  let { kvs } = found;
  let { more } = selection;
  if (request.sort?.target === 'value' && request.countOnly !== true) {
    const sign = request.sort.order === 'ascend' ? 1 : -1;
    kvs.sort((a, b) => sign * Buffer.compare(a.value, b.value));
    const limit = request.limit ?? 0;
    more = limit > 0 && kvs.length > limit;
    if (more) kvs = kvs.slice(0, limit);
    if (request.keysOnly === true) kvs = kvs.map((kv) => ({ ...kv, value: new Uint8Array(0) }));
  }
  return { revision: found.revision, kvs, more, count: selection.count };
}

/** True if the answer is not simply the first keys of the range. */
function reorders(request: RangeRequest): boolean {
  const { sort } = request;
  const sorted = sort !== undefined && !(sort.target === 'key' && sort.order === 'ascend');
  return sorted || hasFilters(request);
}

function hasFilters(request: RangeRequest): boolean {
  return Boolean(
    request.minModRevision ||
    request.maxModRevision ||
    request.minCreateRevision ||
    request.maxCreateRevision,
  );
}

/** A bound of 0 is no bound. */
function passesFilters(request: RangeRequest, version: Version): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request;
  return !(
    (minModRevision && version.main < minModRevision) ||
    (maxModRevision && version.main > maxModRevision) ||
    (minCreateRevision && version.createRevision < minCreateRevision) ||
    (maxCreateRevision && version.createRevision > maxCreateRevision)
  );
}

/** Stable: equal targets stay in order of key. */
function sortVersions(request: RangeRequest, versions: Version[]): void {
  const { sort } = request;
  if (sort === undefined) return;
  const sign = sort.order === 'ascend' ? 1 : -1;
  switch (sort.target) {
    case 'key':
      if (sign < 0) versions.reverse();
      break;
    case 'version':
      versions.sort((a, b) => sign * (a.version - b.version));
      break;
    case 'create':
      versions.sort((a, b) => sign * (a.createRevision - b.createRevision));
      break;
    case 'mod':
      versions.sort((a, b) => sign * (a.main - b.main));
      break;
    case 'value':
      break;
  }
}
