/**
 * What a client feels of another that floods: its own times beside 128 connections of somebody
 * else that write and list as fast as they are answered, from a process of their own.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceAccounts } from '../api/resources.ts';
import { withBench } from './children.ts';
import { type HttpClient, openHttp } from './http-load.ts';
import { latenciesOf } from './load.ts';
import { percentile } from './statistics.ts';
import { clientOf, durationMs, folder, rows, runs, say } from './suite.ts';
import { type BenchCluster, startWherry } from './wherry.ts';

const FLOOD = 128;
/** How often both ways alternate in one run. */
const TURNS = 8;
const SETTLE_MS = 100;
const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const BINDINGS = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
const configMap = (name: string): string =>
  JSON.stringify({ metadata: { name }, data: { payload: 'x'.repeat(512) } });

/**
 * Runs in the process of its own, until that is killed. It floods while it is told to. It has the
 * least priority: floods come from other machines, so this one is not to take the processor from
 * the server or from who is measured.
 */
export async function flood(kubeconfig: string): Promise<void> {
  setPriority(constants.priority.PRIORITY_LOW);
  let made = 0;
  let answered = 0;
  let wake: (() => void) | undefined;
  let told: Promise<void> | undefined = new Promise((resolve) => (wake = resolve));
  const loop = async (client: HttpClient): Promise<void> => {
    for (;;) {
      if (told !== undefined) await told;
      const n = made++;
      const list = n % 10 === 0 ? `${CONFIG_MAPS}?limit=100` : undefined;
      // What is turned away is what is meant to happen.
      await (
        list === undefined
          ? client.request('POST', CONFIG_MAPS, configMap(`flood-${process.pid}-${n}`))
          : client.request('GET', list)
      ).catch(() => undefined);
      answered++;
    }
  };
  const clients = await Promise.all(Array.from({ length: FLOOD }, () => openHttp(kubeconfig)));
  for (const client of clients) void loop(client);
  process.on('message', (go: boolean) => {
    if (go) {
      told = undefined;
      wake?.();
    } else told ??= new Promise((resolve) => (wake = resolve));
    process.send!(answered);
  });
  process.send!(0);
  await new Promise(() => {});
}

class Flood {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(kubeconfig: string): Promise<Flood> {
    const flood = new Flood(withBench(fork(process.argv[1]!, ['flood', kubeconfig])));
    await flood.#answer();
    return flood;
  }

  /** How many of its requests were answered so far. */
  async tell(go: boolean): Promise<number> {
    this.#child.send(go);
    const answered = await this.#answer();
    // What is under way when it is told to stop is answered, or the flood has begun.
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    return answered;
  }

  #answer(): Promise<number> {
    return new Promise((resolve) => this.#child.once('message', resolve));
  }

  async stop(): Promise<void> {
    this.#child.removeAllListeners();
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill();
    await exited;
  }
}

/** Alone and beside take turns, so that both meet the same machine. */
async function takeTurns(flooding: Flood, call: () => Promise<unknown>) {
  const alone: number[] = [];
  const beside: number[] = [];
  let answered = 0;
  for (let turn = 0; turn < TURNS * runs; turn++) {
    alone.push(...(await latenciesOf(call, durationMs / TURNS)));
    const before = await flooding.tell(true);
    beside.push(...(await latenciesOf(call, durationMs / TURNS)));
    answered += (await flooding.tell(false)) - before;
  }
  const perSecond = answered / ((durationMs * runs + SETTLE_MS * TURNS * runs) / 1000);
  return { alone, beside, perSecond };
}

/** Service accounts that may do everything, each by a kubeconfig with its token. */
async function accounts<N extends string>(
  { kubeconfig }: BenchCluster,
  names: readonly N[],
): Promise<Record<N, string>> {
  const admin = await openHttp(kubeconfig);
  const subject = { kind: 'Group', name: 'system:serviceaccounts:default' };
  const binding = {
    metadata: { name: 'bench' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', ...subject }],
  };
  await admin.request('POST', BINDINGS, JSON.stringify(binding));
  admin.close();
  const { client, close } = await clientOf({ kubeconfig });
  const entries = names.map(async (name): Promise<[N, string]> => {
    const account = { name, namespace: 'default' };
    await client.create(serviceAccounts, { metadata: account });
    const asked = { subresource: 'token', body: { spec: { expirationSeconds: 3_600 } } };
    const { status } = (await client.createSubresource(serviceAccounts, account, asked)) as {
      status: { token: string };
    };
    const path = join(folder, `fairness-${name}`);
    const text = readFileSync(kubeconfig, 'utf8').replace(/client-(certificate|key)-data: .*/g, '');
    writeFileSync(path, text.replace(/^( *)user:\s*$/m, `$1user:\n$1  token: ${status.token}`));
    return [name, path];
  });
  const paths = Object.fromEntries(await Promise.all(entries)) as Record<N, string>;
  await close();
  return paths;
}

export async function benchFairness(): Promise<void> {
  const cluster = await startWherry(join(folder, 'fairness'));
  const users = await accounts(cluster, ['flood', 'victim']);
  const victim = await openHttp(users.victim);
  await victim.request('POST', CONFIG_MAPS, configMap('victim'));
  let made = 0;
  const sorts = [
    { work: 'get', call: () => victim.request('GET', `${CONFIG_MAPS}/victim`) },
    { work: 'create', call: () => victim.request('POST', CONFIG_MAPS, configMap(`v-${made++}`)) },
  ];
  const flooding = await Flood.start(users.flood);
  for (const { work, call } of sorts) {
    say(`${work} beside a flood`);
    await latenciesOf(call, durationMs / 2);
    const { alone, beside, perSecond } = await takeTurns(flooding, call);
    for (const p of [50, 99]) {
      const goal = p === 99 ? { goal: '≤ 2 × alone' } : {};
      rows.push({ work: `${work} alone, p${p}`, unit: 'ms', ours: [percentile(alone, p)] });
      const flooded = `the same beside ${FLOOD} connections of a user that floods`;
      rows.push({ work: flooded, unit: 'ms', ours: [percentile(beside, p)], ...goal });
    }
    rows.push({ work: 'what that user is served meanwhile', unit: 'per s', ours: [perSecond] });
  }
  await flooding.stop();
  victim.close();
  await cluster.stop();
}
