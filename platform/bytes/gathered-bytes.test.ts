import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GatheredBytes } from './gathered-bytes.ts';

it('come out whole, whatever the pieces, and nobody writes into them afterwards', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 30 });
  fc.assert(
    fc.property(pieces, pieces, (first, second) => {
      const gathered = new GatheredBytes();
      for (const piece of first) gathered.add(piece);
      const all = gathered.take();
      for (const piece of second) gathered.add(piece);
      expect(gathered.length).toBe(Buffer.concat(second).length);
      expect(all.equals(Buffer.concat(first))).toBe(true);
      expect(gathered.take().equals(Buffer.concat(second))).toBe(true);
    }),
  );
});

it('take no more room than is wanted, and not twice their length', () => {
  const gathered = new GatheredBytes();
  for (let i = 0; i < 100_000; i++) gathered.add(Buffer.from([i]), 100_000);
  expect(gathered.take().buffer.byteLength).toBe(100_000);
  for (let i = 0; i < 70_000; i++) gathered.add(Buffer.from([i]));
  expect(gathered.take().buffer.byteLength).toBeLessThanOrEqual(140_000);
});
