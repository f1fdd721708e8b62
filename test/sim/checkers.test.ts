/** The checkers themselves: each finds what it is for, and nothing in a history that is right. */
import { describe, expect, it } from 'vitest';
import type { Event, KeyValue } from '../../store/kv.ts';
import { encodeRecord } from '../../store/mvcc/record.ts';
import { tombstoneOf } from '../../store/mvcc/version.ts';
import { recordKey } from '../../store/persistence/keyspace.ts';
import { findings, type Observation, type Operation } from './history.ts';
import { leaseFindings } from './lease-holders.ts';
import { Truth } from './truth.ts';
import { brokenGuarantees, guaranteeNames } from './watch-guarantees.ts';
import type { Seen, Watched } from './watchers.ts';

/** "a=1" at 2; or at 4, created at 2. */
const kv = (pair: string, modRevision: number, createRevision = modRevision): KeyValue => ({
  ...{ key: pair[0]!, value: Buffer.from(pair.slice(2)), lease: '0' },
  ...{ modRevision, createRevision, version: createRevision === modRevision ? 1 : 2 },
});
const put = (pair: KeyValue, prevKv?: KeyValue): Event => ({
  ...{ type: 'put', kv: pair },
  ...(prevKv !== undefined && { prevKv }),
});
const batch = (revision: number, ...events: Event[]): Seen => ({
  ...{ revision, events, compactRevision: 0 },
});

/** a=1 at 2, b=2 and c=2 at 3, a=3 at 4, b deleted at 5. */
const [a2, b3, c3, a4, b5] = [
  ...[kv('a=1', 2), kv('b=2', 3), kv('c=2', 3), kv('a=3', 4, 2)],
  tombstoneOf('b', 5),
] as const;
const truth = Truth.of([a2, b3, c3, a4, b5]);
const deleted: Event = { type: 'delete', kv: b5 };
const everything = { key: '\0', rangeEnd: '\0' };
const watch = (batches: readonly Seen[], request: Watched['request'] = everything): Watched => ({
  ...{ request, from: 2, batches: [...batches] },
});
const [first, second, third, last] = [
  batch(2, put(a2)),
  batch(3, put(b3), put(c3)),
  batch(4, put(a4)),
  batch(5, deleted),
] as const;

describe('the guarantees of watches', () => {
  const broken = (watched: Watched): string[] =>
    guaranteeNames.filter((name) =>
      brokenGuarantees(watched, truth).some((text) => text.startsWith(`watch not ${name}:`)),
    );

  it('are nine', () => expect(guaranteeNames).toHaveLength(9));

  it.each([
    ['all events', watch([first, second, third, last])],
    ['a beginning', watch([first, second])],
    ['progress in between', watch([first, batch(2), second, batch(3)])],
    ['one key', watch([first, third], { key: 'a' })],
    ['no deletions', watch([first, second, third], { ...everything, noDelete: true })],
    [
      'pairs before',
      watch([first, second, batch(4, put(a4, a2))], { ...everything, prevKv: true }),
    ],
  ])('hold for %s', (_, watched) => expect(brokenGuarantees(watched, truth)).toEqual([]));

  it.each([
    ['filtered', watch([first, batch(3, put(b3))], { key: 'a' })],
    ['filtered', watch([last], { ...everything, noDelete: true })],
    ['ordered', watch([second, first])],
    ['unique', watch([first, first, second])],
    ['atomic', watch([first, batch(3, put(b3)), batch(3, put(c3))])],
    ['reliable', watch([first, third])],
    ['resumable', watch([second, third])],
    ['bookmarkable', watch([batch(3), first, second])],
    ['bookmarkable', watch([first, batch(3)])],
    ['previous', watch([first, second, third], { ...everything, prevKv: true })],
    ['faithful', watch([batch(2, put(kv('a=other', 2)))])],
    ['faithful', watch([first, second, batch(4, put(kv('a=3', 4)))])],
  ])('are broken when not %s', (name, watched) => expect(broken(watched)).toContain(name));
});

describe('the book of a client', () => {
  const seen = (operation: Operation, revision: number, at = revision): Observation => ({
    ...{ client: 0, operation, began: at, ended: at + 0.5 },
    result: { revision, wrote: operation.type !== 'get' },
  });
  const get = (value: string | undefined, revision: number, at = revision): Observation => ({
    ...seen({ type: 'get', key: 'a' }, revision, at),
    result: { revision, wrote: false, values: value === undefined ? {} : { a: value } },
  });
  const write = seen({ type: 'put', key: 'a', value: '1' }, 2);

  it('is in order when reads see what was written before', () => {
    const two = seen({ type: 'putTwo', key: 'b', other: 'c', value: '2' }, 3);
    expect(findings([write, two, get('1', 3, 4), get('3', 4, 5)], truth)).toEqual([]);
  });

  it.each([
    ['acknowledged', [seen({ type: 'put', key: 'a', value: 'lost' }, 2)]],
    ['acknowledged', [seen({ type: 'putTwo', key: 'a', other: 'c', value: '1' }, 2)]],
    ['read a=old', [get('old', 3)]],
    ['compared', [seen({ type: 'cas', key: 'a', expected: 7, value: '3' }, 4)]],
    ['went back', [get('3', 4, 10), get('1', 3, 20)]],
    ['went back', [write, get(undefined, 1, 10)]],
  ])('is not when %s', (text, book) => expect(findings(book, truth).join()).toContain(text));

  it('finds members that differ, and values applied twice', () => {
    const twice = Truth.of([a2, kv('a=1', 3, 2)]);
    expect(findings([], twice).join()).toContain('applied at 2 and 3');
    const split = Truth.of([a2]);
    split.note(recordKey(2, 0), encodeRecord(kv('a=other', 2)), 1);
    expect(findings([], split).join()).toContain('members differ at revision 2.0');
  });
});

describe('the promises of leases', () => {
  const settled = { ms: 0, graceMs: 10, now: 100 };
  const held = (key: string, promisedUntil: number, abandonedAt: number | undefined = 1) => [
    { key, ttlMs: 5, promisedUntil, abandonedAt },
  ];

  it('hold for a key that goes after its time', () =>
    expect(leaseFindings(held('b', 5), truth, settled)).toEqual([]));
  it('are broken when it goes before', () =>
    expect(leaseFindings(held('b', 6), truth, settled).join()).toContain('went at 5, not 6'));
  it('are broken when it stays for ever', () =>
    expect(leaseFindings(held('a', 5), truth, settled).join()).toContain('outlives'));
});
