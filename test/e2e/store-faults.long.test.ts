/** Three real members, real faults, and clients writing all the while. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Kv } from '../../store/kv.ts';
import { eventually, tool } from './harness.ts';
import { PeerNetwork } from './peer-network.ts';
import { load, missing, put, StoreCluster } from './store-cluster.ts';
import type { StoreProcess } from './store-cluster.ts';

const etcdctl = tool('etcdctl');
const SECOND = 1000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Small, so that it fills up soon; undefined where this process may not mount. */
function smallDisk(folder: string): { grow(): void; remove(): void } | undefined {
  const mount = (...args: string[]): void => void execFileSync('mount', args, { stdio: 'ignore' });
  try {
    mount('-t', 'tmpfs', '-o', 'size=24m', 'wherry-test', folder);
  } catch {
    return undefined;
  }
  return {
    grow: () => mount('-o', 'remount,size=512m', folder),
    remove: () => void execFileSync('umount', ['-l', folder]),
  };
}

describe.skipIf(etcdctl === undefined)('three members under load', () => {
  let cluster: StoreCluster;
  let kv: Kv;

  const others = (member: StoreProcess): StoreProcess[] =>
    cluster.members.filter((each) => each !== member);
  const leader = (among?: readonly StoreProcess[]): Promise<StoreProcess> =>
    cluster.leader(etcdctl!, among);
  const read = async (member: StoreProcess, key: string, ...flags: string[]): Promise<string> => {
    const args = ['get', key, '--print-value-only', '--command-timeout', '3s', ...flags];
    const { code, stdout, stderr } = await cluster.etcdctl(etcdctl!, args, [member]);
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  };

  beforeEach(async () => {
    cluster = await StoreCluster.plan(['a', 'b', 'c']);
  });
  afterEach(async () => {
    await kv.close();
    await cluster.stop();
  });

  describe('whose processes are killed', () => {
    beforeEach(async () => {
      await cluster.start(cluster.members, ['--snapshot-count', '500']);
      kv = cluster.connect();
    });

    it('lose nothing acknowledged when leaders die one after another, then all at once', async () => {
      const writing = load(kv, 'load');
      for (let round = 0; round < 4; round++) {
        const dying = await leader();
        await dying.end('SIGKILL');
        await writing.progress();
        dying.start(cluster.initialCluster());
        await dying.ready();
      }
      await Promise.all(cluster.members.map((member) => member.end('SIGKILL')));
      const acknowledged = await writing.end();
      await cluster.start();
      expect(await missing(kv, acknowledged)).toEqual([]);
      await cluster.level(etcdctl!);
    }, 120_000);

    it('read nothing stale from a leader that slept while another was elected', async () => {
      await put(kv, 'x', 'old');
      const asleep = await leader();
      asleep.signal('SIGSTOP');
      const awake = cluster.connect(others(asleep));
      await put(awake, 'x', 'new');
      // The question reaches it before it can hear of its successor.
      const asked = read(asleep, 'x').catch(() => 'refused');
      await pause(SECOND / 2);
      asleep.signal('SIGCONT');
      expect(await asked).not.toBe('old');
      await eventually('it to serve', async () => (await read(asleep, 'x')) === 'new');
      await awake.close();
      await cluster.level(etcdctl!);
    }, 60_000);

    it('go on without one that sleeps for long', async () => {
      const asleep = await leader();
      const writing = load(cluster.connect(others(asleep)), 'load');
      asleep.signal('SIGSTOP');
      await writing.progress();
      await pause(8 * SECOND);
      await writing.progress();
      asleep.signal('SIGCONT');
      const acknowledged = await writing.end();
      await cluster.level(etcdctl!);
      expect(await missing(kv, acknowledged)).toEqual([]);
    }, 60_000);
  });

  describe('whose network is cut', () => {
    let network: PeerNetwork;

    beforeEach(async () => {
      network = await PeerNetwork.between(cluster.members);
      await cluster.start(cluster.members, ['--snapshot-count', '500']);
      kv = cluster.connect();
    });
    afterEach(() => network.stop());

    it('go on in the majority; the leader that was cut off confirms and reads nothing', async () => {
      await put(kv, 'x', 'old');
      const alone = await leader();
      const majority = cluster.connect(others(alone));
      network.isolate(alone);
      const writing = load(majority, 'load');
      await writing.progress();
      await put(majority, 'x', 'new');
      await expect(read(alone, 'x')).rejects.toThrow();
      expect(await read(alone, 'x', '--consistency=s')).toBe('old');
      const written = await cluster.etcdctl(
        etcdctl!,
        ['put', 'y', 'z', '--command-timeout', '3s'],
        [alone],
      );
      expect(written.code).not.toBe(0);
      network.heal();
      await eventually('it to have caught up', async () => (await read(alone, 'x')) === 'new');
      const acknowledged = await writing.end();
      await cluster.level(etcdctl!);
      expect(await missing(kv, acknowledged)).toEqual([]);
      await majority.close();
    }, 120_000);

    it('do not elect anew when one comes back that was cut off', async () => {
      const before = await leader();
      const [alone] = others(before);
      network.isolate(alone!);
      const rest = cluster.connect(others(alone!));
      const writing = load(rest, 'load');
      await pause(8 * SECOND);
      network.heal();
      await eventually('it to have caught up', async () => (await read(alone!, 'load/0/0')) !== '');
      const acknowledged = await writing.end();
      expect(await leader()).toBe(before);
      await cluster.level(etcdctl!);
      expect(await missing(kv, acknowledged)).toEqual([]);
      await rest.close();
    }, 60_000);

    it('stand still without any majority, and go on with it', async () => {
      const writing = load(kv, 'load');
      await writing.progress();
      network.isolate(...cluster.members);
      await eventually('leaders to step down', async () => {
        const { stdout } = await cluster.etcdctl(etcdctl!, ['endpoint', 'status']);
        return stdout.match(/etcdserver: no leader/g)?.length === 3;
      });
      network.heal();
      await writing.progress();
      const acknowledged = await writing.end();
      expect(await missing(kv, acknowledged)).toEqual([]);
      await cluster.level(etcdctl!);
    }, 60_000);
  });

  describe('one of which runs out of disk', () => {
    it('go on without it; with room again it catches up', async ({ skip }) => {
      const full = cluster.members[2]!;
      await mkdir(full.dataDir);
      const disk = smallDisk(full.dataDir);
      if (disk === undefined) {
        kv = cluster.connect();
        skip('this process may not mount a file system');
        return;
      }
      try {
        await cluster.start();
        kv = cluster.connect(others(full));
        // Random, or compression would make room.
        const blob = randomBytes(75_000).toString('base64');
        const acknowledged: string[] = [];
        // It ends at a write of its own; what it needs a snapshot for, it cannot take.
        const isFull = (): boolean =>
          full.hasExited || /space.*failed to save incoming database snapshot/i.test(full.output);
        for (let i = 0; !isFull(); i++) {
          expect(i, full.output).toBeLessThan(2000);
          await put(kv, `k${i}`, blob + i);
          acknowledged.push(`k${i}`);
        }
        expect(full.output).toMatch(/space/i);
        await put(kv, 'meanwhile');
        disk.grow();
        if (full.hasExited) {
          full.start(cluster.initialCluster());
          await full.ready();
        }
        await cluster.level(etcdctl!);
        const itself = cluster.connect([full]);
        expect(await missing(itself, acknowledged)).toEqual([]);
        await itself.close();
      } finally {
        await full.end('SIGKILL');
        disk.remove();
      }
    }, 120_000);
  });
});
