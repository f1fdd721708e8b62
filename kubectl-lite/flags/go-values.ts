/** Scalars as Go's strconv and time packages read them, with their messages. */

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

const unitsMs: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

/** "1h30m", "1.5s", "-1s", "0" in milliseconds. */
export function parseDuration(given: string): number {
  const match = /^([-+]?)((?:\d+(?:\.\d*)?|\.\d+)(?:h|ms|m|s|us|µs|ns))+$/.exec(given);
  if (/^[-+]?0$/.test(given)) return 0;
  if (match === null) {
    throw new Error(`time: ${whyNoDuration(given)} ${JSON.stringify(given)}`);
  }
  let total = 0;
  for (const [, amount, unit] of given.matchAll(/(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns)/g)) {
    total += Number(amount) * unitsMs[unit!]!;
  }
  return match[1] === '-' ? -total : total;
}

function whyNoDuration(given: string): string {
  for (const [, unit = ''] of given.matchAll(/[\d.]+([^\d.]*)/g)) {
    if (unit === '') return 'missing unit in duration';
    const known = Object.hasOwn(unitsMs, unit);
    if (!known) return `unknown unit ${JSON.stringify(unit)} in duration`;
  }
  return 'invalid duration';
}

/** "1h30m0s", "2m0s", "5s", "500ms": as Go prints a duration. */
export function durationText(ms: number): string {
  if (ms === 0) return '0s';
  const sign = ms < 0 ? '-' : '';
  const size = Math.abs(ms);
  if (size < 1000) return `${sign}${size}ms`;
  const hours = Math.floor(size / 3_600_000);
  const minutes = Math.floor(size / 60_000) % 60;
  const seconds = (size % 60_000) / 1000;
  const head = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : '';
  return `${sign}${head}${seconds}s`;
}
