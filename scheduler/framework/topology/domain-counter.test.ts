import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aNode } from '../../../test/support/scheduling.ts';
import { DomainCounter } from './domain-counter.ts';

const nodes = ['a', 'a', 'b', 'c', undefined].map((zone, i) =>
  aNode({ name: `n${i}`, labels: zone === undefined ? {} : { zone } }),
);

type Step = readonly [what: 'join' | 'leave' | 'pod' | 'gone', node: number];
const steps = fc.array(
  fc.tuple(fc.constantFrom('join', 'leave', 'pod', 'gone'), fc.nat(nodes.length - 1)),
  { maxLength: 60 },
) as fc.Arbitrary<Step[]>;

describe('DomainCounter', () => {
  it('agrees with counting anew after every step', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const counter = new DomainCounter({ topologyKey: 'zone' });
        const joined = new Map<number, number>();
        for (const [what, i] of history) {
          const node = nodes[i]!;
          const pods = joined.get(i);
          if (what === 'join' && pods === undefined) {
            joined.set(i, 2);
            counter.addNode(node, 2);
          } else if (what === 'leave' && pods !== undefined) {
            joined.delete(i);
            counter.removeNode(node, pods);
          } else if (what === 'pod' && pods !== undefined) {
            joined.set(i, pods + 1);
            counter.addPods(node, 1);
          } else if (what === 'gone' && pods) {
            joined.set(i, pods - 1);
            counter.addPods(node, -1);
          }
          const zones = new Map<string, number>();
          for (const [each, count] of joined) {
            const zone = nodes[each]!.metadata.labels?.['zone'];
            if (zone !== undefined) zones.set(zone, (zones.get(zone) ?? 0) + count);
          }
          const counts = [...zones.values()];
          expect(counter.domains).toBe(zones.size);
          expect(counter.lowest).toBe(zones.size === 0 ? undefined : Math.min(...counts));
          expect(counter.total).toBe(counts.reduce((sum, count) => sum + count, 0));
          for (const each of nodes)
            expect(counter.countAt(each)).toBe(
              zones.get(each.metadata.labels?.['zone'] ?? '') ?? 0,
            );
        }
      }),
    );
  });

  it('leaves out nodes that are not included', () => {
    const counter = new DomainCounter({
      topologyKey: 'zone',
      includes: ({ metadata }) => metadata.name !== 'n2',
    });
    for (const node of nodes) counter.addNode(node, 1);
    counter.addPods(nodes[2]!, 1);
    expect([counter.domains, counter.lowest, counter.countAt(nodes[2]!)]).toEqual([2, 1, 0]);
  });
});
