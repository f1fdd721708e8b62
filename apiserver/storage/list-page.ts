import { type Kv, type KeyValue, prefixEnd, StoreError } from '../../store/kv.ts';
import { inTurns, type Steps, type Turns } from '../../platform/turns.ts';
import { statusError } from '../../api/status.ts';
import { type ContinueToken, decodeContinue, encodeContinue } from './continue-token.ts';
import { listAt, type ReadAt, type VersionParameters } from './list-options.ts';
import { type Scope, scopePrefix } from './predicate.ts';
import type { ResourceCache } from './resource-cache.ts';
import {
  expiredError,
  tooLargeResourceVersion,
  translated,
  translateStoreError,
} from './store-errors.ts';
import { StoredObject } from './stored-object.ts';

export interface ListPage {
  /** The collection's resourceVersion. */
  readonly revision: number;
  readonly objects: readonly StoredObject[];
  readonly continue?: string;
  /** Absent when selectors make it unknowable without reading on. */
  readonly remaining?: number;
}

/** Objects read from the store at a time when a selector may discard most of them. */
const SCAN_PAGE = 500;

const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can ' +
  'start a new list without the continue parameter, or use the continue token in this response ' +
  'to retrieve the remainder of the results. Continuing with the provided token results in an ' +
  'inconsistent list - objects that were created, modified, or deleted between the time the ' +
  'first chunk was returned and now may show up in the list.';
const LIST_EXPIRED = 'The resourceVersion for the provided list is too old.';

/** Where a list starts and which state it is about, after all rules of its parameters. */
export interface ListPlan {
  readonly at: ReadAt;
  /** First suffix; "" for the beginning. */
  readonly start: string;
  /** 0: everything. */
  readonly limit: number;
}

export function planList(parameters: VersionParameters, scope: Scope): ListPlan {
  const { continue: text, resourceVersion } = parameters;
  const { limit = 0 } = parameters;
  if (text === undefined) {
    // One object by its name has no pages, so that a limit asks for no snapshot.
    const paged = isSingle(scope) ? { ...parameters, limit: 0 } : parameters;
    // From any state a server may return everything at once, and this one does.
    return { at: listAt(paged), start: '', limit: resourceVersion === '0' ? 0 : limit };
  }
  const token: ContinueToken = decodeContinue(text, scopePrefix(scope));
  if (resourceVersion !== '' && resourceVersion !== '0')
    throw statusError(
      'BadRequest',
      'specifying resource version is not allowed when using continue',
    );
  return {
    at: token.revision < 0 ? { kind: 'newest' } : { kind: 'exact', revision: token.revision },
    start: token.start,
    limit,
  };
}

/** It is about one object of one namespace, by its name. */
const isSingle = ({ predicate, namespace }: Scope): boolean =>
  predicate?.name !== undefined && namespace !== '';

/**
 * A page of the cache's state, which is that of `revision`. A selector may have to look into every
 * object, which others do not wait for.
 */
export async function pageFromCache(
  cache: ResourceCache,
  from: { scope: Scope; plan: ListPlan; revision: number },
  turns: Turns,
): Promise<ListPage> {
  const page = await inTurns(cachePage(cache, from), turns);
  const { counts } = cache;
  counts.lists++;
  counts.returned += page.objects.length;
  return page;
}

function* cachePage(
  cache: ResourceCache,
  from: { scope: Scope; plan: ListPlan; revision: number },
): Steps<ListPage> {
  const { scope, plan, revision } = from;
  const { predicate } = scope;
  const objects: StoredObject[] = [];
  let last = '';
  for (const [suffix, object] of cache.candidates(scope, plan.start)) {
    yield;
    if (predicate?.matches(object) === false) continue;
    if (plan.limit > 0 && objects.length === plan.limit) {
      const token = { revision, start: last + '\0' };
      const page = { revision, objects, continue: encodeContinue(token, scopePrefix(scope)) };
      if (predicate !== undefined) return page;
      return { ...page, remaining: cache.countFrom(scope, suffix) };
    }
    objects.push(object);
    last = suffix;
  }
  return { revision, objects };
}

/** A page of the state of exactly `revision`, from the store's history. */
export async function pageFromStore(
  kv: Kv,
  cache: ResourceCache,
  from: { scope: Scope; plan: ListPlan; revision: number },
): Promise<ListPage> {
  const page = await storePage(kv, cache, from);
  cache.counts.storeLists++;
  cache.counts.storeReturned += page.objects.length;
  return page;
}

async function storePage(
  kv: Kv,
  cache: ResourceCache,
  from: { scope: Scope; plan: ListPlan; revision: number },
): Promise<ListPage> {
  const { scope, plan, revision } = from;
  const { predicate } = scope;
  const prefix = cache.prefix + scopePrefix(scope);
  const rangeEnd = prefixEnd(prefix);
  const size = predicate === undefined ? plan.limit : plan.limit > 0 ? SCAN_PAGE : 0;
  const objects: StoredObject[] = [];
  const only = isSingle(scope);
  let key = plan.start === '' ? prefix : cache.prefix + plan.start;
  for (;;) {
    const range = { key, rangeEnd, revision, limit: size };
    const page = await exactRange(kv, range, { scope, plan, cache });
    cache.counts.storeFetched += page.kvs.length;
    for (const [index, pair] of page.kvs.entries()) {
      const object = shared(cache, pair);
      key = pair.key + '\0';
      if (predicate !== undefined && !predicate.matches(object)) continue;
      objects.push(object);
      const rest = page.count - index - 1;
      const isFull = plan.limit > 0 && objects.length >= plan.limit;
      if (!isFull || rest === 0 || only) continue;
      const token = { revision, start: key.slice(cache.prefix.length) };
      const cut = { revision, objects, continue: encodeContinue(token, scopePrefix(scope)) };
      return predicate === undefined ? { ...cut, remaining: rest } : cut;
    }
    if (!page.more || page.kvs.length === 0) return { revision, objects };
  }
}

/** The cache's instance, when the cache still has this version: then it may be decoded already. */
function shared(cache: ResourceCache, kv: KeyValue): StoredObject {
  const cached = cache.get(kv.key.slice(cache.prefix.length));
  return cached?.revision === kv.modRevision ? cached : StoredObject.fromStore(cache.codec, kv);
}

async function exactRange(
  kv: Kv,
  range: { key: string; rangeEnd: string; revision: number; limit: number },
  of: { scope: Scope; plan: ListPlan; cache: ResourceCache },
) {
  try {
    return await kv.range(range);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.reason === 'futureRevision') {
      const { revision } = await translated(kv.range({ key: of.cache.prefix, countOnly: true }));
      throw tooLargeResourceVersion({ requested: range.revision, current: revision });
    }
    if (error.reason !== 'compacted') throw translateStoreError(error);
    if (of.plan.start === '') throw expiredError(LIST_EXPIRED);
    const token = { revision: -1, start: range.key.slice(of.cache.prefix.length) };
    throw expiredError(CONTINUE_EXPIRED, encodeContinue(token, scopePrefix(of.scope)));
  }
}
