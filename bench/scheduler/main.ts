/**
 * `node dist/bench/scheduler/main.js [--nodes N] [--pods SHARE] [--others N] [--api fake|real]
 * [--scheduler S] [--beside] [shape…]`: how many pods a second get a node, after Kubernetes'
 * scheduler_perf, with a share of its pods, and so many others placed before. Against the fake API the scheduler runs alone; against the real one
 * (`wherry up` in a process of its own) it is measured with all that a binding costs, as
 * scheduler_perf does. Each shape runs in a process of its own. Which scheduler: ours in this
 * process (`here`); against the real API also ours in a process of its own (`ours`), or the
 * kube-scheduler that is on the PATH (`peer`). `--beside` runs each shape with these two, and
 * says how they compare.
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
import { realDisk } from '../../platform/node/files/disk.ts';
import { connectHttp } from '../../platform/node/net/http-client.ts';
import { startSchedulerProgram } from '../kubernetes.ts';
import { startWherry, wherryMain } from '../wherry.ts';
import { FakeApi } from './fake-api.ts';
import {
  type BenchedCluster,
  type Measured,
  measuredProgram,
  plainCluster,
  runShape,
  scaledTo,
  schedulerHere,
  type SchedulerStart,
} from './run-shape.ts';
import { fullCluster, highPriority, schedulerName, type Shape, shapes } from './shapes.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    nodes: { type: 'string', default: '5000' },
    pods: { type: 'string', default: '1' },
    others: { type: 'string', default: '0' },
    beside: { type: 'boolean', default: false },
    api: { type: 'string', default: 'fake' },
    scheduler: { type: 'string', default: 'here' },
    /** Runs one shape in this process and prints its figures as JSON. */
    here: { type: 'boolean', default: false },
  },
});
const nodeCount = Number(values.nodes);
const podShare = Number(values.pods);
const others = Number(values.others);
/** Of one shape: a scheduler that is stuck does not hold up the other shapes. */
const limitMs = 300_000;
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
    const run = { nodeCount, podShare, others, start: startFor(dataDir) };
    return await runShape(withoutControllers(client), shape, run);
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

interface Side {
  readonly api: string;
  readonly scheduler: string;
}

function inOwnProcess(shape: Shape, { api, scheduler }: Side): Measured {
  const size = ['--nodes', values.nodes, '--pods', values.pods, '--others', values.others];
  const args = ['--here', ...size, '--api', api, '--scheduler', scheduler, shape.name];
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [...process.execArgv, process.argv[1]!, ...args],
    { encoding: 'utf8', timeout: limitMs },
  );
  if (status === null) throw new Error(`${shape.name}: no end within ${limitMs / 1000} s`);
  if (status !== 0) throw new Error(`${shape.name}: ${stderr}`);
  return JSON.parse(stdout) as Measured;
}

const say = (...cells: readonly (string | number)[]): void =>
  void process.stdout.write(`| ${cells.join(' | ')} |\n`);
const heading = (...names: readonly string[]): void => {
  say(...names);
  say(...names.map(() => '---'));
};
const countOf = ({ measured }: Shape): number => scaledTo(measured.count, { nodeCount, podShare });
const micros = (value: number): string => `${Math.round(value)} µs`;
const mebibytes = (value: number): string => `${Math.round(value)} MiB`;

/** By tenths of the pods: the first begins with what the programs compile. */
const growth = ([first = 0, second = 0, ...more]: readonly number[]): string =>
  [first, second, more.at(-1) ?? second].map(micros).join(' → ');

function alone(wanted: readonly Shape[]): void {
  const tenths = 'of the first tenth → the second → the last';
  heading('shape', 'pods', 'pods/s', 'CPU per pod', tenths, 'memory', 'goal at 5,000 nodes');
  for (const shape of wanted) {
    const found = inOwnProcess(shape, values);
    const cpu = micros(found.cpuMicrosPerPod);
    const rate = Math.round(found.podsPerSecond);
    const memory = mebibytes(found.residentMiB);
    const tenth = growth(found.cpuMicrosByDecile);
    say(shape.name, countOf(shape), rate, cpu, tenth, memory, shape.goal ?? '');
  }
}

/** A ratio above 1 is ours being better: more pods a second, less of the others. */
function beside(wanted: readonly Shape[]): void {
  const [cpu, memory] = ['CPU per pod', 'memory'];
  heading('shape', 'pods', 'pods/s', 'kube-scheduler', '×', cpu, 'its', '×', memory, 'its', '×');
  for (const shape of wanted)
    try {
      const ours = inOwnProcess(shape, { api: 'real', scheduler: 'ours' });
      const peer = inOwnProcess(shape, { api: 'real', scheduler: 'peer' });
      say(
        ...[shape.name, countOf(shape)],
        ...[Math.round(ours.podsPerSecond), Math.round(peer.podsPerSecond)],
        (ours.podsPerSecond / peer.podsPerSecond).toFixed(2),
        ...[micros(ours.cpuMicrosPerPod), micros(peer.cpuMicrosPerPod)],
        (peer.cpuMicrosPerPod / ours.cpuMicrosPerPod).toFixed(2),
        ...[mebibytes(ours.residentMiB), mebibytes(peer.residentMiB)],
        (peer.residentMiB / ours.residentMiB).toFixed(2),
      );
    } catch (error) {
      say(shape.name, /^(?:Status)?Error: .*$/m.exec(String(error))?.[0] ?? 'failed');
    }
}

if (values.here) {
  const shape = all.find(({ name }) => name === positionals[0])!;
  const run =
    values.api === 'real'
      ? onRealApi(shape)
      : runShape(plainCluster(new FakeApi()), shape, { nodeCount, podShare, others });
  // The scheduler's timers keep no process alive.
  const alive = setInterval(() => {}, 1000);
  process.stdout.write(JSON.stringify(await run));
  clearInterval(alive);
} else {
  const wanted = all.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const machine = `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`;
  const api = values.beside ? 'real' : values.api;
  process.stdout.write(`${machine}; ${nodeCount} nodes, ${api} API\n\n`);
  if (values.beside) beside(wanted);
  else alone(wanted);
}
