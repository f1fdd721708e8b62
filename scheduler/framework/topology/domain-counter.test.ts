import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aNode } from '../../../test/support/scheduling.ts';
import { NodeInfo } from '../node-info.ts';
import { DomainCounter } from './domain-counter.ts';
import { Domains } from './domains.ts';

const nodeIn = (slot: number, zone: string | undefined): NodeInfo => {
  const info = new NodeInfo(`n${slot}`, slot);
  info.setNode(aNode({ name: info.name, labels: zone === undefined ? {} : { zone } }));
  return info;
};
const nodes = ['a', 'a', 'b', 'c', undefined].map((zone, slot) => nodeIn(slot, zone));
const zones = new Domains('zone');
for (const each of nodes) zones.add(each);
const zoneOf = ({ node }: NodeInfo) => node.metadata.labels?.['zone'];

type Step = readonly [what: 'join' | 'leave' | 'pod' | 'gone', node: number];
const steps = fc.array(
  fc.tuple(fc.constantFrom('join', 'leave', 'pod', 'gone'), fc.nat(nodes.length - 1)),
  { maxLength: 60 },
) as fc.Arbitrary<Step[]>;

describe('DomainCounter', () => {
  it('agrees with counting anew after every step', () => {
    fc.assert(
      fc.property(steps, (history) => {
        const counter = new DomainCounter(zones);
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
          const perZone = new Map<string, number>();
          for (const [each, count] of joined) {
            const zone = zoneOf(nodes[each]!);
            if (zone !== undefined) perZone.set(zone, (perZone.get(zone) ?? 0) + count);
          }
          const counts = [...perZone.values()];
          expect(counter.domains).toBe(perZone.size);
          expect(counter.lowest).toBe(perZone.size === 0 ? undefined : Math.min(...counts));
          expect(counter.total).toBe(counts.reduce((sum, count) => sum + count, 0));
          for (const each of nodes)
            expect(counter.countAt(each)).toBe(perZone.get(zoneOf(each) ?? '') ?? 0);
        }
      }),
    );
  });

  it('leaves out nodes that are not included', () => {
    const counter = new DomainCounter(zones, ({ metadata }) => metadata.name !== 'n2');
    for (const node of nodes) counter.addNode(node, 1);
    counter.addPods(nodes[2]!, 1);
    expect([counter.domains, counter.lowest, counter.countAt(nodes[2]!)]).toEqual([2, 1, 0]);
  });
});

describe('Domains', () => {
  const moves = fc.array(
    fc.tuple(fc.nat(5), fc.constantFrom('a', 'b', 'c', 'unlabelled', 'gone')),
    { maxLength: 60 },
  );

  it.each(['zone', undefined])('of %s are those of the nodes that are there', (topologyKey) => {
    fc.assert(
      fc.property(moves, (history) => {
        const domains = new Domains(topologyKey);
        const there = new Map<number, NodeInfo>();
        for (const [slot, to] of history) {
          const before = there.get(slot);
          if (before !== undefined) domains.remove(before);
          there.delete(slot);
          if (to === 'gone') continue;
          const node = nodeIn(slot, to === 'unlabelled' ? undefined : to);
          domains.add(node);
          there.set(slot, node);
        }
        const valueOf = (node: NodeInfo) => (topologyKey === undefined ? node.name : zoneOf(node));
        for (const a of there.values()) {
          expect(domains.of(a) === undefined).toBe(valueOf(a) === undefined);
          for (const b of there.values())
            expect(domains.of(a) === domains.of(b)).toBe(valueOf(a) === valueOf(b));
        }
        // The numbers are indexes of arrays: they stay as few as the domains ever were at a time.
        for (const each of there.values()) expect(domains.of(each) ?? 0).toBeLessThan(6);
      }),
    );
  });
});
