/**
 * A control plane's life under one seed. First everything breaks while people are at work; then
 * it heals and nobody asks for anything any more. Safety is checked at every write, all along;
 * that everything asked for gets done, at the end.
 */
import { clusterActs } from './acts/cluster.ts';
import { deploymentActs } from './acts/deployments.ts';
import { storageActs } from './acts/storage.ts';
import { workloadActs } from './acts/workloads.ts';
import { checkPods } from './checks/pods.ts';
import { checkPreemption } from './checks/preemption.ts';
import { ReplicaChecks } from './checks/replicas.ts';
import { checkStorage } from './checks/storage.ts';
import { WorkloadChecks } from './checks/workloads.ts';
import { type Flaw, plant } from './flaws.ts';
import { unfinished } from './liveness.ts';
import { SimPlane } from './plane.ts';
import { Storm } from './storm.ts';
import type { Change } from './truth.ts';
import { type Act, User } from './users.ts';

export interface PlaneSimulationOptions {
  readonly seed: number;
  /** Virtual time with faults; by the seed unless given. */
  readonly stormMs?: number;
  readonly flaw?: Flaw | undefined;
  /** Told of every write, for the one who looks for the cause of a failure. */
  readonly onChange?: (change: Change) => void;
}

export interface PlaneSimulationResult {
  readonly findings: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
  /** Equal for equal runs. */
  readonly digest: string;
  /** What people did, and when. */
  readonly log: readonly string[];
}

/** One seed in five gets far; the others cost a third of it, and begin as differently. */
const stormOf = (seed: number): number => (seed % 5 === 0 ? 45_000 : 12_000);
/** Nodes are there, a manager and a scheduler lead. */
const BEGINNING_MS = 3000;
/** Long enough, without faults, for whatever waits to be tried again. */
const HEALING_MS = 400_000;
/** So long it must stay as it is. */
const QUIET_MS = 5000;
const FINDINGS_LIMIT = 20;

export async function simulatePlane(
  options: PlaneSimulationOptions,
): Promise<PlaneSimulationResult> {
  const uproot = plant(options.flaw);
  try {
    return await live(options);
  } finally {
    uproot();
  }
}

async function live({
  seed,
  flaw,
  stormMs = stormOf(seed),
  onChange,
}: PlaneSimulationOptions): Promise<PlaneSimulationResult> {
  const plane = new SimPlane(seed, {
    nodes: 2 + (seed % 3),
    rivals: seed % 2 === 0 ? 2 : 1,
    keepsEvents: seed % 8 === 5,
    flaw,
  });
  const { time, truth, problems } = plane;
  const report = (problem: string): void => {
    if (problems.length < FINDINGS_LIMIT) problems.push(`${Math.floor(time.now)} ms: ${problem}`);
  };
  checkPods(truth, report);
  checkPreemption(truth, report);
  checkStorage(truth, report);
  new ReplicaChecks(truth, report);
  new WorkloadChecks(truth, report);
  if (onChange !== undefined) truth.onChange(onChange);
  plane.start();
  await time.run(() => false, BEGINNING_MS);
  let isOver = false;
  const user = new User({
    ...{ client: plane.user, random: plane.fork(), time, done: () => isOver },
    nodes: plane.kubelets.map(({ name }) => name),
    acts: actsOf(seed),
  });
  const storm = new Storm(plane);
  void user.work();
  void storm.rage();
  await time.run(() => problems.length > 0, time.now + stormMs);
  isOver = true;
  storm.end();
  plane.heal();
  const healedAt = time.now;
  if (problems.length === 0) await settle(plane, report);
  const counts = {
    ...storm.counts,
    requests: plane.network.requests,
    writes: truth.changes,
    healingMs: Math.floor(time.now - healedAt),
    acts: user.log.length,
  };
  const digest = `${truth.hash.toString(16)}-${truth.changes}-${plane.network.requests}`;
  return { findings: problems, counts, digest, log: user.log };
}

/** Some seeds are about one thing only, and get further with it. */
function actsOf(seed: number): readonly Act[] {
  if (seed % 4 === 1) return deploymentActs;
  if (seed % 4 === 2) return [...workloadActs, ...clusterActs];
  if (seed % 8 === 3) return [...storageActs, ...clusterActs];
  return [...deploymentActs, ...workloadActs, ...clusterActs, ...storageActs];
}

/** Plays until nothing is left to do, and nothing more happens. */
async function settle(plane: SimPlane, report: (problem: string) => void): Promise<void> {
  const { time, truth, problems } = plane;
  const until = time.now + HEALING_MS;
  let left: string[] = [];
  let doneSince: number | undefined;
  while (time.now < until && problems.length === 0) {
    await time.run(() => false, time.now + 1000);
    left = unfinished(truth);
    if (left.length > 0) doneSince = undefined;
    else doneSince ??= time.now;
    if (doneSince !== undefined && time.now - Math.max(doneSince, truth.lastChangeMs) >= QUIET_MS)
      return;
  }
  for (const each of left) report(each);
  if (left.length === 0 && problems.length === 0) report('it never becomes quiet');
}
