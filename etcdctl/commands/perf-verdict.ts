/** What `check perf` says of a run: etcdctl's limits, order and words. */

export interface PerfRun {
  /** Writes per second that were asked for. */
  readonly perSecond: number;
  readonly elapsedSeconds: number;
  /** How long each write took that was answered. */
  readonly seconds: readonly number[];
  /** What the others were refused with. */
  readonly failures: readonly string[];
}

export interface PerfVerdict {
  readonly lines: readonly string[];
  readonly passed: boolean;
}

/** More than this share of the rate asked for. */
const MIN_SHARE = 0.9;
const MAX_SECONDS = 0.5;
const MAX_DEVIATION_SECONDS = 0.1;

function deviation(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

function countedFailures(failures: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const text of failures) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, count]) => `FAIL: ERROR(${text}) -> ${count}`);
}

export function perfVerdict({ perSecond, elapsedSeconds, seconds, failures }: PerfRun) {
  const lines: string[] = [];
  let passed = failures.length === 0;
  if (!passed) lines.push('FAIL: too many errors', ...countedFailures(failures));
  const check = (isGood: boolean, good: string, bad: string): void => {
    lines.push(isGood ? `PASS: ${good}` : bad);
    passed &&= isGood;
  };
  const rate = seconds.length / elapsedSeconds;
  const shownRate = `${Math.floor(rate) + 1} writes/s`;
  const isFastEnough = rate / perSecond > MIN_SHARE;
  check(isFastEnough, `Throughput is ${shownRate}`, `FAIL: Throughput too low: ${shownRate}`);
  const slowest = seconds.reduce((most, each) => Math.max(most, each), 0);
  const took = `${slowest.toFixed(6)}s`;
  const isPrompt = slowest <= MAX_SECONDS;
  check(isPrompt, `Slowest request took ${took}`, `Slowest request took too long: ${took}`);
  const spread = deviation(seconds);
  const isEven = spread <= MAX_DEVIATION_SECONDS;
  check(isEven, `Stddev is ${spread.toFixed(6)}s`, `Stddev too high: ${spread.toFixed(6)}s`);
  lines.push(passed ? 'PASS' : 'FAIL');
  return { lines, passed } satisfies PerfVerdict;
}
