import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Intervals } from './intervals.ts';

const letters = 'abcdefgh';
const key = fc.constantFrom(...letters);
const range = fc.record({ key, rangeEnd: fc.constantFrom('', '\0', ...letters) });

/** The keys of a small keyspace that a range takes: every letter, and a key right after it. */
const all = [...letters].flatMap((letter) => [letter, `${letter}\0`, `${letter}z`]);
const taken = ({ key: from, rangeEnd }: { key: string; rangeEnd: string }): string[] =>
  all.filter((each) =>
    rangeEnd === '' ? each === from : each >= from && (rangeEnd === '\0' || each < rangeEnd),
  );

it('cover a request exactly if each of its keys is in some grant', () => {
  fc.assert(
    fc.property(fc.array(range, { maxLength: 5 }), range, (granted, asked) => {
      const keys = taken(asked);
      fc.pre(keys.length > 0);
      const inGrants = keys.every((each) => granted.some((grant) => taken(grant).includes(each)));
      // Only an open grant reaches keys beyond the ones listed here.
      const openly = asked.rangeEnd !== '\0' || granted.some(({ rangeEnd }) => rangeEnd === '\0');
      const covers = new Intervals(granted).covers(asked.key, asked.rangeEnd);
      expect(covers).toBe(inGrants && openly);
    }),
    { numRuns: 2000 },
  );
});
