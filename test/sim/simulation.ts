/**
 * A whole cluster under one seed: real members on simulated disks, network and time, with clients
 * writing all the while. First everything breaks; then it heals, and must work again. At the end
 * the members must be equal and the clients' books consistent.
 */
import { createHash } from 'node:crypto';
import { runClient, type Actor } from './client.ts';
import { SimCluster, type ClusterOptions } from './cluster.ts';
import { findings } from './history.ts';
import type { Observation } from './history.ts';
import { leaseFindings, runLeaseHolder, type Held } from './lease-holders.ts';
import type { Flaw } from './machine.ts';
import { Storm } from './storm.ts';
import { textOf } from './truth.ts';
import { brokenGuarantees } from './watch-guarantees.ts';
import { follow, runWatcher, type Watched } from './watchers.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly members?: number;
  readonly clients?: number;
  /** Virtual time with faults. */
  readonly stormMs?: number;
  readonly flaw?: Flaw;
  /** Partitions cut off several members together. */
  readonly splits?: boolean;
  /** Members check each other, and must find nothing. */
  readonly corruption?: ClusterOptions['corruption'];
}

export interface SimulationResult {
  readonly findings: readonly string[];
  readonly observations: readonly Observation[];
  readonly counts: Readonly<Record<string, number>>;
  /** Equal for equal runs. */
  readonly digest: string;
}

/** Long enough, without faults, for elections, snapshots and whatever waits. */
const HEALING_MS = 60_000;
/** A lease that nobody renews is over after its time, an election, and a few looks of the leader. */
const LEASE_GRACE_MS = 8000;
const WATCHERS = 3;
const LEASE_HOLDERS = 2;

class Simulation {
  readonly #options: SimulationOptions;
  readonly #cluster: SimCluster;
  readonly #storm: Storm;
  readonly #observations: Observation[] = [];
  readonly #watched: Watched[] = [];
  readonly #held: Held[] = [];
  #isOver = false;

  constructor(options: SimulationOptions) {
    const { seed, members = 3, flaw, splits, corruption } = options;
    this.#options = options;
    this.#cluster = new SimCluster(seed, { members, flaw, corruption, preVote: seed % 5 !== 0 });
    this.#storm = new Storm(this.#cluster, splits);
  }

  async run(): Promise<SimulationResult> {
    const { stormMs = 15_000 } = this.#options;
    const { time, hosts, problems } = this.#cluster;
    for (const host of hosts) this.#cluster.start(host);
    const actors = Promise.all(this.#actors());
    void this.#storm.rage(stormMs);
    await time.run(() => false, stormMs);
    this.#cluster.heal();
    const healedAt = time.now;
    const isHealed = (await this.#cluster.outcome(this.#proveLiveness(), HEALING_MS)) === true;
    if (!isHealed) problems.push('the cluster did not heal: no write went through');
    this.#isOver = true;
    await this.#cluster.outcome(actors, HEALING_MS);
    await this.#settled(healedAt);
    if (isHealed) await this.#check(healedAt);
    return this.#result();
  }

  /** Those that run and have not been told to go. */
  #actor(id: number): Actor {
    return {
      ...{ id, time: this.#cluster.time, random: this.#cluster.fork() },
      hosts: () => this.#cluster.running,
      done: () => this.#isOver,
    };
  }

  #actors(): Promise<void>[] {
    const { clients = 6, flaw } = this.#options;
    const many = <T>(count: number, make: (id: number) => T): T[] =>
      Array.from({ length: count }, (_, id) => make(id));
    const observations = this.#observations;
    return [
      ...many(clients, (id) => runClient({ ...this.#actor(id), flaw, observations })),
      ...many(WATCHERS, (id) => runWatcher({ ...this.#actor(id), watched: this.#watched })),
      ...many(LEASE_HOLDERS, (id) => runLeaseHolder({ ...this.#actor(id), held: this.#held })),
    ];
  }

  /** A write goes through at every member that votes, which shows that each takes part. */
  async #proveLiveness(): Promise<true> {
    const { time } = this.#cluster;
    for (const host of [...this.#cluster.hosts])
      for (let attempt = 1; !host.isRemoved; attempt++) {
        await time.sleep(100);
        const value = Buffer.from(`${host.name}, attempt ${attempt}`);
        const request = { key: `live/${host.name}`, value };
        const outcome = await Promise.race([
          host.member?.put(request).then(
            () => 'written',
            (error: { reason?: string }) => error.reason,
          ),
          time.sleep(10_000),
        ]);
        // A learner whose promotion the storm prevented takes no writes.
        if (outcome === 'written' || outcome === 'notSupportedForLearner') break;
      }
    return true;
  }

  /** Lets every member apply everything, and every lease end that is to end. */
  async #settled(healedAt: number): Promise<void> {
    const { time, problems } = this.#cluster;
    const isLevel = (): boolean =>
      new Set(this.#cluster.running.map(({ member }) => member!.head().revision)).size === 1;
    const abandoned = this.#held.map(({ abandonedAt }) => abandonedAt ?? time.now);
    const quietAt = Math.max(healedAt, time.now + 3000, ...abandoned) + LEASE_GRACE_MS;
    await time.run(() => time.now > quietAt && isLevel(), time.now + HEALING_MS);
    if (!isLevel()) problems.push('the members do not get level');
  }

  async #check(healedAt: number): Promise<void> {
    const { truth, problems, time, running } = this.#cluster;
    const settledSince = { ms: healedAt, graceMs: LEASE_GRACE_MS, now: time.now };
    problems.push(...findings(this.#observations, truth));
    problems.push(...leaseFindings(this.#held, truth, settledSince));
    for (const { member, name } of running) await this.#compare(name, member!);
    for (const watched of this.#watched) problems.push(...brokenGuarantees(watched, truth));
    for (const { member, name } of running)
      for (const { memberId, alarm } of member!.maintenance.standing())
        problems.push(`${name} knows of an alarm ${alarm} for ${memberId}`);
  }

  /** What a member holds in the end, and what it still tells of the past. */
  async #compare(name: string, member: Parameters<typeof follow>[1]): Promise<void> {
    const { truth, problems } = this.#cluster;
    const { revision } = member.head();
    const read = member.range({ key: '\0', rangeEnd: '\0', serializable: true });
    const answer = await this.#cluster.outcome(read, 1000);
    const keys = new Set([...truth.events.values()].flat().map(({ kv }) => kv.key));
    for (const key of keys) {
      const [held, real] = [answer?.kvs.find((kv) => kv.key === key), truth.pair(key, revision)];
      if (held?.modRevision !== real?.modRevision)
        problems.push(`${name} holds ${key}@${held?.modRevision}, not @${real?.modRevision}`);
    }
    if (isLearner(name, this.#cluster)) return;
    const from = Math.max(2, member.statistics().compactRevision);
    const request = { key: '\0', rangeEnd: '\0', startRevision: from, prevKv: true };
    const watched: Watched = { request, from, batches: [] };
    const watch = member.watch(request);
    void follow(watch, member, watched);
    const last = (): number => watched.batches.at(-1)?.revision ?? 0;
    if (!(await this.#cluster.until(() => last() >= revision || from > revision, 10_000)))
      problems.push(`${name} tells of nothing after ${last()}, and is at ${revision}`);
    watch.cancel();
    this.#watched.push(watched);
  }

  #result(): SimulationResult {
    const { network, time, problems, truth } = this.#cluster;
    const counts = {
      ...this.#storm.counts,
      messages: network.messages,
      revisions: truth.revision,
      operations: this.#observations.length,
      acknowledged: this.#observations.filter(({ result }) => result !== undefined).length,
      watches: this.#watched.length,
      events: this.#watched.reduce(
        (sum, { batches }) => sum + batches.flatMap((b) => b.events).length,
        0,
      ),
      leases: this.#held.length,
    };
    const history = [...truth.events].map(([at, events]) => [at, events.map(textOf)]);
    const text = JSON.stringify([this.#observations, counts, history, time.now]);
    const digest = createHash('sha256').update(text).digest('hex');
    return { findings: problems, observations: this.#observations, counts, digest };
  }
}

function isLearner(name: string, { running }: SimCluster): boolean {
  const host = running.find((each) => each.name === name)!;
  try {
    host.member!.watch({ key: 'a' }).cancel();
    return false;
  } catch {
    return true;
  }
}

export function simulate(options: SimulationOptions): Promise<SimulationResult> {
  return new Simulation(options).run();
}
