import { contest, type Sides } from '../contest.ts';
import { percentile } from '../statistics.ts';
import { say } from '../suite.ts';
import { configMap, URL, withClients } from './calls.ts';
import type { ApiSide } from './peer.ts';

const OBJECTS = 5000;
const TIMES = 20;
const PATHS = [URL, `${URL}?limit=500`, `${URL}?labelSelector=every%3Dh`];

/** What was made before may take longer to delete than a request may: then it is asked again. */
async function empty(side: ApiSide): Promise<void> {
  for (;;)
    try {
      await withClients(side, 1, ([client]) => client!.request('DELETE', URL));
      return;
    } catch (error) {
      if (!(error as Error).message.startsWith('HTTP/1.1 504 ')) throw error;
    }
}

/** 5,000 objects of 1 KB, every hundredth with a label. */
async function fill(side: ApiSide): Promise<void> {
  await empty(side);
  await withClients(side, 1, async ([client]) => {
    for (let i = 0; i < OBJECTS; i++)
      await client!.request('POST', URL, configMap(`l-${i}`, i % 100 === 0 ? { every: 'h' } : {}));
  });
}

/** Medians; the answers are received, not parsed. */
const times = (side: ApiSide): Promise<number[]> =>
  withClients(side, 1, async ([client]) => {
    const medians: number[] = [];
    for (const path of PATHS) {
      const taken: number[] = [];
      for (let i = 0; i < TIMES; i++) {
        const started = performance.now();
        await client!.request('GET', path);
        taken.push(performance.now() - started);
      }
      medians.push(percentile(taken, 50));
    }
    return medians;
  });

export async function benchLists(sides: Sides<ApiSide>): Promise<void> {
  say('filling for lists');
  for (const side of sides.sides) await fill(side);
  const shown = [
    { work: `list ${OBJECTS} ConfigMaps of 1 KB`, unit: 'ms', goal: '≤ 20 ms' },
    { work: 'the same, first page of 500', unit: 'ms' },
    { work: 'the same, 50 of them by label', unit: 'ms' },
  ] as const;
  await contest(shown, sides, times);
}
