/** Clients that watch, now here, now there, and write down all they were told. */
import { StoreError } from '../../store/kv.ts';
import type { Watch, WatchBatch, WatchRequest } from '../../store/kv.ts';
import type { Member } from '../../store/server/interface.ts';
import type { Actor } from './client.ts';
import type { Host } from './cluster.ts';
import { KEYS } from './history.ts';
import type { SeededRandom } from './time.ts';

export interface Seen extends WatchBatch {
  /** What the member had compacted when it told this. */
  readonly compactRevision: number;
}

/** One watch from its creation to its end. */
export interface Watched {
  readonly request: WatchRequest;
  /** The first revision it is to tell of. */
  readonly from: number;
  readonly batches: Seen[];
}

const EVERYTHING = { key: '\0', rangeEnd: '\0' };

export async function runWatcher(parts: Actor & { readonly watched: Watched[] }): Promise<void> {
  const { time, random } = parts;
  let next = 0;
  while (!parts.done()) {
    await time.sleep(random.between(1, 200));
    const hosts = parts.hosts();
    if (hosts.length === 0 || parts.done()) continue;
    const host = random.pick(hosts);
    await host.awake;
    const { member } = host;
    if (member === undefined) continue;
    const watched = begin(parts, member, next);
    if (watched === undefined) continue;
    parts.watched.push(watched.seen);
    await live(parts, host, watched.watch);
    const last = watched.seen.batches.at(-1);
    if (last !== undefined) next = last.revision + 1;
  }
}

/** Undefined if the member refuses: it learns only, or has stopped. */
function begin(
  { random }: { readonly random: SeededRandom },
  member: Member,
  next: number,
): { readonly seen: Watched; readonly watch: Watch } | undefined {
  const compactRevision = Math.max(0, member.statistics().compactRevision);
  const startRevision = random.pick([0, next, next, compactRevision, compactRevision + 3]);
  const request = {
    ...random.pick([
      EVERYTHING,
      EVERYTHING,
      { key: random.pick(KEYS) },
      { key: 'a', rangeEnd: 'c' },
    ]),
    ...{ startRevision, prevKv: random.oneIn(2) },
    ...{ noPut: random.oneIn(8), noDelete: random.oneIn(8) },
  };
  try {
    const watch = member.watch(request);
    const from = startRevision === 0 ? member.head().revision + 1 : startRevision;
    const seen: Watched = { request, from, batches: [] };
    void follow(watch, member, seen);
    return { seen, watch };
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

/** Asks for progress now and then, and leaves at last. */
async function live({ time, random, done }: Actor, host: Host, watch: Watch): Promise<void> {
  const until = time.now + random.between(50, 4000);
  while (time.now < until && !done()) {
    await time.sleep(random.between(50, 500));
    await host.awake;
    if (random.oneIn(3)) watch.requestProgress();
  }
  watch.cancel();
}

/** Resolves when the watch has ended, for whatever reason. */
export async function follow(watch: Watch, member: Member, seen: Watched): Promise<void> {
  try {
    for await (const batch of watch) {
      const { compactRevision } = member.statistics();
      seen.batches.push({ ...batch, compactRevision });
    }
  } catch (error) {
    // Compacted, or its member stopped, or its state was replaced by a snapshot.
    if (!(error instanceof StoreError)) throw error;
  }
}
