import { mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { statusError } from '../../../api/status.ts';
import type { Pod, Volume } from '../../../api/types/core-v1.ts';
import type { Client } from '../../../client/interface.ts';
import { realDisk } from '../../../platform/node/files/disk.ts';
import { realFileTree } from '../../../platform/node/files/file-tree.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { aPod } from '../../../test/support/scheduling.ts';
import { PodObjects } from '../pod-objects.ts';
import { PodVolumes } from './pod-volumes.ts';

let folder: string;
const objects = new Map<string, object>();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wherry-volumes-'));
  objects.clear();
});
afterEach(() => rm(folder, { recursive: true }));

const client = {
  get: async ({ resource }: { resource: string }, { name }: { name: string }) => {
    const found = objects.get(`${resource}/${name}`);
    if (found === undefined) throw statusError('NotFound', 'no');
    return found;
  },
} as unknown as Client;

function volumesOf(...volumes: Volume[]) {
  const pod: Pod = aPod({ volumes });
  const clock = new FakeClock();
  const made = new PodVolumes({
    ...{ pod, clock, disk: realDisk, files: realFileTree },
    ...{ folder: `${folder}/pod`, persistent: `${folder}/persistent` },
    place: { podIp: '', hostIp: '', allocatable: {} },
    objects: new PodObjects(client, pod),
  });
  return { made, clock };
}

describe('PodVolumes', () => {
  it('brings keys up to date, all of them at once', async () => {
    objects.set('configmaps/cfg', { data: { a: '1', b: '2' } });
    const { made, clock } = volumesOf({ name: 'v', configMap: { name: 'cfg' } });
    const path = await made.path('v');
    expect(await readlink(`${path}/a`)).toBe('..data/a');
    const before = await readlink(`${path}/..data`);
    objects.set('configmaps/cfg', { data: { a: '3', c: '4' } });
    await clock.advance(60_000);
    await expect
      .poll(() => readdir(path), { timeout: 10_000 })
      .toEqual(expect.arrayContaining(['a', 'c']));
    await expect.poll(() => readdir(path), { timeout: 10_000 }).not.toContain('b');
    expect(await readFile(`${path}/a`, 'utf8')).toBe('3');
    expect(await readlink(`${path}/..data`)).not.toBe(before);
    made.stop();
    await expect.poll(() => clock.timers).toBe(0);
  });

  it('makes a volume once for containers that start together', async () => {
    objects.set('configmaps/cfg', { data: { a: '1' } });
    const { made } = volumesOf({ name: 'v', configMap: { name: 'cfg' } });
    const [one, other] = await Promise.all([made.path('v'), made.path('v')]);
    expect(other).toBe(one);
    expect(await readFile(`${one}/a`, 'utf8')).toBe('1');
    made.stop();
  });

  it('tries again what could not be made', async () => {
    const { made } = volumesOf({ name: 'v', configMap: { name: 'cfg' } });
    await expect(made.path('v')).rejects.toThrow('configmap "cfg" not found');
    objects.set('configmaps/cfg', { data: { a: '1' } });
    expect(await readFile(`${await made.path('v')}/a`, 'utf8')).toBe('1');
    made.stop();
  });

  it('gives secrets the modes they are to have', async () => {
    objects.set('secrets/s', { data: { key: Buffer.from('x').toString('base64') } });
    const items = [{ key: 'key', path: 'sub/key', mode: 0o400 }];
    const { made } = volumesOf({ name: 'v', secret: { secretName: 's', items } });
    const { mode } = await stat(`${await made.path('v')}/sub/key`);
    expect(mode & 0o777).toBe(0o400);
    made.stop();
  });

  it('says what is missing', async () => {
    objects.set('configmaps/cfg', { data: {} });
    const items = [{ key: 'k', path: 'p' }];
    const { made } = volumesOf(
      { name: 'secret', secret: { secretName: 'gone' } },
      { name: 'key', configMap: { name: 'cfg', items } },
      { name: 'optional', configMap: { name: 'gone', optional: true } },
      { name: 'claim', persistentVolumeClaim: { claimName: 'pvc' } },
    );
    await expect(made.path('secret')).rejects.toThrow('secret "gone" not found');
    await expect(made.path('key')).rejects.toThrow('non-existent config key: k');
    await expect(made.path('claim')).rejects.toThrow('persistentvolumeclaim "pvc" not found');
    const path = await made.path('optional');
    expect((await readdir(path)).filter((name) => !name.startsWith('..'))).toEqual([]);
    made.stop();
  });

  it('checks what a hostPath is to be', async () => {
    const { made } = volumesOf(
      { name: 'made', hostPath: { path: `${folder}/new`, type: 'DirectoryOrCreate' } },
      { name: 'wrong', hostPath: { path: folder, type: 'File' } },
      { name: 'absent', hostPath: { path: `${folder}/absent`, type: 'Directory' } },
    );
    expect((await stat(await made.path('made'))).isDirectory()).toBe(true);
    await expect(made.path('wrong')).rejects.toThrow(/is not a file/);
    await expect(made.path('absent')).rejects.toThrow(/is not a directory/);
  });

  it('keeps a claim bound to a volume of our provisioner in a folder that stays', async () => {
    objects.set('persistentvolumeclaims/pvc', { spec: { volumeName: 'pv-1' } });
    objects.set('persistentvolumes/pv-1', { spec: { csi: { driver: 'hollow.wherry.io' } } });
    const { made } = volumesOf({ name: 'v', persistentVolumeClaim: { claimName: 'pvc' } });
    expect(await made.path('v')).toBe(`${folder}/persistent/pv-1`);
    expect((await stat(`${folder}/persistent/pv-1`)).isDirectory()).toBe(true);
  });
});
