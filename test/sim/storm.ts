/** What goes wrong, and what operators do meanwhile, in an order that the seed decides. */
import { StoreError } from '../../store/kv.ts';
import { addressesOf, type Host, type SimCluster } from './cluster.ts';
import type { SeededRandom } from './time.ts';

/** Beyond this no member is added. */
const MOST_MEMBERS = 6;
/** Below this none is removed. */
const LEAST_MEMBERS = 3;

export class Storm {
  readonly counts: Record<string, number> = {};
  readonly #cluster: SimCluster;
  readonly #random: SeededRandom;
  readonly #splits: boolean;
  #isOver = false;
  #isChanging = false;

  /** `splits`: partitions cut off several members together, who still reach one another. */
  constructor(cluster: SimCluster, splits = false) {
    this.#cluster = cluster;
    this.#splits = splits;
    this.#random = cluster.fork();
  }

  async rage(untilMs: number): Promise<void> {
    const { time } = this.#cluster;
    while (time.now < untilMs) {
      await time.sleep(this.#random.between(50, 1200));
      if (time.now < untilMs && this.#cluster.hosts.length > 0) this.#strike();
    }
    this.#isOver = true;
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  /** For so long, unless the storm has passed. */
  #later(least: number, most: number, undo: () => void): void {
    this.#cluster.time.after(this.#random.between(least, most), undo);
  }

  #strike(): void {
    const random = this.#random;
    const host = random.pick(this.#cluster.hosts);
    switch (random.below(14)) {
      case 0:
      case 1:
        return this.#crash(host);
      case 2:
        return this.#crashAll();
      case 3:
      case 4:
        return this.#partition(host);
      case 5:
        this.#cluster.network.cut.clear();
        return;
      case 6:
        this.#cluster.network.lossOneIn = random.pick([0, 5, 20]);
        this.#cluster.network.repeatOneIn = random.pick([0, 3, 20]);
        return;
      case 7:
        return this.#slowDown(host);
      case 8:
        return this.#sleep(host);
      case 9:
        this.#count('clock jumps');
        host.clock.skewMs = random.between(-3_600_000, 3_600_000);
        return;
      case 10:
        this.#count('transfers');
        if (host.wake === undefined)
          host.member?.moveLeader(random.pick(this.#cluster.hosts).id).catch(() => {});
        return;
      case 11:
      case 12:
        return this.#compact(host);
      default:
        if (!this.#isChanging) void this.#change(host);
    }
  }

  #crash(host: Host): void {
    if (host.member === undefined) return;
    this.#count('crashes');
    this.#cluster.kill(host);
    this.#later(10, 4000, () => this.#cluster.start(host));
  }

  #crashAll(): void {
    this.#count('crashes of all');
    for (const host of this.#cluster.hosts) {
      this.#cluster.kill(host);
      this.#later(10, 800, () => this.#cluster.start(host));
    }
  }

  #partition(host: Host): void {
    const { network, hosts } = this.#cluster;
    this.#count('partitions');
    const ids = hosts.map(({ id }) => id);
    if (this.#splits) {
      const group = [host.id, this.#random.pick(ids)];
      const others = ids.filter((id) => !group.includes(id));
      for (const id of group) network.isolate(id, others, 'both');
    } else network.isolate(host.id, ids, this.#random.pick(['both', 'in', 'out'] as const));
    this.#later(300, 5000, () => network.cut.clear());
  }

  #slowDown(host: Host): void {
    this.#count('slow disks');
    host.machine.weather.slowDiskMs = this.#random.pick([0, 30, 200, 2500]);
    this.#later(200, 3000, () => (host.machine.weather.slowDiskMs = 0));
  }

  #sleep(host: Host): void {
    if (host.member === undefined || host.wake !== undefined) return;
    this.#count('sleeps');
    this.#cluster.pause(host);
    this.#later(100, 6000, () => this.#cluster.resume(host));
  }

  #compact(host: Host): void {
    const { member } = host;
    if (member === undefined || host.wake !== undefined) return;
    this.#count('compactions');
    const revision = Math.max(1, member.head().revision - this.#random.between(0, 30));
    member.compact(revision).catch(() => {});
  }

  async #change(host: Host): Promise<void> {
    this.#isChanging = true;
    const { hosts } = this.#cluster;
    try {
      if (hosts.length < MOST_MEMBERS && this.#random.oneIn(2)) await this.#grow(host);
      else if (hosts.length > LEAST_MEMBERS) await this.#shrink(host);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
    this.#isChanging = false;
  }

  /** A learner, which becomes a voter as soon as it may. */
  async #grow({ member }: Host): Promise<void> {
    if (member === undefined) return;
    const { time } = this.#cluster;
    const url = this.#cluster.freshUrl();
    const { member: added, members } = await member.membership.add({
      peerUrls: [url],
      isLearner: true,
    });
    this.#count('learners');
    const { clusterId } = member.identity;
    this.#cluster.welcome(url, { clusterId, memberId: added.id, members: addressesOf(members) });
    while (!this.#isOver) {
      await time.sleep(this.#random.between(200, 2000));
      const via = this.#random.pick(this.#cluster.hosts);
      await via.awake;
      const promoted = via.member?.membership.promote(added.id).then(
        () => true,
        () => false,
      );
      if ((await promoted) !== true) continue;
      this.#count('promotions');
      return;
    }
  }

  async #shrink({ member }: Host): Promise<void> {
    const leaving = this.#random.pick(this.#cluster.hosts);
    if (member === undefined) return;
    await member.membership.remove(leaving.id);
    this.#count('removals');
  }
}
