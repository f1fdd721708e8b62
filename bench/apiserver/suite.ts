import { join } from 'node:path';
import type { Sides } from '../contest.ts';
import { folder } from '../suite.ts';
import { startWherry } from '../wherry.ts';
import { benchCalls, benchHttp2, benchPatches } from './calls.ts';
import { benchLarge } from './large.ts';
import { benchLists } from './lists.ts';
import { type ApiSide, startPeer } from './peer.ts';
import { benchWatch } from './watch.ts';

/** Beside kube-apiserver and etcd, where both are installed. */
export async function benchApi(): Promise<void> {
  const dataDir = join(folder, 'api');
  const cluster = await startWherry(dataDir);
  const peer = await startPeer({ ...cluster, dataDir });
  const sides: Sides<ApiSide> = {
    sides: peer === undefined ? [cluster] : [cluster, peer],
    peerName: peer?.name,
  };
  await benchCalls(sides);
  await benchPatches(sides);
  await benchHttp2(sides);
  await benchLists(sides);
  for (const watchers of [1, 100, 1000]) await benchWatch(sides, watchers);
  await cluster.stop();
  await peer?.stop();
  await benchLarge();
}
