import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { folder, rows, runs, say } from './suite.ts';
import { plainEnvironment, startWherry } from './wherry.ts';

const lite = join(import.meta.dirname, '..', 'kubectl-lite', 'main.js');
/** The stock kubectl to compare with; on PATH unless WHERRY_KUBECTL names another. */
const kubectl = process.env['WHERRY_KUBECTL'] ?? 'kubectl';
/** A start is short, and varies: many of them. */
const startsPerRun = 10;

/** `get pods` end to end, ours and stock kubectl's in turns, against one API server. */
export async function benchKubectlLite(): Promise<void> {
  say('kubectl-lite get pods');
  const cluster = await startWherry(join(folder, 'kubectl-lite'), ['--nodes', '0']);
  const ours: number[] = [];
  const peer: number[] = [];
  try {
    const env = { ...plainEnvironment, KUBECONFIG: cluster.kubeconfig };
    const time = (command: string, args: readonly string[], into: number[]): void => {
      const started = performance.now();
      const { status } = spawnSync(command, args, { env, stdio: 'ignore' });
      if (status === 0) into.push(performance.now() - started);
    };
    for (let i = 0; i <= runs * startsPerRun; i++) {
      // The first of each fills the caches.
      time(kubectl, ['get', 'pods'], i === 0 ? [] : peer);
      time(process.execPath, [lite, 'get', 'pods'], i === 0 ? [] : ours);
    }
  } finally {
    await cluster.stop();
  }
  rows.push({
    work: 'kubectl-lite get pods, beside kubectl',
    unit: 'ms',
    ours,
    ...(peer.length > 0 ? { peer, peerName: 'kubectl' } : {}),
    goal: '≤ 2.5 ×',
  });
}
