import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoreError } from '../kv.ts';
import { decodeChange, encodeChange } from './cluster-codec.ts';
import { changesConfiguration, ClusterState, type ClusterChange } from './cluster-state.ts';

const add = (id: string, isLearner = false): ClusterChange => ({
  ...{ type: 'add', id, isLearner, peerUrls: [`http://${id}:2380`] },
});
const after = (...changes: ClusterChange[]): ClusterState => {
  const state = new ClusterState();
  for (const change of changes) state.apply(change);
  return state;
};
const three = (): ClusterState => after(add('1'), add('2'), add('10'));

describe('who belongs to a cluster', () => {
  it('is listed by ID, as a number', () =>
    expect(three().members.map(({ id }) => id)).toEqual(['1', '2', '10']));

  it('votes, or learns until it is promoted', () => {
    const state = three();
    state.apply(add('4', true));
    expect(state.configuration).toEqual({ voters: ['1', '2', '10'], learners: ['4'] });
    state.apply({ type: 'promote', id: '4' });
    expect(state.configuration).toEqual({ voters: ['1', '2', '4', '10'], learners: [] });
  });

  it('has told its name and URLs, and keeps them when it is promoted', () => {
    const state = after(add('1'), add('2', true));
    const publish = { type: 'publish', id: '2', name: 'b', clientUrls: ['http://b:2379'] } as const;
    state.apply(publish);
    state.apply({ type: 'promote', id: '2' });
    expect(state.get('2')).toMatchObject({ name: 'b', clientUrls: ['http://b:2379'] });
  });

  // etcd's bug 21736.
  it('learns on when its URL is changed', () => {
    const state = after(add('1'), add('2', true));
    state.apply({ type: 'update', id: '2', peerUrls: ['http://elsewhere:2380'] });
    expect(state.get('2')).toMatchObject({ isLearner: true, peerUrls: ['http://elsewhere:2380'] });
  });

  it('is gone for good once it is removed', () => {
    const state = three();
    state.apply({ type: 'remove', id: '2' });
    expect(state.isRemoved('2')).toBe(true);
    for (const change of [add('2'), { type: 'remove', id: '2' } as const])
      expect(() => state.apply(change)).toThrow(new StoreError('memberNotFound'));
  });

  it.each<[string, ClusterChange, string]>([
    ['a member twice', add('1'), 'memberExists'],
    ['a URL of another', { ...add('9'), peerUrls: ['http://2:2380'] } as never, 'peerUrlExists'],
    ['a second learner', add('9', true), 'tooManyLearners'],
    ['to promote a voter', { type: 'promote', id: '1' }, 'memberNotLearner'],
    ['to promote nobody', { type: 'promote', id: '9' }, 'memberNotFound'],
    ['to remove nobody', { type: 'remove', id: '9' }, 'memberNotFound'],
    [
      'to move to a URL of another',
      { type: 'update', id: '1', peerUrls: ['http://2:2380'] },
      'peerUrlExists',
    ],
    ['to name nobody', { type: 'publish', id: '9', name: 'x', clientUrls: [] }, 'memberNotFound'],
  ])('does not take %s, and stays as it was', (_, change, reason) => {
    const state = three();
    state.apply(add('4', true));
    const before = state.encode();
    expect(() => state.apply(change)).toThrow(expect.objectContaining({ reason }) as Error);
    expect(state.encode()).toBe(before);
  });

  it('changes votes by additions, promotions and removals only', () => {
    const kinds = (['add', 'promote', 'remove', 'update', 'publish'] as const).filter((type) =>
      changesConfiguration({ type } as ClusterChange),
    );
    expect(kinds).toEqual(['add', 'promote', 'remove']);
  });
});

describe('changes of a cluster', () => {
  const id = fc.integer({ min: 1, max: 6 }).map(String);
  const urls = fc.array(fc.constantFrom('http://a:1', 'http://b:2'), {
    minLength: 1,
    maxLength: 2,
  });
  const change: fc.Arbitrary<ClusterChange> = fc.oneof(
    fc.record({ type: fc.constant('add' as const), id, peerUrls: urls, isLearner: fc.boolean() }),
    fc.record({ type: fc.constant('promote' as const), id }),
    fc.record({ type: fc.constant('remove' as const), id }),
    fc.record({ type: fc.constant('update' as const), id, peerUrls: urls }),
    fc.record({
      ...{ type: fc.constant('publish' as const), id },
      ...{ name: fc.string(), clientUrls: urls },
    }),
  );

  it('come back from the log as they went', () => {
    fc.assert(
      fc.property(change, fc.nat(), (each, request) => {
        expect(decodeChange(encodeChange(each, request))).toEqual(each);
      }),
    );
  });

  it('lead all members to the same, each vote by vote, snapshots in between or not', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), fc.nat(40), (changes, snapshotAt) => {
        const here = new ClusterState();
        let there = new ClusterState();
        changes.forEach((each, i) => {
          if (i === snapshotAt) there = ClusterState.decode(here.encode());
          const before = new Set(here.configuration.voters);
          for (const state of [here, there])
            try {
              state.apply(each);
            } catch (error) {
              expect(error).toBeInstanceOf(StoreError);
            }
          const now = new Set(here.configuration.voters);
          const differing = [...before, ...now].filter((one) => !before.has(one) || !now.has(one));
          expect(differing.length).toBeLessThanOrEqual(1);
          expect(here.configuration.learners.length).toBeLessThanOrEqual(1);
        });
        expect(there.encode()).toBe(here.encode());
      }),
    );
  });
});
