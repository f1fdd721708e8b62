/**
 * Our etcdctl's own checks on real members, one and three. Whether a machine carries the load is
 * no matter of a test: `npm run bench check` runs the stock tool and ours.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, succeed, wherryMain } from '../test/e2e/harness.ts';
import { StoreCluster } from '../test/e2e/store-cluster.ts';

describe.each([1, 3])('%i members', (count) => {
  let cluster: StoreCluster;
  beforeAll(async () => {
    cluster = await StoreCluster.plan(['a', 'b', 'c'].slice(0, count));
    await cluster.start();
  });
  afterAll(() => cluster.stop());

  const ours = (...args: string[]): string[] => {
    const endpoints = cluster.members.map(({ address }) => address).join();
    return [wherryMain, 'etcdctl', '--endpoints', endpoints, '--command-timeout', '60s', ...args];
  };

  it('give `check perf` a verdict, which is its exit code too', async () => {
    const args = ours('check', 'perf', '--load', 's', '--duration', '3');
    const { code, stdout } = await run(process.execPath, args, { timeoutMs: 100_000 });
    expect(stdout).toMatch(/Throughput .*\n.*Slowest request took .*\n.*Stddev .*\n(PASS|FAIL)\n$/);
    expect(stdout).not.toContain('too many errors');
    expect(code).toBe(stdout.endsWith('\nPASS\n') ? 0 : 1);
  }, 120_000);

  it('take the 10,000 pairs of `check datascale`', async () => {
    const stdout = await succeed(process.execPath, ours('check', 'datascale'), {
      timeoutMs: 170_000,
    });
    expect(stdout).toMatch(/^Start data scale.*\nPASS: Approximate/);
  }, 180_000);
});
