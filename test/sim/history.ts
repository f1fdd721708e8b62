/**
 * What clients did and saw, and whether a linearizable store could have answered so.
 *
 * The revision model makes the check linear: a write's revision is its place in the one order of
 * all writes, a read's header revision says which of them it saw. So the answers must agree with
 * the store's own history at their revisions, and revisions must never go back in real time: an
 * operation that began after another ended has a place at or after it (Porcupine's condition,
 * with the order given instead of searched for).
 */
import { textOf, type Truth } from './truth.ts';

export const KEYS = ['a', 'b', 'c'];

export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  /** Puts the same to two keys at once. */
  | {
      readonly type: 'putTwo';
      readonly key: string;
      readonly other: string;
      readonly value: string;
    }
  | { readonly type: 'delete'; readonly key: string }
  | { readonly type: 'get'; readonly key: string }
  /** Reads all keys. */
  | { readonly type: 'scan'; readonly key: '' }
  /** Puts if the key's modRevision is the expected one. */
  | {
      readonly type: 'cas';
      readonly key: string;
      readonly expected: number;
      readonly value: string;
    };

export interface Observation {
  readonly client: number;
  readonly operation: Operation;
  readonly began: number;
  /** Infinity for an operation whose outcome the client never learnt. */
  readonly ended: number;
  readonly result?: {
    readonly revision: number;
    /** Whether it wrote something. */
    readonly wrote: boolean;
    /** Of a read: the values, by key. */
    readonly values?: Readonly<Record<string, string>>;
  };
}

const show = (observation: Observation): string => JSON.stringify(observation);

export function findings(observations: readonly Observation[], truth: Truth): string[] {
  return [
    ...truth.problems,
    ...contradictions(observations, truth),
    ...repeated(truth),
    ...wrongReads(observations, truth),
    ...backwards(observations, truth),
  ];
}

/** What an operation leaves in the keys it writes. */
function writes(operation: Operation): readonly (readonly [key: string, value?: string])[] {
  const { type, key } = operation;
  if (type === 'delete') return [[key]];
  if (type === 'put' || type === 'cas') return [[key, operation.value]];
  if (type !== 'putTwo') return [];
  return [
    [key, operation.value],
    [operation.other, operation.value],
  ];
}

/** Acknowledged writes that the history does not have. */
function contradictions(observations: readonly Observation[], truth: Truth): string[] {
  return observations.flatMap((each) => {
    const { operation, result } = each;
    if (result?.wrote !== true) return [];
    const events = truth.events.get(result.revision) ?? [];
    const expected = writes(operation);
    const isThere =
      events.length === expected.length &&
      expected.every(([key, value]) =>
        events.some((event) => event.kv.key === key && textOf(event) === value),
      );
    return isThere ? [] : [`acknowledged but not in the history: ${show(each)}`];
  });
}

/** Values are unique, so one that appears at two revisions was applied twice. */
function repeated(truth: Truth): string[] {
  const seen = new Map<string, number>();
  const found: string[] = [];
  for (const [revision, events] of truth.events)
    for (const event of events) {
      const value = textOf(event);
      if (value === undefined) continue;
      const before = seen.get(value) ?? revision;
      if (before !== revision) found.push(`${value} was applied at ${before} and ${revision}`);
      seen.set(value, revision);
    }
  return found;
}

/** Reads and compares that disagree with the history at their revision. */
function wrongReads(observations: readonly Observation[], truth: Truth): string[] {
  return observations.flatMap((each) => {
    const { operation, result } = each;
    if (result === undefined) return [];
    if (operation.type === 'cas') {
      const before = truth.pair(operation.key, result.revision - (result.wrote ? 1 : 0));
      const modRevision = before?.modRevision ?? 0;
      const isRight = (modRevision === operation.expected) === result.wrote;
      return isRight ? [] : [`compared with ${modRevision}: ${show(each)}`];
    }
    if (result.values === undefined) return [];
    const keys = operation.type === 'scan' ? KEYS : [operation.key];
    return keys.flatMap((key) => {
      const kv = truth.pair(key, result.revision);
      const value = kv === undefined ? undefined : Buffer.from(kv.value).toString();
      const read = result.values![key];
      return value === read ? [] : [`read ${key}=${read} in place of ${value}: ${show(each)}`];
    });
  });
}

/** Operations placed before one that ended before they began. */
function backwards(observations: readonly Observation[], truth: Truth): string[] {
  const revisionOf = new Map<string, number>();
  for (const [revision, events] of truth.events)
    for (const event of events) revisionOf.set(textOf(event) ?? '', revision);
  const placed = observations.flatMap((each) => {
    const { operation, result } = each;
    const revision =
      result?.revision ?? ('value' in operation ? revisionOf.get(operation.value) : undefined);
    return revision === undefined ? [] : [{ each, revision, wrote: result?.wrote ?? true }];
  });
  const byEnd = [...placed].sort((a, b) => a.each.ended - b.each.ended);
  const byBegin = [...placed].sort((a, b) => a.each.began - b.each.began);
  const found: string[] = [];
  let newest: (typeof placed)[number] | undefined;
  let next = 0;
  for (const one of byBegin) {
    for (; next < byEnd.length && byEnd[next]!.each.ended < one.each.began; next++)
      if (newest === undefined || byEnd[next]!.revision > newest.revision) newest = byEnd[next];
    if (newest === undefined) continue;
    const least = newest.revision + (one.wrote ? 1 : 0);
    if (one.revision < least) found.push(`went back: ${show(one.each)} after ${show(newest.each)}`);
  }
  return found;
}
