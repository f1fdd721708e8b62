/** Regular expressions in RE2's syntax and in linear time. */
import { RE2JS } from 're2js';
import { matching, type Overload, overload, type Pricing } from '../overloads.ts';
import { CelError, ArrayList } from '../values.ts';

/** Compiled expressions kept; most come from constants and are asked for again and again. */
const MAX_KEPT = 500;
const kept = new Map<string, RE2JS>();

/** Throws CelError where it is no expression. */
export function regex(pattern: string): RE2JS {
  let compiled = kept.get(pattern);
  if (compiled !== undefined) return compiled;
  try {
    compiled = RE2JS.compile(pattern);
  } catch (error) {
    throw new CelError((error as Error).message);
  }
  if (kept.size >= MAX_KEPT) kept.delete(kept.keys().next().value!);
  kept.set(pattern, compiled);
  return compiled;
}

/** Kubernetes' own functions say it in other words than cel-go's. */
function finder(pattern: string): RE2JS {
  try {
    return regex(pattern);
  } catch (error) {
    if (error instanceof CelError) throw new CelError(`Illegal regex: ${error.message}`);
    throw error;
  }
}

function found(text: string, pattern: string): string {
  const matcher = finder(pattern).matcher(text);
  return matcher.find() ? (matcher.group(0) ?? '') : '';
}

function allFound(text: string, pattern: string, limit: bigint): ArrayList {
  const all: string[] = [];
  const matcher = finder(pattern).matcher(text);
  while ((limit < 0n || BigInt(all.length) < limit) && matcher.find())
    all.push(matcher.group(0) ?? '');
  return new ArrayList(all);
}

const pricing: Pricing = { cost: matching };
const finding: Pricing = {
  cost: matching,
  size: ([size]) => ({ min: 0, max: size!.max }),
};

const test = (text: string, pattern: string): boolean => regex(pattern).matcher(text).find();

export const matches: readonly Overload[] = [
  overload('string.matches(string): bool', test, pricing),
  overload('matches(string, string): bool', test, pricing),
];

/** Kubernetes' library. */
export const regexLibrary: readonly Overload[] = [
  overload('string.find(string): string', found, finding),
  overload(
    'string.findAll(string): list(string)',
    (text: string, pattern: string) => allFound(text, pattern, -1n),
    finding,
  ),
  overload('string.findAll(string, int): list(string)', allFound, finding),
];
