import { cp, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { realDisk } from '../platform/node/files/disk.ts';
import { clusterPaths, type ClusterPaths } from './paths.ts';
import { clearRunState, readRunState, type RunState, writeRunState } from './run-state.ts';

let paths: ClusterPaths;
beforeEach(async () => (paths = clusterPaths(await mkdtemp(join(tmpdir(), 'wherry-')))));
afterEach(() => rm(paths.dataDir, { recursive: true }));

const state: RunState = {
  mode: 'embedded',
  pid: 4711,
  startedAt: 0,
  server: 'https://127.0.0.1:6443',
  components: [],
};

it('is removed by the cluster whose it is', async () => {
  await writeRunState(realDisk, paths, state);
  await clearRunState(realDisk, paths, 4712);
  expect(await readRunState(realDisk, paths)).toEqual(state);
  await clearRunState(realDisk, paths, 4711);
  expect(await readRunState(realDisk, paths)).toBeUndefined();
});

it('of a copy of the folder is not that of the cluster', async () => {
  const folder = await realpath(paths.dataDir);
  const running = { ...state, folder };
  await writeRunState(realDisk, paths, running);
  const link = clusterPaths(`${folder}-link`);
  await symlink(folder, link.dataDir);
  expect(await readRunState(realDisk, link)).toEqual(running);
  await rm(link.dataDir);
  const other = clusterPaths(`${folder}-other`);
  await cp(folder, other.dataDir, { recursive: true });
  try {
    expect(await readRunState(realDisk, other)).toBeUndefined();
    expect(await readRunState(realDisk, paths)).toEqual(running);
    // Moved, it is the same cluster.
    await rm(paths.runState);
    expect(await readRunState(realDisk, other)).toEqual(running);
  } finally {
    await rm(other.dataDir, { recursive: true });
  }
});

it.each(['', '{', 'null', '[]', '{}', JSON.stringify({ ...state, components: undefined })])(
  'that is damaged is told of: %j',
  async (text) => {
    await writeFile(paths.runState, text);
    await expect(readRunState(realDisk, paths)).rejects.toThrow(
      /run\.json is damaged; remove it and start again$/,
    );
  },
);
