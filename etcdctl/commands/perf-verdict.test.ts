import { describe, expect, it } from 'vitest';
import { perfVerdict } from './perf-verdict.ts';

const even = (count: number, seconds: number): number[] =>
  Array.from({ length: count }, () => seconds);
const run = { perSecond: 150, elapsedSeconds: 60, seconds: even(9000, 0.02), failures: [] };

describe('the verdict of check perf', () => {
  it("is PASS with the load carried, in etcdctl's words", () => {
    expect(perfVerdict(run)).toEqual({
      lines: [
        'PASS: Throughput is 151 writes/s',
        'PASS: Slowest request took 0.020000s',
        'PASS: Stddev is 0.000000s',
        'PASS',
      ],
      passed: true,
    });
  });

  it('fails at nine tenths of the rate, and passes above', () => {
    const at = perfVerdict({ ...run, seconds: even(8100, 0.02) });
    expect(at.lines[0]).toBe('FAIL: Throughput too low: 136 writes/s');
    expect(at.passed).toBe(false);
    expect(perfVerdict({ ...run, seconds: even(8101, 0.02) }).passed).toBe(true);
  });

  it('fails for one slow request, for uneven ones, and says which', () => {
    const slow = perfVerdict({ ...run, seconds: [...even(9000, 0.02), 0.75] });
    expect(slow.lines).toEqual([
      'PASS: Throughput is 151 writes/s',
      'Slowest request took too long: 0.750000s',
      expect.stringMatching(/^PASS: Stddev is 0\.0/),
      'FAIL',
    ]);
    const uneven = perfVerdict({ ...run, seconds: [...even(4500, 0.01), ...even(4500, 0.41)] });
    expect(uneven.lines.slice(1)).toEqual([
      'PASS: Slowest request took 0.410000s',
      'Stddev too high: 0.200000s',
      'FAIL',
    ]);
  });

  it('counts what requests were refused with', () => {
    const { lines, passed } = perfVerdict({
      ...run,
      failures: ['no space', 'timed out', 'no space'],
    });
    expect(lines.slice(0, 3)).toEqual([
      'FAIL: too many errors',
      'FAIL: ERROR(no space) -> 2',
      'FAIL: ERROR(timed out) -> 1',
    ]);
    expect(passed).toBe(false);
  });

  it('of a run without one answer is FAIL', () => {
    const { lines, passed } = perfVerdict({ ...run, seconds: [], failures: ['unavailable'] });
    expect(lines).toContain('FAIL: Throughput too low: 1 writes/s');
    expect(passed).toBe(false);
  });
});
