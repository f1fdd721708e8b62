import { UsageError } from '../usage-error.ts';

/** "a=1,b=2" */
export function parsePairs(given: string, what: string): Record<string, string> {
  const pairs: Record<string, string> = {};
  for (const part of given.split(',')) {
    const equals = part.indexOf('=');
    if (equals <= 0) throw new UsageError(`unexpected ${what} spec: ${part}`);
    pairs[part.slice(0, equals)] = part.slice(equals + 1);
  }
  return pairs;
}
