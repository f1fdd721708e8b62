/** Must show of the store: etcdctl's own check passes, one member and three, ours and stock. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, succeed, tool, wherryMain } from '../test/e2e/harness.ts';
import { StoreCluster } from '../test/e2e/store-cluster.ts';

const etcdctl = tool('etcdctl');

describe.skipIf(etcdctl === undefined).each([1, 3])('%i members', (count) => {
  let cluster: StoreCluster;
  beforeAll(async () => {
    cluster = await StoreCluster.plan(['a', 'b', 'c'].slice(0, count));
    await cluster.start();
  });
  afterAll(() => cluster.stop());

  const endpoints = (): string => cluster.members.map(({ address }) => address).join();

  it.each(['s', 'm'])(
    'pass `etcdctl check perf --load %s`',
    async (load) => {
      const { stdout } = await run(
        etcdctl!,
        ['--endpoints', endpoints(), 'check', 'perf', '--load', load],
        { env: { ETCDCTL_API: '3' }, timeoutMs: 120_000 },
      );
      expect(stdout.slice(stdout.lastIndexOf('1m0s'))).toMatch(/PASS\n?$/);
    },
    150_000,
  );

  it('pass ours, and take 10,000 pairs', async () => {
    const ours = (...args: string[]): Promise<string> =>
      succeed(process.execPath, [wherryMain, 'etcdctl', '--endpoints', endpoints(), ...args]);
    expect(await ours('check', 'perf', '--load', 's', '--duration', '10')).toMatch(/PASS\n$/);
    expect(await ours('check', 'datascale')).toMatch(/^Start data scale.*\nPASS: Approximate/);
  }, 120_000);
});
