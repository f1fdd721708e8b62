/**
 * Regular expressions of schemas, in RE2's syntax. Its time is linear in the text, by a factor as
 * large as the expression's program, and so is what it takes to compile one: both are bounded
 * ({@link PatternWork}), for all requests wait for one that works. The engine is large, so it is
 * loaded when the first schema with a pattern is met; {@link loadPatterns} comes before all else.
 */
import { assert } from '../../platform/assert.ts';
import type { BoundedRegex } from '../cel/libraries/bounded-regex.ts';
import { isObject } from '../deep.ts';
import { excessiveRepeat, MAX_PATTERN_SIZE, patternSize } from '../pattern-size.ts';

let engine: typeof BoundedRegex | undefined;

export async function loadPatterns(): Promise<void> {
  if (engine !== undefined) return;
  engine = (await import('../cel/libraries/bounded-regex.ts')).BoundedRegex;
}

/** Instructions of all patterns of a definition, and of those that are kept compiled. */
export const MAX_PATTERNS_SIZE = 500_000;
/** About a second's. */
const MAX_WORK = 100_000_000;

class TooMuchWork extends Error {
  override readonly name = 'TooMuchWork';
}

/** What is left for matching the values of one object. */
export class PatternWork {
  #left = MAX_WORK;

  readonly carry = (weight: number): void => {
    this.#left -= weight;
    if (this.#left < 0) throw new TooMuchWork();
  };
}

/** As Go says it; undefined if the pattern is one. */
export function patternFault(pattern: string): string | undefined {
  const repeat = excessiveRepeat(pattern);
  if (repeat !== undefined) return `error parsing regexp: invalid repeat count: \`${repeat}\``;
  try {
    compiled(pattern, () => {});
    return undefined;
  } catch (error) {
    const text = (error as Error).message;
    const fault = text.startsWith('error parsing regexp') ? text : `error parsing regexp: ${text}`;
    // Go quotes what is left of the pattern: nothing.
    return fault.endsWith('trailing backslash at end of expression') ? `${fault}: \`\`` : fault;
  }
}

/** How large the programs of all patterns in a definition are, those that are the same once. */
export function patternsSize(definition: unknown): number {
  const all = new Set<string>();
  const rest: unknown[] = [definition];
  while (rest.length > 0) {
    const value = rest.pop();
    if (Array.isArray(value)) for (const each of value as unknown[]) rest.push(each);
    if (!isObject(value)) continue;
    for (const key of Object.keys(value)) {
      const part = value[key];
      if (key === 'pattern' && typeof part === 'string') all.add(part);
      else if (typeof part === 'object') rest.push(part);
    }
  }
  // Larger ones are refused one by one.
  const sizes = [...all].map(patternSize).filter((size) => size <= MAX_PATTERN_SIZE);
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Schemas share most of their patterns. */
const known = new Map<string, BoundedRegex>();
let knownSize = 0;

function compiled(pattern: string, carry: PatternWork['carry']): BoundedRegex {
  let regexp = known.get(pattern);
  if (regexp === undefined) {
    assert(engine !== undefined, 'patterns are used before they are loaded');
    regexp = new engine(pattern, carry);
    const size = patternSize(pattern);
    if (knownSize + size > MAX_PATTERNS_SIZE) {
      known.clear();
      knownSize = 0;
    }
    knownSize += size;
    known.set(pattern, regexp);
  }
  return regexp;
}

/**
 * Whether the pattern, which has no fault, occurs in the text; undefined if there is not enough
 * work left to tell.
 */
export function matchesPattern(
  pattern: string,
  text: string,
  work: PatternWork,
): boolean | undefined {
  try {
    return compiled(pattern, work.carry).test(text, work.carry);
  } catch (error) {
    if (error instanceof TooMuchWork) return undefined;
    throw error;
  }
}
