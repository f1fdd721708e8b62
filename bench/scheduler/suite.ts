import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { versionOf } from '../kubernetes.ts';
import { rows, runs, say } from '../suite.ts';
import type { Measured } from './run-shape.ts';

/** The shapes with a goal, as rows of `npm run bench`; all shapes: `node dist/bench/scheduler/main.js`. */
const wanted = [
  ['basic', '≥ 1,000 per s'],
  ['anti-affinity', '≥ 120 per s'],
  ['affinity', '≥ 70 per s'],
] as const;

/** Of one measurement: a scheduler that is stuck does not hold up the other rows. */
const LIMIT_MS = 600_000;

function measure(shape: string, more: readonly string[] = []): Measured {
  const main = join(dirname(process.argv[1]!), 'scheduler', 'main.js');
  const args = [main, '--here', '--nodes', '5000', ...more, shape];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    ...{ encoding: 'utf8', timeout: LIMIT_MS },
  });
  if (status === null) throw new Error(`scheduler, ${shape}: no end within ${LIMIT_MS / 1000} s`);
  if (status !== 0) throw new Error(`scheduler, ${shape}: ${stderr}`);
  return JSON.parse(stdout) as Measured;
}

const times = (shape: string): Measured[] => {
  say(`scheduler, ${shape}`);
  return Array.from({ length: runs }, () => measure(shape));
};

const PEER = 'kube-scheduler';

/** Both in processes of their own, with the same configuration, on our API server over HTTPS. */
function benchBeside(shape: string): void {
  const version = versionOf(PEER);
  if (version === undefined) return;
  const sides = ['ours', 'peer'] as const;
  const found = { ours: [] as Measured[], peer: [] as Measured[] };
  for (let run = 0; run < runs; run++)
    for (const side of sides) {
      say(`scheduler with API server, ${shape}, run ${run + 1}, ${side}`);
      found[side].push(measure(shape, ['--api', 'real', '--scheduler', side]));
    }
  const row = (work: string, unit: 'per s' | 'MiB' | 'ms', of: (each: Measured) => number) =>
    rows.push({
      ...{ work, unit, ours: found.ours.map(of) },
      ...{ peer: found.peer.map(of), peerName: `${PEER} ${version}` },
    });
  const what = `scheduler with API server, 5,000 nodes, ${shape}`;
  row(what, 'per s', ({ podsPerSecond }) => podsPerSecond);
  row(`${what}: CPU per pod`, 'ms', ({ cpuMicrosPerPod }) => cpuMicrosPerPod / 1000);
  row(`${what}: memory`, 'MiB', ({ residentMiB }) => residentMiB);
}

export async function benchScheduler(): Promise<void> {
  for (const [shape, goal] of wanted)
    rows.push({
      work: `scheduler alone, 5,000 nodes, ${shape}`,
      unit: 'per s',
      ours: times(shape).map(({ podsPerSecond }) => podsPerSecond),
      goal,
    });
  rows.push({
    work: 'scheduler with 5,000 nodes and 50,000 pods, memory',
    unit: 'MiB',
    ours: times('50,000 pods').map(({ residentMiB }) => residentMiB),
    goal: '≤ 400 MiB',
  });
  for (const [shape] of wanted)
    try {
      benchBeside(shape);
    } catch (error) {
      say(String(error));
    }
}
