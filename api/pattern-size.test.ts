import { RE2JS } from 're2js';
import { expect, it } from 'vitest';
import { patternSize } from './pattern-size.ts';

it.each([
  'abc',
  '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$',
  'a{1000}',
  '(ab{10}){50}',
  '((a{10}|b){10,}c){5}',
  '[]a{2}]{3}[^]{4}]x{',
  '\\{1000}\\pL{20}(?i:x){7,9}',
])('a program is at most about twice as large as was told: %s', (pattern) => {
  const size = patternSize(pattern);
  const real = RE2JS.compile(pattern).programSize();
  expect(real).toBeLessThan(2 * size + 10);
  expect(size).toBeLessThan(3 * real + 10);
});
