import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap } from './heap.ts';

interface Item {
  readonly key: string;
  readonly rank: number;
}

const operation = fc.oneof(
  fc.record({
    kind: fc.constant('put' as const),
    key: fc.constantFrom(...'abcdefgh'),
    rank: fc.integer({ min: 0, max: 20 }),
  }),
  fc.record({ kind: fc.constant('remove' as const), key: fc.constantFrom(...'abcdefgh') }),
  fc.record({ kind: fc.constant('pop' as const) }),
);

describe('Heap', () => {
  it('does what a sorted list of the same items does', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const heap = new Heap<Item>({
          keyOf: ({ key }) => key,
          goesFirst: (a, b) => a.rank < b.rank,
        });
        const model = new Map<string, number>();
        const lowest = (): number | undefined =>
          model.size === 0 ? undefined : Math.min(...model.values());
        for (const step of operations) {
          switch (step.kind) {
            case 'put':
              heap.put({ key: step.key, rank: step.rank });
              model.set(step.key, step.rank);
              break;
            case 'remove':
              expect(heap.remove(step.key)?.rank).toBe(model.get(step.key));
              model.delete(step.key);
              break;
            case 'pop': {
              const popped = heap.pop();
              expect(popped?.rank).toBe(lowest());
              if (popped !== undefined) {
                expect(model.get(popped.key)).toBe(popped.rank);
                model.delete(popped.key);
              }
            }
          }
          expect(heap.size).toBe(model.size);
          expect(heap.peek()?.rank).toBe(lowest());
          for (const [key, rank] of model) expect(heap.get(key)).toEqual({ key, rank });
        }
      }),
    );
  });
});
