/** What cel-go answered, and what of it is compared. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer } from './cel-judge.ts';

export const answersFile = join(import.meta.dirname, 'cel-go', 'answers.jsonl');

export function recorded(): object[] {
  const lines = readFileSync(answersFile, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as object);
}

/** Beyond this, both say that nothing bounds it. */
const UNBOUNDED = 1e15;

const bounded = (estimate: number): number | 'unbounded' =>
  estimate > UNBOUNDED ? 'unbounded' : estimate;

/** The types of empty things are inferred from later uses, or from the first overload. */
const otherTypes = new Set([
  'optional.none().orValue(3)',
  'optional.none().or(optional.of(2))',
  '[].sum()',
  '[].max()',
]);

/** Something failed in them and was not needed: what it cost is counted differently. */
const absorbed = new Set([
  '1 / 0 == 1 && false',
  '1 / 0 == 1 || true',
  '[0, 1].exists(x, 1 / x == 1)',
  '[0, 1].all(x, 1 / x == 2)',
]);

/** What matters of an answer: a run that failed is charged differently. */
export function compared(answer: Answer): object {
  const { expression, fault, error, value, type, cost, estimate } = answer;
  if (fault !== undefined) return { expression, fault };
  const compiled = {
    expression,
    ...(otherTypes.has(expression) ? {} : { type }),
    estimate: bounded(estimate),
  };
  if (error !== undefined) return { ...compiled, error };
  return absorbed.has(expression) ? { ...compiled, value } : { ...compiled, value, cost };
}
