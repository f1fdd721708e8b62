/**
 * Hands each revision's events to the watchers they concern.
 *
 * Invariants: a watcher sees each matching event of a revision at or above its start exactly
 * once, in order, whole revisions at a time; and once {@link WatchHub.progress} announced a
 * revision to it, nothing at or below that revision follows.
 */
import { StoreError } from '../kv.ts';
import type { WatchRequest } from '../kv.ts';
import { PlainEvents, type ChangeEvent, type RevisionEvents } from './event.ts';
import { HistoryWindow } from './history-window.ts';
import { isSingleKey } from './interval.ts';
import { Watcher } from './watcher.ts';

/** One step of catching up reads at most so many revisions. */
const CATCH_UP_REVISIONS = 1000;

/** The part of history that must be read from the engine, both ends included. */
export interface HistoryRange {
  readonly from: number;
  readonly through: number;
}

/** Bounds in bytes of what one watcher lets wait, and of the recent history in memory. */
export interface WatchLimits {
  readonly watcherBytes: number;
  readonly windowBytes: number;
}

export class WatchHub {
  readonly #limits: WatchLimits;
  readonly #byKey = new Map<string, Set<Watcher>>();
  readonly #ranges = new Set<Watcher>();
  readonly #window: HistoryWindow;
  readonly plainEvents = new PlainEvents();
  /** Events that consumers have taken, since the start. */
  delivered = 0;
  #revision: number;
  #compactRevision: number;

  constructor(
    state: { readonly current: number; readonly compacted: number },
    limits: WatchLimits,
  ) {
    this.#limits = limits;
    this.#revision = state.current;
    this.#compactRevision = state.compacted;
    this.#window = new HistoryWindow(state.current, limits.windowBytes);
  }

  get size(): number {
    let size = this.#ranges.size;
    for (const watchers of this.#byKey.values()) size += watchers.size;
    return size;
  }

  get slow(): number {
    let slow = 0;
    for (const watcher of this.#all()) if (!watcher.synced) slow++;
    return slow;
  }

  /** Events that wait for their consumers. */
  get pending(): number {
    let pending = 0;
    for (const watcher of this.#all()) pending += watcher.waiting;
    return pending;
  }

  watch(request: WatchRequest, onReady: () => void): Watcher {
    const watcher = new Watcher(request, {
      currentRevision: this.#revision,
      maxBytes: this.#limits.watcherBytes,
      onReady,
    });
    this.#groupOf(watcher).add(watcher);
    return watcher;
  }

  remove(watcher: Watcher): void {
    const group = this.#groupOf(watcher);
    group.delete(watcher);
    if (group.size === 0 && isSingleKey(watcher.interval)) this.#byKey.delete(watcher.interval.key);
  }

  /** A new revision, from the commit path. */
  notify(revision: number, events: readonly ChangeEvent[]): void {
    this.#revision = revision;
    this.#window.push(revision, events);
    for (const watcher of this.#ranges) {
      if (watcher.synced) this.#offer(watcher, revision, events);
    }
    if (this.#byKey.size === 0) return;
    const concerned = new Set<Watcher>();
    for (const event of events)
      for (const watcher of this.#byKey.get(event.kv.key) ?? []) concerned.add(watcher);
    for (const watcher of concerned) this.#offer(watcher, revision, events);
  }

  #offer(watcher: Watcher, revision: number, events: readonly ChangeEvent[]): void {
    const wanted = wantedBy(watcher, events);
    if (wanted.length > 0) watcher.offer(revision, wanted);
  }

  flushed(revision: number): void {
    this.#window.flushed(revision);
  }

  /** Watchers that still needed what is compacted now find out when they read on. */
  compacted(revision: number): void {
    this.#compactRevision = revision;
    for (const watcher of this.#all())
      if (!watcher.synced && watcher.next < revision) watcher.wake();
  }

  /**
   * Moves an unsynced watcher on by one bounded step: from the window here, or by answering
   * which history to read for {@link accept}. Throws `compacted`.
   */
  catchUp(watcher: Watcher): HistoryRange | undefined {
    if (watcher.next < this.#compactRevision)
      throw new StoreError('compacted', { compactRevision: this.#compactRevision });
    const limit = Math.min(watcher.next + CATCH_UP_REVISIONS - 1, this.#revision);
    if (watcher.next < this.#window.first && watcher.next <= this.#revision)
      return { from: watcher.next, through: Math.min(limit, this.#window.first - 1) };
    while (watcher.next <= limit && !watcher.full) {
      const { revision, events } = this.#window.at(watcher.next);
      this.#enqueue(watcher, revision, events);
    }
    if (watcher.next > this.#revision) watcher.synced = true;
    return undefined;
  }

  /** Takes the history asked for: every event of the range, grouped by revision, ascending. */
  accept(watcher: Watcher, range: HistoryRange, history: readonly RevisionEvents[]): void {
    if (watcher.next < this.#compactRevision)
      throw new StoreError('compacted', { compactRevision: this.#compactRevision });
    for (const { revision, events } of history) {
      if (watcher.full) return;
      this.#enqueue(watcher, revision, events);
    }
    watcher.next = range.through + 1;
  }

  #enqueue(watcher: Watcher, revision: number, events: readonly ChangeEvent[]): void {
    const wanted = wantedBy(watcher, events);
    if (wanted.length > 0) watcher.enqueue(revision, wanted);
    watcher.next = revision + 1;
  }

  /**
   * The revision up to which the watcher has been handed everything; undefined while it is
   * behind, or has batches waiting, or its start lies further in the future.
   */
  progress(watcher: Watcher): number | undefined {
    const current = watcher.synced && watcher.idle && watcher.startRevision <= this.#revision + 1;
    return current ? this.#revision : undefined;
  }

  *#all(): Generator<Watcher> {
    yield* this.#ranges;
    for (const watchers of this.#byKey.values()) yield* watchers;
  }

  #groupOf(watcher: Watcher): Set<Watcher> {
    const { interval } = watcher;
    if (!isSingleKey(interval)) return this.#ranges;
    let group = this.#byKey.get(interval.key);
    if (group === undefined) {
      group = new Set();
      this.#byKey.set(interval.key, group);
    }
    return group;
  }
}

/** The very array if the watcher wants all of it, which is the common case. */
function wantedBy(watcher: Watcher, events: readonly ChangeEvent[]): readonly ChangeEvent[] {
  for (const event of events)
    if (!watcher.wants(event)) return events.filter((other) => watcher.wants(other));
  return events;
}
