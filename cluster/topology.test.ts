import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { realDisk } from '../platform/node/files/disk.ts';
import { clusterPaths, type ClusterPaths } from './paths.ts';
import { type ClusterRecord, openTopology, type TopologyWish } from './topology.ts';

let paths: ClusterPaths;
beforeEach(async () => (paths = clusterPaths(await mkdtemp(join(tmpdir(), 'wherry-')))));
afterEach(() => rm(paths.dataDir, { recursive: true }));

const open = (wish: Partial<TopologyWish>): Promise<ClusterRecord> =>
  openTopology(realDisk, paths, { peerPorts: () => Promise.resolve([1, 2, 3]), ...wish });
const etcd = { etcdServers: ['http://127.0.0.1:2379'] };

it('forgets an etcd that a cluster never reached', async () => {
  expect(await open(etcd)).toMatchObject({ storeMembers: [] });
  expect(await open({})).toMatchObject({ storeMembers: [{ name: 'store' }] });
});

it('keeps to the etcd that a cluster ran on', async () => {
  await open(etcd);
  await writeFile(paths.kubeconfig, 'that of its admin');
  await expect(open({})).rejects.toThrow(/keeps its state in another etcd; name it with --etcd-s/);
});

it('takes no number of members for the store of somebody else', async () => {
  await expect(open({ ...etcd, storeMembers: 3 })).rejects.toThrow(/leave it or --etcd-servers/);
});

it('takes a file system of its own, and no folder of others', async () => {
  await mkdir(join(paths.dataDir, 'lost+found'));
  await writeFile(join(paths.dataDir, 'thesis.tex'), '');
  await expect(open({})).rejects.toThrow('holds something else (thesis.tex)');
  await rm(join(paths.dataDir, 'thesis.tex'));
  expect(await open({})).toMatchObject({ storeMembers: [{ name: 'store' }] });
});
