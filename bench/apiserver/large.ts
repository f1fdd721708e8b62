import { join } from 'node:path';
import { folder, rows, say } from '../suite.ts';
import { startWherry } from '../wherry.ts';
import { configMap, URL, withClients } from './calls.ts';

const OBJECTS = 100_000;
const CLIENTS = 32;

/** What a store of 100,000 ConfigMaps of 1 KB costs: once each, for it takes its time. */
export async function benchLarge(): Promise<void> {
  say(`${OBJECTS} ConfigMaps`);
  const dataDir = join(folder, 'large');
  let cluster = await startWherry(dataDir);
  const started = performance.now();
  await withClients(cluster, CLIENTS, async (clients) => {
    let made = 0;
    const create = async (client: (typeof clients)[number]): Promise<void> => {
      while (made < OBJECTS) await client.request('POST', URL, configMap(`large-${made++}`));
    };
    await Promise.all(clients.map(create));
  });
  const seconds = (performance.now() - started) / 1000;
  const of = `${OBJECTS.toLocaleString('en')} ConfigMaps of 1 KB`;
  rows.push({ work: `create ${of}, ${CLIENTS} clients`, unit: 's', ours: [seconds] });
  rows.push({ work: `memory with ${of}`, unit: 'MiB', ours: [cluster.residentMiB()] });
  await cluster.stop();
  cluster = await startWherry(dataDir);
  rows.push({ work: `restart with ${of} → ready`, unit: 'ms', ours: [cluster.readyMs] });
  await withClients(cluster, 1, async ([client]) => {
    const times: number[] = [];
    for (let i = 0; i < 3; i++) {
      const sent = performance.now();
      await client!.request('GET', URL);
      times.push(performance.now() - sent);
    }
    rows.push({ work: `list ${of}`, unit: 'ms', ours: times });
  });
  rows.push({ work: 'memory after restart and lists', unit: 'MiB', ours: [cluster.residentMiB()] });
  await cluster.stop();
}
