/**
 * What a client feels of another that floods: its own times beside 128 connections of somebody
 * else that write and list as fast as they are answered, from a process of their own. The same
 * beside kube-apiserver: what becomes of a client whose machine a flood shares.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceAccounts } from '../api/resources.ts';
import { type ApiSide, startPeer } from './apiserver/peer.ts';
import { withBench } from './children.ts';
import { contest, type Sides } from './contest.ts';
import { type HttpClient, openHttp } from './http-load.ts';
import { latenciesOf } from './load.ts';
import { percentile } from './statistics.ts';
import { clientOf, durationMs, folder } from './suite.ts';
import { startTrivial } from './trivial-server.ts';
import { startWherry } from './wherry.ts';

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

/** Whom the clients of both users ask. */
interface Besieged {
  readonly victim: HttpClient;
  readonly flooding: Flood;
}

/** Service accounts that may do everything, each by a kubeconfig with its token. */
async function accounts<N extends string>(
  { kubeconfig }: ApiSide,
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
    const path = `${kubeconfig}-${name}`;
    const text = readFileSync(kubeconfig, 'utf8').replace(/client-(certificate|key)-data: .*/g, '');
    writeFileSync(path, text.replace(/^( *)user:\s*$/m, `$1user:\n$1  token: ${status.token}`));
    return [name, path];
  });
  const paths = Object.fromEntries(await Promise.all(entries)) as Record<N, string>;
  await close();
  return paths;
}

type Users = Record<'flood' | 'victim', string>;

async function besieged(users: Users): Promise<Besieged> {
  const victim = await openHttp(users.victim);
  await victim.request('POST', CONFIG_MAPS, configMap('victim'));
  return { victim, flooding: await Flood.start(users.flood) };
}

async function freed({ victim, flooding }: Besieged): Promise<void> {
  await flooding.stop();
  victim.close();
}

let made = 0;
const sorts = {
  get: (victim: HttpClient) => victim.request('GET', `${CONFIG_MAPS}/victim`),
  create: (victim: HttpClient) => victim.request('POST', CONFIG_MAPS, configMap(`v-${made++}`)),
};

/** Alone and beside take turns, so that both meet the same machine. In the order of the rows. */
async function takeTurns(
  { victim, flooding }: Besieged,
  request: (victim: HttpClient) => Promise<unknown>,
): Promise<number[]> {
  const call = () => request(victim);
  const alone: number[] = [];
  const beside: number[] = [];
  let answered = 0;
  for (let turn = 0; turn < TURNS; turn++) {
    alone.push(...(await latenciesOf(call, durationMs / TURNS)));
    const before = await flooding.tell(true);
    beside.push(...(await latenciesOf(call, durationMs / TURNS)));
    answered += (await flooding.tell(false)) - before;
  }
  const times = [50, 99].flatMap((p) => [percentile(alone, p), percentile(beside, p)]);
  return [...times, answered / ((durationMs + SETTLE_MS * TURNS) / 1000)];
}

/** What is left beside turns of 0.4 ms: the machine's doing, and that of the clients. */
async function benchFloor(
  cluster: { readonly dataDir: string; readonly server: string },
  users: Users,
): Promise<void> {
  const trivial = await startTrivial(cluster);
  const [flood, victim] = [trivial.kubeconfig(users.flood), trivial.kubeconfig(users.victim)];
  const side = await besieged({ flood, victim });
  await takeTurns(side, sorts.get);
  const work = 'get of a server of nothing but turns of 0.4 ms';
  const flooded = `the same beside ${FLOOD} connections of a flood`;
  const shown = [
    { work: `${work}, p50`, unit: 'ms' },
    { work: flooded, unit: 'ms' },
    { work: `${work}, p99`, unit: 'ms' },
    { work: flooded, unit: 'ms' },
    { work: 'what the flood is served meanwhile', unit: 'per s' },
  ] as const;
  await contest(shown, { sides: [side], peerName: undefined }, (one) => takeTurns(one, sorts.get));
  await freed(side);
  await trivial.stop();
}

/** Beside kube-apiserver and etcd, where both are installed. */
export async function benchFairness(): Promise<void> {
  const dataDir = join(folder, 'fairness');
  const cluster = await startWherry(dataDir);
  const peer = await startPeer({ ...cluster, dataDir });
  const servers = peer === undefined ? [cluster] : [cluster, peer];
  const all: Besieged[] = [];
  const users: Users[] = [];
  for (const server of servers) users.push(await accounts(server, ['flood', 'victim']));
  await benchFloor({ ...cluster, dataDir }, users[0]!);
  for (const each of users) all.push(await besieged(each));
  const sides: Sides<Besieged> = { sides: all, peerName: peer?.name };
  const flooded = `the same beside ${FLOOD} connections of a user that floods`;
  for (const [work, request] of Object.entries(sorts)) {
    // Uncounted: a server just started runs code that is not compiled yet.
    for (const side of all) await takeTurns(side, request);
    const shown = [
      { work: `${work} alone, p50`, unit: 'ms' },
      { work: flooded, unit: 'ms' },
      { work: `${work} alone, p99`, unit: 'ms' },
      { work: flooded, unit: 'ms', goal: '≤ 2 × alone' },
      { work: 'what that user is served meanwhile', unit: 'per s' },
    ] as const;
    await contest(shown, sides, (side) => takeTurns(side, request));
  }
  for (const each of all) await freed(each);
  await cluster.stop();
  await peer?.stop();
}
