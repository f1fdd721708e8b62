import { join } from 'node:path';
import { folder } from '../suite.ts';
import { startWherry } from '../wherry.ts';
import { benchCalls, benchHttp2, benchPatches } from './calls.ts';
import { benchLarge } from './large.ts';
import { benchLists } from './lists.ts';
import { benchWatch } from './watch.ts';

export async function benchApi(): Promise<void> {
  const cluster = await startWherry(join(folder, 'api'));
  await benchCalls(cluster);
  await benchPatches(cluster);
  await benchHttp2(cluster);
  await benchLists(cluster);
  for (const watchers of [1, 100, 1000]) await benchWatch(cluster, watchers);
  await cluster.stop();
  await benchLarge();
}
