/**
 * A whole cluster under one seed: real members on simulated disks, network and time, with clients
 * writing all the while. First everything breaks; then it heals, and must work again. At the end
 * the members must be equal and the clients' books consistent.
 */
import { createHash } from 'node:crypto';
import { silentLogger } from '../../platform/logger.ts';
import { sha1 } from '../../platform/node/sha1.ts';
import type { Event, Watch } from '../../store/kv.ts';
import type { Member } from '../../store/server/interface.ts';
import { startMember } from '../../store/server/member.ts';
import { runClient } from './client.ts';
import { findings } from './history.ts';
import type { Observation } from './history.ts';
import { Machine } from './machine.ts';
import type { Flaw } from './machine.ts';
import { SimNetwork } from './network.ts';
import { SeededRandom, SimClock, SimTime } from './time.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly members?: number;
  readonly clients?: number;
  /** Virtual time with faults. */
  readonly stormMs?: number;
  readonly flaw?: Flaw;
}

export interface SimulationResult {
  readonly findings: readonly string[];
  readonly observations: readonly Observation[];
  readonly counts: Readonly<Record<string, number>>;
  /** Equal for equal runs. */
  readonly digest: string;
}

interface Host {
  readonly name: string;
  readonly url: string;
  readonly machine: Machine;
  id: string;
  clock: SimClock;
  member: Member | undefined;
}

/** Long enough, without faults, for elections, snapshots and whatever waits. */
const HEALING_MS = 60_000;
/** Every history a watcher saw, with what the watch was promised. */
interface Watched {
  readonly from: number;
  readonly revisions: number[];
}

class Simulation {
  readonly #options: Required<Omit<SimulationOptions, 'flaw'>> & {
    readonly flaw: Flaw | undefined;
  };
  readonly #time = new SimTime();
  readonly #random: SeededRandom;
  readonly #network: SimNetwork;
  readonly #hosts: Host[];
  readonly #observations: Observation[] = [];
  readonly #watched: Watched[] = [];
  readonly #problems: string[] = [];
  readonly #counts: Record<string, number> = {};
  #isOver = false;

  constructor(options: SimulationOptions) {
    this.#options = { members: 3, clients: 6, stormMs: 15_000, flaw: undefined, ...options };
    this.#random = new SeededRandom(options.seed);
    this.#network = new SimNetwork(this.#time, this.#fork(), (id, error) =>
      this.#problems.push(`member ${id} panicked: ${error.message}`),
    );
    this.#hosts = Array.from({ length: this.#options.members }, (_, i) => ({
      name: `m${i}`,
      url: `http://m${i}:2380`,
      machine: new Machine({ time: this.#time, random: this.#fork(), flaw: this.#options.flaw }),
      id: '',
      clock: new SimClock(this.#time),
      member: undefined,
    }));
  }

  #fork(): SeededRandom {
    return new SeededRandom(this.#random.below(2 ** 31));
  }

  async run(): Promise<SimulationResult> {
    const { clients, stormMs, flaw } = this.#options;
    for (const host of this.#hosts) this.#start(host);
    const books = Array.from({ length: clients }, (_, id) =>
      runClient({
        ...{ id, time: this.#time, random: this.#fork(), flaw },
        members: () => this.#running.flatMap(({ member }) => (member === undefined ? [] : member)),
        observations: this.#observations,
        done: () => this.#isOver,
      }),
    );
    void this.#storm(stormMs);
    await this.#time.run(() => false, stormMs);
    this.#heal();
    let isHealed = false;
    void this.#proveLiveness().then(() => (isHealed = true));
    await this.#time.run(() => isHealed, this.#time.now + HEALING_MS);
    if (!isHealed) this.#problems.push('the cluster did not heal: no write went through');
    this.#isOver = true;
    let areDone = false;
    void Promise.all(books).then(() => (areDone = true));
    await this.#time.run(() => areDone, this.#time.now + HEALING_MS);
    await this.#settled();
    if (isHealed) await this.#check();
    return this.#result();
  }

  get #running(): Host[] {
    return this.#hosts.filter(({ member }) => member !== undefined);
  }

  #count(what: string): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + 1;
  }

  #start(host: Host): void {
    const clock = new SimClock(this.#time);
    host.clock = clock;
    const starting = startMember({
      ...{ clock, random: this.#fork(), disk: host.machine.disk, logger: silentLogger, sha1 },
      ...{ dataDir: `/${host.name}`, name: host.name, engine: host.machine.engine },
      initialCluster: this.#hosts.map(({ name, url }) => ({ name, peerUrls: [url] })),
      clientUrls: [host.url],
      peers: this.#network.peers((id) => (host.id = id)),
      // Small enough that logs are compacted and slow members need snapshots.
      ...{ snapshotCount: 40, snapshotCatchUpEntries: 10, quotaBackendBytes: -1 },
      onFailure: (error) => this.#problems.push(`${host.name} failed: ${error.stack}`),
    });
    starting.then(
      (member) => {
        // It may have been killed while it started.
        if (host.clock !== clock) return;
        host.member = member;
        member.ready().then(
          () => host.clock === clock && this.#watch(member),
          () => {},
        );
      },
      (error: unknown) => this.#problems.push(`${host.name} cannot start: ${String(error)}`),
    );
  }

  #kill(host: Host): void {
    host.clock.kill();
    host.clock = new SimClock(this.#time);
    host.member = undefined;
    this.#network.kill(host.id);
    host.machine.crash();
  }

  /** Follows a member's events from some revision it can still tell, until it ends. */
  #watch(member: Member): void {
    const from = 2;
    const watched: Watched = { from, revisions: [] };
    this.#watched.push(watched);
    void follow(member.watch({ key: '\0', rangeEnd: '\0', startRevision: from }), (event) =>
      watched.revisions.push(event.kv.modRevision),
    );
  }

  async #storm(untilMs: number): Promise<void> {
    const random = this.#fork();
    while (this.#time.now < untilMs) {
      await this.#time.sleep(random.between(50, 1500));
      if (this.#time.now >= untilMs) return;
      this.#fault(random);
    }
  }

  #fault(random: SeededRandom): void {
    const host = random.pick(this.#hosts);
    const ids = this.#hosts.map(({ id }) => id);
    switch (random.below(9)) {
      case 0:
      case 1: {
        if (host.member === undefined) break;
        this.#count('crashes');
        this.#kill(host);
        this.#time.after(random.between(10, 4000), () => this.#restart(host));
        break;
      }
      case 2: {
        this.#count('crashes of all');
        for (const each of this.#hosts) {
          this.#kill(each);
          this.#time.after(random.between(10, 800), () => this.#restart(each));
        }
        break;
      }
      case 3:
      case 4:
        this.#count('partitions');
        this.#network.isolate(host.id, ids, random.pick(['both', 'in', 'out'] as const));
        this.#time.after(random.between(300, 5000), () => this.#network.cut.clear());
        break;
      case 5:
        this.#network.cut.clear();
        break;
      case 6:
        this.#network.lossOneIn = random.pick([0, 5, 20]);
        this.#network.repeatOneIn = random.pick([0, 3, 20]);
        break;
      case 7:
        this.#count('slow disks');
        host.machine.weather.slowDiskMs = random.pick([0, 30, 200, 2500]);
        this.#time.after(random.between(200, 3000), () => {
          host.machine.weather.slowDiskMs = 0;
        });
        break;
      default:
        this.#count('transfers');
        host.member?.moveLeader(random.pick(ids)).catch(() => {});
    }
  }

  #restart(host: Host): void {
    if (host.member === undefined) {
      host.clock.kill();
      this.#start(host);
    }
  }

  #heal(): void {
    this.#network.heal();
    for (const host of this.#hosts) {
      host.machine.weather.slowDiskMs = 0;
      if (host.member === undefined) {
        this.#kill(host);
        this.#start(host);
      }
    }
  }

  /** A write goes through at every member, which shows that each of them takes part. */
  async #proveLiveness(): Promise<void> {
    for (const host of this.#hosts)
      for (let attempt = 1; ; attempt++) {
        await this.#time.sleep(100);
        const value = Buffer.from(`${host.name}, attempt ${attempt}`);
        const request = { key: `live/${host.name}`, value };
        const written = await Promise.race([
          host.member?.put(request).then(
            () => true,
            () => false,
          ),
          this.#time.sleep(10_000),
        ]);
        if (written === true) break;
      }
  }

  /** Lets every member apply everything. */
  async #settled(): Promise<void> {
    const isLevel = (): boolean =>
      new Set(this.#running.map(({ member }) => member!.head().revision)).size === 1;
    let isLong = false;
    this.#time.after(3000, () => (isLong = true));
    await this.#time.run(() => isLong && isLevel(), this.#time.now + HEALING_MS);
    if (!isLevel()) this.#problems.push('the members do not get level');
  }

  async #check(): Promise<void> {
    const [first, ...others] = this.#running.map(({ member }) => member!);
    const truth = await this.#historyOf(first!);
    this.#problems.push(...findings(this.#observations, truth));
    const expected = fingerprint(truth);
    for (const other of others)
      if (fingerprint(await this.#historyOf(other)) !== expected)
        this.#problems.push(`member ${other.identity.name} has another history`);
    for (const { from, revisions } of this.#watched) {
      const isWhole = revisions.every((revision, i) => revision === from + i);
      if (!isWhole) this.#problems.push(`a watch saw ${revisions.slice(0, 50).join()}…`);
    }
  }

  async #historyOf(member: Member): Promise<Map<number, Event>> {
    const history = new Map<number, Event>();
    const { revision } = member.head();
    const watch = member.watch({ key: '\0', rangeEnd: '\0', startRevision: 2 });
    void follow(watch, (event) => history.set(event.kv.modRevision, event));
    await this.#time.run(() => history.has(revision) || revision === 1, this.#time.now + 10_000);
    watch.cancel();
    return history;
  }

  #result(): SimulationResult {
    const counts = {
      ...this.#counts,
      messages: this.#network.messages,
      operations: this.#observations.length,
      acknowledged: this.#observations.filter(({ result }) => result !== undefined).length,
    };
    const text = JSON.stringify([this.#observations, counts, this.#time.now]);
    const digest = createHash('sha256').update(text).digest('hex');
    return { findings: this.#problems, observations: this.#observations, counts, digest };
  }
}

async function follow(watch: Watch, see: (event: Event) => void): Promise<void> {
  try {
    for await (const { events } of watch) for (const event of events) see(event);
  } catch {
    // The member stopped, or its state was replaced.
  }
}

const fingerprint = (truth: ReadonlyMap<number, Event>): string =>
  JSON.stringify(
    [...truth].map(([revision, { type, kv }]) => [
      ...[revision, type, kv.key, Buffer.from(kv.value).toString('base64')],
      ...[kv.createRevision, kv.version, kv.lease],
    ]),
  );

export function simulate(options: SimulationOptions): Promise<SimulationResult> {
  return new Simulation(options).run();
}
