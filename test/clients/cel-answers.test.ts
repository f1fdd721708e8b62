import { expect, it } from 'vitest';
import { compared, recorded } from './cel-answers.ts';
import { any, expressions, schema, self } from './cel-expressions.ts';
import { judgeAll } from './cel-judge.ts';

/** `cel-go.long.test.ts` asks cel-go itself, where there is Go. */
it('our CEL answers as cel-go did: errors, types, values, costs and estimates', () => {
  expect(expressions.length).toBeGreaterThan(900);
  const ours = judgeAll({ schema, self, any, expressions, costLimit: 1_000_000 });
  expect(ours.map(compared)).toEqual(recorded());
});
