/**
 * What became of a namespace, so that two clusters can be compared: names that are drawn by lot,
 * uids, times and addresses are replaced by what they stand for.
 */
import { type Place, type Seen, type SeenEvent, timesOf } from './place.ts';

/** By kind and name: the object; and the events, one line each. */
export interface Recorded {
  readonly objects: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
}

/** Of random names. Hashes are written like them, but are longer. */
const LETTERS = 'bcdfghjklmnpqrstvwxz2456789';
const QUIET_MS = 2500;
const GIVE_UP_MS = 60_000;

/** Not of interest by themselves: what every namespace has, or what is compared as a line. */
const SKIPPED = ['Event', 'Lease'];

export interface Watched {
  /** Objects outside of namespaces that belong to the scenario: "PersistentVolume/pv-1". */
  readonly also?: readonly string[];
}

async function objectsOf(place: Place, also: readonly string[]): Promise<readonly Seen[]> {
  const { client, types } = place.world;
  const { namespace } = place;
  const wanted = types.filter(({ namespaced, kind }) => namespaced && !SKIPPED.includes(kind));
  const lists = await Promise.all(wanted.map((type) => client.list(type, { namespace })));
  const more = await Promise.all(
    also.map((key) => {
      const [kind = '', name = ''] = key.split('/');
      return place.get(kind, name).catch(() => undefined);
    }),
  );
  const inside = lists.flatMap(({ items }) => items as unknown as readonly Seen[]);
  return [...inside, ...more.filter((each) => each !== undefined)];
}

/** Waits until nothing changes any more. */
async function settled(place: Place, also: readonly string[]): Promise<readonly Seen[]> {
  const until = performance.now() + GIVE_UP_MS;
  let before = '';
  let since = performance.now();
  for (;;) {
    const objects = await objectsOf(place, also);
    const events = await place.events(also);
    const versions = [...objects, ...events].map(({ metadata }) => metadata.resourceVersion).join();
    if (versions !== before) since = performance.now();
    else if (performance.now() - since > QUIET_MS) return objects;
    if (performance.now() > until) return objects;
    before = versions;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

export async function record(place: Place, { also = [] }: Watched = {}): Promise<Recorded> {
  const objects = await settled(place, also);
  const events = await place.events(also);
  const even = evener(objects, place.namespace);
  const entries = objects.map((object): [string, unknown] => {
    const value = even({ ...object, metadata: metadataOf(object) }) as Seen;
    return [`${value.kind}/${value.metadata.name}`, value];
  });
  const grouped = new Map<string, string[]>();
  for (const [key, value] of entries) {
    const text = JSON.stringify(sortKeys(value), null, 1);
    grouped.set(key, [...(grouped.get(key) ?? []), text].sort());
  }
  const named = [...grouped].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    objects: Object.fromEntries(
      named.map(([key, texts]) => [key, texts.map((text): unknown => JSON.parse(text))]),
    ),
    events: linesOf(events.map((event) => even(event) as SeenEvent)),
  };
}

interface ManagedFields {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
  readonly fieldsV1: FieldPaths;
}
type FieldPaths = { readonly [name: string]: FieldPaths };

/** How often these are written depends on how fast everybody is. */
const COUNTED_BY_WRITES = ['EndpointSlice'];

/** resourceVersion, uid and times say nothing; the owners of fields are told as lines. */
function metadataOf({ kind, metadata }: Seen): object {
  const { resourceVersion: _version, uid: _uid, generation, ...rest } = metadata;
  const { managedFields = [] } = rest as { managedFields?: readonly ManagedFields[] };
  const managers = managedFields.map(
    ({ manager, operation, subresource = '', fieldsV1 }) =>
      `${manager} ${operation} ${subresource}: ${pathsOf(fieldsV1).join(' ')}`,
  );
  const writes = COUNTED_BY_WRITES.includes(kind) ? {} : { generation };
  return { ...rest, managedFields: undefined, ...writes, managers: managers.sort() };
}

/** A time that is written anew within the same second has no new owner. */
const TIMES = ['f:lastPhaseTransitionTime'];

function pathsOf(fields: FieldPaths, above = ''): string[] {
  const names = Object.keys(fields).filter((name) => name !== '.' && !TIMES.includes(name));
  if (names.length === 0) return [above];
  return names.sort().flatMap((name) => pathsOf(fields[name]!, `${above}/${name}`));
}

/** How often these tell the same depends on how often they look. */
const CHATTY = [
  'persistentvolume-controller',
  'horizontal-pod-autoscaler',
  'taint-eviction-controller',
];

/** Their events are ours in both clusters. */
const OTHERS = ['kubelet', 'default-scheduler'];

function linesOf(events: readonly SeenEvent[]): string[] {
  const counts = new Map<string, number>();
  for (const event of events) {
    const { involvedObject: about, type, reason, message, source, action } = event;
    const who = event.reportingComponent || source?.component || '';
    if (OTHERS.includes(who)) continue;
    const where = about.fieldPath === undefined ? '' : ` ${about.fieldPath}`;
    const doing = action === undefined ? '' : ` (${action})`;
    const subject = `${about.apiVersion} ${about.kind}/${about.name}${where}`;
    const line = `${who}: ${subject} ${type} ${reason}${doing}: ${message}`;
    const times = type === 'Warning' || CHATTY.includes(who) ? Number.NaN : timesOf(event);
    counts.set(line, (counts.get(line) ?? 0) + times);
  }
  const often = (count: number): string => (Number.isNaN(count) ? 'n' : String(count));
  return [...counts].map(([line, count]) => `${often(count)} × ${line}`).sort();
}

/** Values that nobody chose, or that are another cluster's. */
const DRAWN = ['nodePort', 'resourceVersion', 'token', 'ca.crt', 'certificate'];

/** Replaces in all texts what differs between any two runs. */
function evener(objects: readonly Seen[], namespace: string): (value: unknown) => unknown {
  const names = new Map<string, string>();
  for (const { kind, metadata } of objects) {
    const { uid, name, generateName } = metadata;
    if (generateName !== undefined && !/^\d+$/.test(name.slice(generateName.length)))
      names.set(name.slice(generateName.length), '*');
    names.set(uid, `<uid of ${kind}>`);
  }
  const longestFirst = [...names].sort(([a], [b]) => b.length - a.length);
  const evenText = (text: string): string => {
    let even = text;
    for (const [from, to] of longestFirst) if (from.length > 3) even = even.replaceAll(from, to);
    return even
      .replaceAll(namespace, 'NAMESPACE')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
      .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '<uid>')
      .replace(/wherry:\/\/[0-9a-f]{64}/g, '<container>')
      .replace(/\b\d+(\/\d+ nodes are available| Preemption is not)/g, 'N$1')
      .replace(/N\/\d+ nodes/g, 'N/N nodes')
      .replace(/\bnode[123]\b/g, '<node>')
      .replace(/\b172\.18\.0\.\d+\b/g, '<address>')
      .replace(/\b10\.\d+\.\d+\.\d+\b/g, '<address>')
      .replace(new RegExp(`-(?=\\w*[${LETTERS}])[${LETTERS}]{5}\\b`, 'g'), '-*')
      .replace(/\b(Chose ")[^"]*(" arbitrarily)/, '$1<one of them>$2')
      .replace(/(multiple HPAs: )\[.*?\]/g, '$1<in any order>')
      .replace(/-----BEGIN [\s\S]*-----END [A-Z ]*-----\n?/g, '<pem>');
  };
  const even = (value: unknown): unknown => {
    if (typeof value === 'string') return evenText(value);
    if (Array.isArray(value)) return value.map(even);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, each]) =>
      DRAWN.includes(key) && typeof each !== 'object'
        ? [key, '<drawn>']
        : [evenText(key), even(each)],
    );
    return Object.fromEntries(entries) as unknown;
  };
  return even;
}

/** Kubernetes keeps the order of its lists, but for conditions and endpoints nobody relies on it. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(sortKeys);
    const typed = items.every(
      (item) =>
        typeof item === 'object' && item !== null && ('type' in item || 'addresses' in item),
    );
    const texts = (item: unknown): string => JSON.stringify(item);
    return typed ? items.sort((a, b) => (texts(a) < texts(b) ? -1 : 1)) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sortKeys(each)]));
}
