/**
 * What clients did and saw, and whether a linearizable store could have answered so.
 *
 * The revision model makes the check linear: a write's revision is its place in the one order of
 * all writes, a read's header revision says which of them it saw. So the answers must agree with
 * the store's own history at their revisions, and revisions must never go back in real time: an
 * operation that began after another ended has a place at or after it (Porcupine's condition,
 * with the order given instead of searched for).
 */
import type { Event } from '../../store/kv.ts';

export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'delete'; readonly key: string }
  | { readonly type: 'get'; readonly key: string }
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
    /** Of a get: the value read, undefined if there was none. */
    readonly value?: string | undefined;
  };
}

/** The store's own history: every revision, with its one event. */
export type Truth = ReadonlyMap<number, Event>;

const show = (observation: Observation): string => JSON.stringify(observation);

export function findings(observations: readonly Observation[], truth: Truth): string[] {
  return [
    ...contradictions(observations, truth),
    ...repeated(truth),
    ...wrongReads(observations, truth),
    ...backwards(observations, truth),
  ];
}

const textOf = (event: Event): string | undefined =>
  event.type === 'delete' ? undefined : Buffer.from(event.kv.value).toString();

/** Acknowledged writes that the history does not have. */
function contradictions(observations: readonly Observation[], truth: Truth): string[] {
  return observations.flatMap((each) => {
    const { operation, result } = each;
    if (result?.wrote !== true) return [];
    const event = truth.get(result.revision);
    const value =
      operation.type === 'put' || operation.type === 'cas' ? operation.value : undefined;
    const isThere = event?.kv.key === operation.key && textOf(event) === value;
    return isThere ? [] : [`acknowledged but not in the history: ${show(each)}`];
  });
}

/** Values are unique, so one that appears twice was applied twice. */
function repeated(truth: Truth): string[] {
  const seen = new Map<string, number>();
  const found: string[] = [];
  for (const [revision, event] of truth) {
    const value = textOf(event);
    if (value === undefined) continue;
    const before = seen.get(value);
    if (before !== undefined) found.push(`${value} was applied at ${before} and ${revision}`);
    seen.set(value, revision);
  }
  return found;
}

/** Reads and compares that disagree with the history at their revision. */
function wrongReads(observations: readonly Observation[], truth: Truth): string[] {
  const at = (key: string, revision: number): Event | undefined => {
    for (let i = revision; i > 1; i--) {
      const event = truth.get(i);
      if (event?.kv.key === key) return event;
    }
    return undefined;
  };
  const found: string[] = [];
  for (const each of observations) {
    const { operation, result } = each;
    if (result === undefined) continue;
    if (operation.type === 'get') {
      const event = at(operation.key, result.revision);
      const value = event === undefined ? undefined : textOf(event);
      if (value !== result.value) found.push(`read ${String(value)} expected: ${show(each)}`);
    } else if (operation.type === 'cas') {
      const before = at(operation.key, result.revision - (result.wrote ? 1 : 0));
      const modRevision =
        before === undefined || before.type === 'delete' ? 0 : before.kv.modRevision;
      if ((modRevision === operation.expected) !== result.wrote)
        found.push(`compared with ${modRevision}: ${show(each)}`);
    }
  }
  return found;
}

/** Operations placed before one that ended before they began. */
function backwards(observations: readonly Observation[], truth: Truth): string[] {
  const revisionOf = new Map<string, number>();
  for (const [revision, event] of truth) {
    const value = textOf(event);
    if (value !== undefined) revisionOf.set(value, revision);
  }
  const placed = observations.flatMap((each) => {
    const { operation, result } = each;
    const isPut = operation.type === 'put' || operation.type === 'cas';
    const revision = result?.revision ?? (isPut ? revisionOf.get(operation.value) : undefined);
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
