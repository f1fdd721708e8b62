import { describe, expect, it } from 'vitest';
import { aPod } from '../../test/support/scheduling.ts';
import type { ClusterEvent } from '../framework/events.ts';
import { podInfo } from '../framework/pod-info.ts';
import { InFlight, MAX_REMEMBERED_EVENTS } from './in-flight.ts';

const event = (name: string): ClusterEvent => ({
  kind: 'AssignedPodAdd',
  pod: podInfo(aPod({ name })),
});

describe('InFlight', () => {
  it('remembers for each pod what happened since it was popped', () => {
    const inFlight = new InFlight();
    const [one, two, three] = [event('1'), event('2'), event('3')];
    inFlight.remember(one);
    inFlight.begin('a');
    inFlight.remember(two);
    inFlight.begin('b');
    inFlight.remember(three);
    expect(inFlight.eventsSince('a')).toEqual([two, three]);
    expect(inFlight.eventsSince('b')).toEqual([three]);
    inFlight.end('a');
    expect(inFlight.eventsSince('b')).toEqual([three]);
    expect(inFlight.eventsSince('a')).toEqual([]);
    inFlight.end('b');
    inFlight.begin('c');
    expect(inFlight.eventsSince('c')).toEqual([]);
  });

  it('forgets the oldest past its bound, and says so to those it concerns', () => {
    const inFlight = new InFlight();
    inFlight.begin('old');
    inFlight.remember(event('first'));
    inFlight.begin('new');
    for (let i = 0; i < MAX_REMEMBERED_EVENTS; i++) inFlight.remember(event('x'));
    expect(inFlight.eventsSince('old')).toBe('forgotten');
    expect(inFlight.eventsSince('new')).toHaveLength(MAX_REMEMBERED_EVENTS);
  });
});
