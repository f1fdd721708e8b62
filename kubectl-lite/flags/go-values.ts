/** Scalars as Go's strconv and time packages read them, with their messages. */
import { parseGoDuration, UNIT_MS } from '../../platform/go-duration.ts';

const trueWords = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const falseWords = ['0', 'f', 'F', 'FALSE', 'false', 'False'];

export function parseBool(given: string): boolean {
  if (trueWords.includes(given)) return true;
  if (falseWords.includes(given)) return false;
  throw new Error(`strconv.ParseBool: parsing ${JSON.stringify(given)}: invalid syntax`);
}

export function parseInteger(given: string): number {
  if (/^[-+]?\d+$/.test(given)) {
    if (Number.isSafeInteger(Number(given))) return Number(given);
    throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(given)}: value out of range`);
  }
  throw new Error(`strconv.ParseInt: parsing ${JSON.stringify(given)}: invalid syntax`);
}

/** "1h30m", "1.5s", "-1s", "0" in milliseconds. */
export function parseDuration(given: string): number {
  const ms = parseGoDuration(given);
  if (ms === undefined) throw new Error(`time: ${whyNoDuration(given)} ${JSON.stringify(given)}`);
  return ms;
}

function whyNoDuration(given: string): string {
  for (const [, unit = ''] of given.matchAll(/[\d.]+([^\d.]*)/g)) {
    if (unit === '') return 'missing unit in duration';
    const known = Object.hasOwn(UNIT_MS, unit);
    if (!known) return `unknown unit ${JSON.stringify(unit)} in duration`;
  }
  return 'invalid duration';
}
