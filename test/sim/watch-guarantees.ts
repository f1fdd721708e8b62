/**
 * What etcd promises of watches (its document "KV API guarantees", and what its robustness tests
 * check besides), one function each: they yield what breaks the promise.
 */
import type { Event, WatchRequest } from '../../store/kv.ts';
import type { Truth } from './truth.ts';
import type { Watched } from './watchers.ts';

type Guarantee = (watched: Watched, truth: Truth) => readonly string[];

const flattened = new WeakMap<Watched, readonly Event[]>();

/** Asked for again and again, when the watch is over. */
function eventsOf(watched: Watched): readonly Event[] {
  let events = flattened.get(watched);
  if (events === undefined) {
    events = watched.batches.flatMap((batch) => batch.events);
    flattened.set(watched, events);
  }
  return events;
}

const nameOf = ({ type, kv }: Event): string => `${type} ${kv.key}@${kv.modRevision}`;

function isAskedFor(request: WatchRequest, { type, kv }: Event): boolean {
  if (type === 'put' ? request.noPut === true : request.noDelete === true) return false;
  const { key, rangeEnd } = request;
  if (rangeEnd === undefined) return kv.key === key;
  return kv.key >= key && (rangeEnd === '\0' || kv.key < rangeEnd);
}

/** What the watch should be told of revisions [from, through]. */
function expected({ request }: Watched, truth: Truth, [from, through]: [number, number]): string[] {
  const events: string[] = [];
  for (let revision = Math.max(2, from); revision <= through; revision++)
    for (const event of truth.events.get(revision) ?? [])
      if (isAskedFor(request, event)) events.push(nameOf(event));
  return events;
}

const told = (watched: Watched, [from, through]: [number, number]): string[] =>
  eventsOf(watched)
    .filter(({ kv }) => kv.modRevision >= from && kv.modRevision <= through)
    .map(nameOf);

function difference(wanted: readonly string[], got: readonly string[]): string[] {
  const names = new Set(got);
  const lacking = wanted.filter((name) => !names.has(name));
  return lacking.map((name) => `it was not told of ${name}`);
}

const guarantees: Readonly<Record<string, Guarantee>> = {
  filtered: (watched) =>
    eventsOf(watched)
      .filter((event) => !isAskedFor(watched.request, event))
      .map((event) => `${nameOf(event)} was not asked for`),

  ordered: (watched) => {
    const events = eventsOf(watched);
    return events.flatMap((event, i) => {
      const before = events[i - 1];
      const isBack = before !== undefined && before.kv.modRevision > event.kv.modRevision;
      return isBack ? [`${nameOf(event)} came after ${nameOf(before)}`] : [];
    });
  },

  unique: (watched) => {
    const seen = new Set<string>();
    const isNew = (name: string): boolean => seen.size < seen.add(name).size;
    const names = eventsOf(watched).map(nameOf);
    return names.filter((name) => !isNew(name)).map((name) => `${name} came twice`);
  },

  /** A revision's events come in one batch, all of them. */
  atomic: (watched, truth) => {
    const batches = watched.batches.map(({ events }) =>
      [...new Set(events.map(({ kv }) => kv.modRevision))].map((revision) => ({
        revision,
        got: events.filter(({ kv }) => kv.modRevision === revision).length,
      })),
    );
    return batches.flat().flatMap(({ revision, got }) => {
      const whole = expected(watched, truth, [revision, revision]).length;
      return got < whole ? [`a batch had ${got} of the ${whole} events of ${revision}`] : [];
    });
  },

  /** Nothing is left out between the first and the last event told. */
  reliable: (watched, truth) => {
    const events = eventsOf(watched);
    const [first, last] = [events[0], events.at(-1)];
    if (first === undefined || last === undefined) return [];
    const range: [number, number] = [first.kv.modRevision, last.kv.modRevision];
    return difference(expected(watched, truth, range), told(watched, range));
  },

  /** It begins with the first event at or after the revision asked for. */
  resumable: (watched, truth) => {
    const first = eventsOf(watched)[0];
    if (first === undefined) return [];
    const { modRevision } = first.kv;
    if (modRevision < watched.from) return [`${nameOf(first)} lies before ${watched.from}`];
    return difference(expected(watched, truth, [watched.from, modRevision - 1]), []);
  },

  /** A batch without events: all up to its revision has been told, nothing of it follows. */
  bookmarkable: (watched, truth) => {
    const { batches, from } = watched;
    return batches.flatMap(({ revision, events }, i) => {
      if (events.length > 0) return [];
      const before = { ...watched, batches: batches.slice(0, i) };
      const late = eventsOf({ ...watched, batches: batches.slice(i + 1) })
        .filter(({ kv }) => kv.modRevision <= revision)
        .map((event) => `${nameOf(event)} came after progress ${revision}`);
      const range: [number, number] = [from, revision];
      return [...late, ...difference(expected(watched, truth, range), told(before, range))];
    });
  },

  /** The pair before, unless it is compacted. */
  previous: (watched, truth) => {
    if (watched.request.prevKv !== true) return [];
    return watched.batches.flatMap(({ events, compactRevision }) =>
      events.flatMap((event) => {
        const { key, modRevision } = event.kv;
        const before = truth.pair(key, modRevision - 1)?.modRevision;
        const got = event.prevKv?.modRevision;
        const isCompacted = got === undefined && modRevision <= compactRevision;
        return got === before || isCompacted
          ? []
          : [`${nameOf(event)} came with ${got} as the pair before, which was ${before}`];
      }),
    );
  },

  /** Whether a put creates, and everything else it says of the pair, is so. */
  faithful: (watched, truth) =>
    eventsOf(watched).flatMap((event) => {
      const { kv, type } = event;
      const events = truth.events.get(kv.modRevision) ?? [];
      const real = events.find((each) => each.kv.key === kv.key);
      if (real === undefined || real.type !== type) return [`${nameOf(event)} never happened`];
      if (type === 'delete') return [];
      const same =
        real.kv.createRevision === kv.createRevision &&
        real.kv.version === kv.version &&
        real.kv.lease === kv.lease &&
        Buffer.compare(real.kv.value, kv.value) === 0;
      return same ? [] : [`${nameOf(event)} came with other facts`];
    }),
};

export const guaranteeNames = Object.keys(guarantees);

export function brokenGuarantees(watched: Watched, truth: Truth): string[] {
  return Object.entries(guarantees).flatMap(([name, guarantee]) =>
    guarantee(watched, truth)
      .slice(0, 3)
      .map((what) => `watch not ${name}: ${what} (${JSON.stringify(watched.request)})`),
  );
}
