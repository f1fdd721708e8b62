/** Real members whose disks change what they hold: etcd's three checks, and what they lead to. */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../platform/logger.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { realEffects } from '../../platform/node/effects.ts';
import { journaled } from '../../store/engine/journal/journaled.ts';
import { openOnDisk } from '../../store/engine/on-disk.ts';
import { rot } from '../support/bit-rot.ts';
import { eventually, tool } from './harness.ts';
import { put, StoreCluster, type StoreProcess } from './store-cluster.ts';

const etcdctl = tool('etcdctl');

describe.skipIf(etcdctl === undefined)('of three members one', () => {
  let cluster: StoreCluster;
  let leader: StoreProcess;
  let rotten: StoreProcess;

  const ctl = (line: string) =>
    cluster.etcdctl(etcdctl!, [...line.split(' '), '--command-timeout=30s'], [leader]);

  const idOf = async (member: StoreProcess): Promise<bigint> => {
    const { stdout } = await ctl('member list');
    const line = stdout.split('\n').find((each) => each.includes(`, ${member.name}, `));
    return BigInt(`0x${line!.split(', ')[0]!}`);
  };

  async function rots(): Promise<void> {
    await rotten.end('SIGTERM');
    const options = { path: join(rotten.dataDir, 'member'), disk: realDisk };
    const open = journaled(openOnDisk);
    await rot(await open({ ...options, ...realEffects(silentLogger) }), 'k0');
  }

  /** A cluster with some keys; one that does not lead is going to rot. */
  async function begin(flags: readonly string[]): Promise<void> {
    await cluster.start(cluster.members, flags);
    leader = await cluster.leader(etcdctl!);
    rotten = cluster.members.find((member) => member !== leader)!;
    const kv = cluster.connect([leader]);
    for (let i = 0; i < 20; i++) await put(kv, `k${i}`);
    await kv.close();
    await cluster.level(etcdctl!);
  }

  async function alarmed(): Promise<void> {
    const expected = `memberID:${await idOf(rotten)} alarm:CORRUPT`;
    await eventually('the alarm', async () =>
      (await ctl('alarm list')).stdout.includes(expected) ? true : undefined,
    );
    const { code, stderr } = await ctl('put x y');
    expect([code, stderr]).toEqual([1, expect.stringContaining('etcdserver: corrupt cluster')]);
  }

  beforeEach(async () => {
    cluster = await StoreCluster.plan(['a', 'b', 'c']);
  });
  afterEach(() => cluster.stop());

  it('that differs is found by the leader: writes end until the alarm is disarmed', async () => {
    const flags = ['--experimental-corrupt-check-time=1s'];
    await begin(flags);
    await rots();
    rotten.start(cluster.initialCluster(), 'new', flags);
    await rotten.ready();
    await alarmed();
    const ready = await fetch(`http://${leader.address}/readyz`);
    expect(await ready.text()).toContain('[-]data_corruption failed: alarm activated: CORRUPT');
    await rotten.end('SIGKILL');
    // A check that was under way may raise it once more.
    await eventually('writes without it', async () => {
      await ctl('alarm disarm');
      return (await ctl('put x y')).stdout.includes('OK');
    });
  }, 120_000);

  it('that differs is found at a compaction', async () => {
    const flags = ['--feature-gates=CompactHashCheck=true', '--compact-hash-check-time=1s'];
    await begin(flags);
    await rots();
    rotten.start(cluster.initialCluster(), 'new', flags);
    await rotten.ready();
    await ctl('compaction 15');
    await alarmed();
  }, 120_000);

  it.each([
    '--experimental-initial-corrupt-check=true',
    '--feature-gates=InitialCorruptCheck=true',
  ])(
    'that differs does not start with %s, and one that does not differ does',
    async (flag) => {
      await begin([]);
      const whole = cluster.members.find((member) => member !== leader && member !== rotten)!;
      await whole.end('SIGTERM');
      whole.start(cluster.initialCluster(), 'new', [flag]);
      await whole.ready();
      expect(whole.output).toContain('initial corruption checking passed; no corruption');
      const id = await idOf(rotten);
      await rots();
      rotten.start(cluster.initialCluster(), 'new', [flag]);
      await eventually('it to end', async () => rotten.exitCode === 1 || undefined);
      expect(rotten.output).toMatch(
        new RegExp(`^error: ${id.toString(16)} found data inconsistency with peers$`, 'm'),
      );
      expect((await ctl('put x y')).stdout).toContain('OK');
    },
    120_000,
  );
});
