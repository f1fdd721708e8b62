/** Regular expressions in RE2's syntax and in linear time. */
import { type Carry, matching, type Overload, overload, type Pricing } from '../overloads.ts';
import { CostLimitExceeded } from '../evaluation.ts';
import { CelError, ArrayList } from '../values.ts';
import { BoundedRegex } from './bounded-regex.ts';

/** Compiled expressions kept; most come from constants and are asked for again and again. */
const MAX_KEPT = 500;
const kept = new Map<string, BoundedRegex>();

/** Throws CelError where it is no expression, and what `carry` throws. */
export function regex(pattern: string, carry: Carry = () => {}): BoundedRegex {
  let compiled = kept.get(pattern);
  if (compiled !== undefined) return compiled;
  try {
    compiled = new BoundedRegex(pattern, carry);
  } catch (error) {
    if (error instanceof CostLimitExceeded) throw error;
    throw new CelError((error as Error).message);
  }
  if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value!);
  kept.set(pattern, compiled);
  return compiled;
}

/** Kubernetes' own functions say it in other words than cel-go's. */
function finder(pattern: string, carry: Carry): BoundedRegex {
  try {
    return regex(pattern, carry);
  } catch (error) {
    if (error instanceof CelError) throw new CelError(`Illegal regex: ${error.message}`);
    throw error;
  }
}

function found(text: string, pattern: string, carry: Carry): string {
  for (const first of finder(pattern, carry).found(text, carry)) return first;
  return '';
}

function allFound(
  text: string,
  pattern: string,
  { limit = -1n, carry }: { readonly limit?: bigint; readonly carry: Carry },
): ArrayList {
  const all: string[] = [];
  const regexp = finder(pattern, carry);
  if (limit === 0n) return new ArrayList(all);
  for (const each of regexp.found(text, carry)) {
    all.push(each);
    if (BigInt(all.length) === limit) break;
  }
  return new ArrayList(all);
}

const pricing: Pricing = { cost: matching, carries: true };
const finding: Pricing = {
  carries: true,
  cost: matching,
  size: ([size]) => ({ min: 0, max: size!.max }),
};

const test = (text: string, pattern: string, carry: Carry): boolean =>
  regex(pattern, carry).test(text, carry);

export const matches: readonly Overload[] = [
  overload('string.matches(string): bool', test, pricing),
  overload('matches(string, string): bool', test, pricing),
];

/** Kubernetes' library. */
export const regexLibrary: readonly Overload[] = [
  overload('string.find(string): string', found, finding),
  overload(
    'string.findAll(string): list(string)',
    (text: string, pattern: string, carry: Carry) => allFound(text, pattern, { carry }),
    finding,
  ),
  overload(
    'string.findAll(string, int): list(string)',
    (...[text, pattern, limit, carry]: [string, string, bigint, Carry]) =>
      allFound(text, pattern, { limit, carry }),
    finding,
  ),
];
