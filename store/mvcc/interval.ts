import { END_OF_KEYSPACE } from '../kv.ts';

/** What range, delete, watch and compare name: one key, or [key, rangeEnd). */
export interface Interval {
  readonly key: string;
  readonly rangeEnd?: string;
}

export function isSingleKey(interval: Interval): boolean {
  return interval.rangeEnd === undefined || interval.rangeEnd === '';
}

export function contains(interval: Interval, key: string): boolean {
  const { rangeEnd } = interval;
  if (rangeEnd === undefined || rangeEnd === '') return key === interval.key;
  return key >= interval.key && (rangeEnd === END_OF_KEYSPACE || key < rangeEnd);
}
