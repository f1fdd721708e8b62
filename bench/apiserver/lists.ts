import { rows, say } from '../suite.ts';
import type { BenchCluster } from '../wherry.ts';
import { configMap, URL, withClients } from './calls.ts';

const OBJECTS = 5000;
const TIMES = 20;

/** 5,000 objects of 1 KB, every hundredth with a label; the answers are received, not parsed. */
export async function benchLists(cluster: BenchCluster): Promise<void> {
  say('lists');
  await withClients(cluster, 1, async ([client]) => {
    await client!.request('DELETE', URL);
    for (let i = 0; i < OBJECTS; i++) {
      await client!.request('POST', URL, configMap(`l-${i}`, i % 100 === 0 ? { every: 'h' } : {}));
    }
    const time = async (work: string, path: string, goal?: string): Promise<void> => {
      const times: number[] = [];
      for (let i = 0; i < TIMES; i++) {
        const started = performance.now();
        await client!.request('GET', path);
        times.push(performance.now() - started);
      }
      rows.push({ work, unit: 'ms', ours: times, ...(goal === undefined ? {} : { goal }) });
    };
    await time(`list ${OBJECTS} ConfigMaps of 1 KB`, URL, '≤ 20 ms');
    await time('the same, first page of 500', `${URL}?limit=500`);
    await time('the same, 50 of them by label', `${URL}?labelSelector=every%3Dh`);
  });
}
