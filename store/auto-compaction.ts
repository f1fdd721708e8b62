/**
 * etcd's --auto-compaction-mode: forgets old revisions by itself. Off by default, and best left
 * so under an API server, which compacts for itself.
 */
import type { Clock, Timer } from '../platform/clock.ts';
import type { Running } from '../platform/lifecycle.ts';
import type { Logger } from '../platform/logger.ts';
import { StoreError } from './kv.ts';

export type AutoCompaction =
  | { readonly mode: 'periodic'; readonly retentionMs: number }
  | { readonly mode: 'revision'; readonly retention: number };

/** The store as compaction sees it. */
export interface Compactable {
  head(): { readonly revision: number };
  compact(revision: number): Promise<void>;
}

/** How often revision mode looks. */
const REVISION_INTERVAL_MS = 5 * 60_000;
/** Samples of the revision that periodic mode keeps over its retention. */
const SAMPLES = 10;

export function startAutoCompaction(
  store: Compactable,
  policy: AutoCompaction,
  effects: { readonly clock: Clock; readonly logger: Logger },
): Running {
  const { clock, logger } = effects;
  const periodic = policy.mode === 'periodic';
  const intervalMs = periodic ? policy.retentionMs / SAMPLES : REVISION_INTERVAL_MS;
  /** Revisions at the last ticks, oldest first; periodic mode compacts to the oldest. */
  const samples: number[] = [];
  let compacted = 0;
  let timer: Timer | undefined;

  const target = (): number => {
    const { revision } = store.head();
    if (!periodic) return revision - policy.retention;
    samples.push(revision);
    return samples.length > SAMPLES ? samples.shift()! : 0;
  };
  const tick = async (): Promise<void> => {
    const revision = target();
    if (revision <= compacted || revision < 1) return;
    try {
      await store.compact(revision);
      compacted = revision;
      logger.info({ revision }, 'compacted automatically');
    } catch (error) {
      // A client was faster, or the store is stopping: the next tick tries again.
      if (!(error instanceof StoreError)) throw error;
      logger.warn({ revision, reason: error.message }, 'automatic compaction failed');
    }
  };
  const arm = (): void => {
    timer = clock.after(intervalMs, () => {
      void tick();
      arm();
    });
  };
  arm();
  return {
    stop: () => {
      timer?.cancel();
      return Promise.resolve();
    },
  };
}
