/** Members on simulated machines, under one clock and network: started, killed, put to sleep. */
import { silentLogger } from '../../platform/logger.ts';
import { sha1 } from '../../platform/node/crypto/sha1.ts';
import type { ClusterMember } from '../../store/cluster-member.ts';
import type { Member } from '../../store/server/interface.ts';
import { startMember } from '../../store/server/member.ts';
import type { CorruptionSettings, Joining } from '../../store/replica/options.ts';
import { Machine } from './machine.ts';
import type { Flaw } from './machine.ts';
import { SimNetwork } from './network.ts';
import { SeededRandom, SimClock, SimTime } from './time.ts';
import { Truth } from './truth.ts';

export interface Host {
  readonly name: string;
  readonly url: string;
  readonly machine: Machine;
  /** How it became one of a cluster that had begun without it. */
  readonly join: Joining | undefined;
  id: string;
  clock: SimClock;
  /** A process runs, which may not serve yet. */
  isUp: boolean;
  member: Member | undefined;
  /** Resolves when the process does not sleep. */
  awake: Promise<void>;
  wake: (() => void) | undefined;
  /** The cluster has told it to go for good. */
  isRemoved: boolean;
}

export interface ClusterOptions {
  readonly members: number;
  readonly flaw?: Flaw | undefined;
  readonly preVote?: boolean;
  readonly corruption?: CorruptionSettings | undefined;
}

export class SimCluster {
  readonly time = new SimTime();
  readonly random: SeededRandom;
  readonly network: SimNetwork;
  readonly truth = new Truth();
  readonly problems: string[] = [];
  hosts: Host[];
  readonly #options: ClusterOptions;
  readonly #initial: readonly Host[];
  #named = 0;

  constructor(seed: number, options: ClusterOptions) {
    this.#options = options;
    this.random = new SeededRandom(seed);
    this.network = new SimNetwork(this.time, this.fork(), (id, error) =>
      this.problems.push(`member ${id} panicked: ${error.stack}`),
    );
    if (options.flaw === 'answerUnproven')
      this.network.answerRead = async ({ context, from, to }) => {
        const leader = this.hosts.find(({ id }) => id === to)?.member;
        const status = await leader?.status().catch(() => undefined);
        if (status?.leader !== to) return undefined;
        const answer = { type: 'readIndexResponse', context, index: status.raftIndex } as const;
        return { ...answer, from: to, to: from, term: 0 };
      };
    this.#initial = Array.from({ length: options.members }, () => this.#host());
    this.hosts = [...this.#initial];
  }

  fork(): SeededRandom {
    return new SeededRandom(this.random.below(2 ** 31));
  }

  #host(join?: Joining, url?: string): Host {
    const name = `m${this.#named++}`;
    const host: Host = {
      ...{ name, url: url ?? `http://${name}:2380`, join, id: join?.memberId ?? '' },
      machine: new Machine({
        ...{ time: this.time, random: this.fork(), flaw: this.#options.flaw, truth: this.truth },
        awake: () => host.awake,
      }),
      clock: new SimClock(this.time),
      ...{ isUp: false, member: undefined },
      ...{ awake: Promise.resolve(), wake: undefined, isRemoved: false },
    };
    return host;
  }

  get running(): Host[] {
    return this.hosts.filter(({ member }) => member !== undefined);
  }

  /** Who believes to lead in the newest term. */
  async leader(): Promise<Host | undefined> {
    let newest: { readonly host: Host; readonly term: number } | undefined;
    for (const host of this.running) {
      const status = await host.member?.status().catch(() => undefined);
      if (status?.leader !== host.id || status.raftTerm < (newest?.term ?? 0)) continue;
      newest = { host, term: status.raftTerm };
    }
    return newest?.host;
  }

  start(host: Host): void {
    if (host.isUp || host.isRemoved) return;
    host.isUp = true;
    host.clock.kill();
    const clock = new SimClock(this.time);
    host.clock = clock;
    const starting = startMember({
      ...{ clock, random: this.fork(), disk: host.machine.disk, logger: silentLogger, sha1 },
      ...{ dataDir: `/${host.name}`, name: host.name, engine: host.machine.engine },
      initialCluster: this.#initial.map(({ name, url }) => ({ name, peerUrls: [url] })),
      ...(host.join !== undefined && { join: host.join }),
      peerUrls: [host.url],
      clientUrls: [host.url],
      preVote: this.#options.preVote ?? true,
      ...(this.#options.corruption !== undefined && { corruption: this.#options.corruption }),
      peers: this.network.peers((id) => (host.id = id)),
      // Small enough that logs are compacted, slow members need snapshots, watchers the disk.
      ...{ snapshotCount: 40, snapshotCatchUpEntries: 10, quotaBackendBytes: -1 },
      watchLimits: { watcherBytes: 2000, windowBytes: 2000 },
      onFailure: (error) => this.problems.push(`${host.name} failed: ${error.stack}`),
      onRemoved: () => this.#remove(host, clock),
    });
    starting.then(
      (member) => {
        // It may have been killed while it started.
        if (host.clock !== clock) return;
        host.member = member;
        // Publishes its name, without which it does not count as started.
        member.ready().catch(() => {});
      },
      (error: unknown) => this.problems.push(`${host.name} cannot start: ${String(error)}`),
    );
  }

  /** Power fails. */
  kill(host: Host): void {
    this.resume(host);
    host.clock.kill();
    host.clock = new SimClock(this.time);
    host.member = undefined;
    host.isUp = false;
    this.network.kill(host.id);
    host.machine.crash();
  }

  /** The process gets no processor until it is resumed; its clocks go on. */
  pause(host: Host): void {
    if (host.wake !== undefined) return;
    host.awake = new Promise((resolve) => (host.wake = resolve));
    host.clock.pause();
    this.network.pause(host.id);
  }

  resume(host: Host): void {
    host.wake?.();
    host.wake = undefined;
    host.clock.resume();
    this.network.resume(host.id);
  }

  /** A machine for a member that the cluster has added. */
  welcome(url: string, join: Joining): Host {
    const host = this.#host(join, url);
    this.hosts.push(host);
    this.start(host);
    return host;
  }

  freshUrl(): string {
    return `http://m${this.#named}:2380`;
  }

  #remove(host: Host, clock: SimClock): void {
    if (host.clock !== clock || host.isRemoved) return;
    host.isRemoved = true;
    this.kill(host);
    this.hosts = this.hosts.filter((each) => each !== host);
  }

  /** Everything runs and is reached. */
  heal(): void {
    this.network.heal();
    for (const host of this.hosts) {
      host.machine.weather.slowDiskMs = 0;
      this.resume(host);
      if (host.member !== undefined) continue;
      this.kill(host);
      this.start(host);
    }
  }

  /** Plays until `done`; false if it took longer than `limitMs`. */
  async until(done: () => boolean, limitMs: number): Promise<boolean> {
    await this.time.run(done, this.time.now + limitMs);
    return done();
  }

  /** What a promise resolves to, playing until it does. */
  async outcome<T>(promise: Promise<T>, limitMs: number): Promise<T | undefined> {
    let result: { readonly value: T } | undefined;
    void promise.then((value) => (result = { value }));
    await this.until(() => result !== undefined, limitMs);
    return result?.value;
  }
}

export const addressesOf = (members: readonly ClusterMember[]): Joining['members'] =>
  members.map(({ id, peerUrls }) => ({ id, peerUrls }));
