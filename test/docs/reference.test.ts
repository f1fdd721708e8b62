import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { reference } from '../../scripts/build-reference.ts';

it('docs/REFERENCE.md is what the code says; `npx tsx scripts/build-reference.ts` writes it', async () => {
  expect(readFileSync('docs/REFERENCE.md', 'utf8')).toBe(await reference());
});
