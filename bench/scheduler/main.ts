/**
 * `node dist/bench/scheduler/main.js [--nodes N] [--api fake|real] [--scheduler S] [shape…]`: how
 * many pods a second get a node, after Kubernetes' scheduler_perf. Against the fake API the
 * scheduler runs alone; against the real one (`wherry up` in a process of its own) it is measured
 * with all that a binding costs, as scheduler_perf does. Each shape runs in a process of its own.
 * Which scheduler: ours in this process (`here`); against the real API also ours in a process of
 * its own (`ours`), or the kube-scheduler that is on the PATH (`peer`).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { nodes, priorityClasses, serviceAccounts } from '../../api/resources.ts';
import type { Client } from '../../client/interface.ts';
import { connectionOf, loadKubeconfig } from '../../client/kubeconfig-connection.ts';
import { createClient } from '../../client/rest.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/disk.ts';
import { connectHttp } from '../../platform/node/http-client.ts';
import { startSchedulerProgram } from '../kubernetes.ts';
import { startWherry, wherryMain } from '../wherry.ts';
import { FakeApi } from './fake-api.ts';
import {
  type BenchedCluster,
  type Measured,
  measuredProgram,
  plainCluster,
  runShape,
  schedulerHere,
  type SchedulerStart,
} from './run-shape.ts';
import { fullCluster, highPriority, schedulerName, type Shape, shapes } from './shapes.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    nodes: { type: 'string', default: '5000' },
    api: { type: 'string', default: 'fake' },
    scheduler: { type: 'string', default: 'here' },
    /** Runs one shape in this process and prints its figures as JSON. */
    here: { type: 'boolean', default: false },
  },
});
const nodeCount = Number(values.nodes);
const all = [...shapes, fullCluster];

async function onRealApi(shape: Shape): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'wherry-bench-scheduler-'));
  const dataDir = join(folder, 'data');
  const without = ['--without', 'controllers,scheduler'];
  const cluster = await startWherry(dataDir, ['--nodes', '0', ...without]);
  const config = await loadKubeconfig(realDisk, [cluster.kubeconfig]);
  const connection = connectHttp(await connectionOf(realDisk, config));
  const { handler } = connection;
  const client = createClient({ handler, userAgent: 'wherry-bench', clock: realClock });
  try {
    const { name, value } = highPriority;
    await client.create(priorityClasses, { metadata: { name }, value });
    const start = startFor(dataDir);
    return await runShape(withoutControllers(client), shape, { nodeCount, start });
  } finally {
    await connection.close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Does what controllers would do; those would also miss the heartbeats of nodes that are none. */
function withoutControllers(client: Client): BenchedCluster {
  const plain = plainCluster(client);
  return {
    client,
    async createNamespace(namespace) {
      await plain.createNamespace(namespace);
      await client.create(serviceAccounts, { metadata: { namespace, name: 'default' } });
    },
    async createNode(node) {
      // Admission taints what is not known to be ready.
      const { spec, ...created } = await client.create(nodes, node);
      await client.update(nodes, { ...created, spec: { ...spec, taints: [] } });
    },
  };
}

/** The schedulers in processes of their own read the same configuration. */
function startFor(dataDir: string): SchedulerStart {
  if (values.scheduler === 'here') return schedulerHere;
  const ours = [process.execPath, wherryMain, 'scheduler'] as const;
  const command = values.scheduler === 'ours' ? ours : (['kube-scheduler'] as const);
  return async () =>
    measuredProgram(await startSchedulerProgram(dataDir, { command: [...command], schedulerName }));
}

function inOwnProcess(shape: Shape): Measured {
  const args = ['--here', '--nodes', values.nodes, '--api', values.api];
  args.push('--scheduler', values.scheduler, shape.name);
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...process.execArgv, process.argv[1]!, ...args],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${shape.name}: ${stderr}`);
  return JSON.parse(stdout) as Measured;
}

if (values.here) {
  const shape = all.find(({ name }) => name === positionals[0])!;
  const run =
    values.api === 'real'
      ? onRealApi(shape)
      : runShape(plainCluster(new FakeApi()), shape, { nodeCount });
  // The scheduler's timers keep no process alive.
  const alive = setInterval(() => {}, 1000);
  process.stdout.write(JSON.stringify(await run));
  clearInterval(alive);
} else {
  const wanted = all.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const machine = `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`;
  process.stdout.write(`${machine}; ${nodeCount} nodes, ${values.api} API\n\n`);
  process.stdout.write(
    '| shape | pods | pods/s | CPU per pod | of the first tenth → the last | memory | goal at 5,000 nodes |\n',
  );
  process.stdout.write('|---|---|---|---|---|---|---|\n');
  for (const shape of wanted) {
    const { podsPerSecond, cpuMicrosPerPod, cpuMicrosByDecile, residentMiB } = inOwnProcess(shape);
    const [first = 0] = cpuMicrosByDecile;
    const last = cpuMicrosByDecile.at(-1) ?? 0;
    const cells = [
      shape.name,
      Math.max(1, Math.floor(shape.measured.count * Math.min(1, nodeCount / 5000))),
      Math.round(podsPerSecond),
      `${Math.round(cpuMicrosPerPod)} µs`,
      `${Math.round(first)} → ${Math.round(last)} µs`,
      `${Math.round(residentMiB)} MiB`,
      shape.goal ?? '',
    ];
    process.stdout.write(`| ${cells.join(' | ')} |\n`);
  }
}
