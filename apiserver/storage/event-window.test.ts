import { describe, expect, it } from 'vitest';
import { EventWindow } from './event-window.ts';
import type { StoredObject } from './stored-object.ts';
import { CacheEvent } from './watch-event.ts';

/** With so many events of so many bytes, one each revision from 1. */
function filled(
  count: number,
  { bytes = 1000, limit = 10_000 }: { bytes?: number; limit?: number } = {},
): EventWindow {
  const window = new EventWindow(limit);
  const current = { storedBytes: bytes, superseded() {} } as StoredObject;
  for (let revision = 1; revision <= count; revision++)
    window.push(new CacheEvent('a/x', { revision, current }));
  return window;
}

/** All that a watcher may start at, and what it gets then. */
const kept = (window: EventWindow): number[] =>
  window.since(window.complete).map(({ revision }) => revision);

const from = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe('events kept for watchers that start in the past', () => {
  it('are bounded in number', () => {
    expect(kept(filled(249, { limit: 200 }))).toEqual(from(1, 249));
    expect(kept(filled(250, { limit: 200 }))).toEqual(from(51, 250));
  });

  it('are bounded in bytes, but for the newest', () => {
    const bytes = 256 * 1024;
    expect(kept(filled(319, { bytes }))).toEqual(from(1, 319));
    expect(kept(filled(320, { bytes }))).toEqual(from(65, 320));
    expect(kept(filled(500, { bytes: 3 << 20 }))).toEqual(from(401, 500));
  });

  it('leave when they are old, but for the newest', () => {
    const window = filled(1_000);
    window.age(300);
    expect(kept(window)).toEqual(from(301, 1_000));
    window.age(200);
    expect(kept(window)).toEqual(from(301, 1_000));
    window.age(1_000);
    expect(kept(window)).toEqual(from(901, 1_000));
    expect(window.complete).toBe(900);
  });
});
