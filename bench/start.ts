import { join } from 'node:path';
import { folder, rows, runs, say } from './suite.ts';
import { startWherry } from './wherry.ts';

export async function benchStart(): Promise<void> {
  say('start to ready');
  const fresh: number[] = [];
  const again: number[] = [];
  const memory: number[] = [];
  const freshCpu: number[] = [];
  const againCpu: number[] = [];
  for (let run = 0; run < runs; run++) {
    const dataDir = join(folder, `start-${run}`);
    let cluster = await startWherry(dataDir);
    fresh.push(cluster.readyMs);
    freshCpu.push(cluster.cpuSeconds() * 1000);
    await cluster.stop();
    cluster = await startWherry(dataDir);
    again.push(cluster.readyMs);
    againCpu.push(cluster.cpuSeconds() * 1000);
    memory.push(cluster.residentMiB());
    await cluster.stop();
  }
  rows.push({
    work: 'empty directory → whole cluster ready',
    unit: 'ms',
    ours: fresh,
    goal: '≤ 500 ms',
  });
  rows.push({ work: 'the same, CPU of all threads', unit: 'ms', ours: freshCpu });
  rows.push({ work: 'restart on its data → ready', unit: 'ms', ours: again, goal: '≤ 500 ms' });
  rows.push({ work: 'the same, CPU of all threads', unit: 'ms', ours: againCpu });
  rows.push({ work: 'memory when ready', unit: 'MiB', ours: memory, goal: '≤ 150 MiB' });
}
