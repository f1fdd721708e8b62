/** What goes wrong, when and for how long, is drawn from the seed. */
import type { SeededRandom } from '../time.ts';
import { type ComponentHost, LEAST_DOWN_MS } from './hosts.ts';
import type { SimPlane } from './plane.ts';

type Fault = (storm: Storm) => void;

export class Storm {
  readonly plane: SimPlane;
  readonly random: SeededRandom;
  readonly counts: Record<string, number> = {};
  #isOver = false;

  constructor(plane: SimPlane) {
    this.plane = plane;
    this.random = plane.fork();
  }

  async rage(): Promise<void> {
    const { time } = this.plane;
    for (;;) {
      await time.sleep(this.random.between(500, 6000));
      if (this.#isOver) return;
      const [name, fault] = this.random.pick(faults);
      this.counts[name] = (this.counts[name] ?? 0) + 1;
      fault(this);
    }
  }

  /** Nothing breaks any more; {@link SimPlane.heal} mends what is broken. */
  end(): void {
    this.#isOver = true;
  }

  /** Does something for a while; nothing outlives the storm. */
  during(ms: number, begin: () => void, end: () => void): void {
    if (this.#isOver) return;
    begin();
    this.plane.time.after(ms, () => {
      if (!this.#isOver) end();
    });
  }

  /**
   * It is started again as a supervisor would, half of the time at once; after the storm, the
   * plane's healing does.
   */
  kill(process: { kill(): void; start(): void }): void {
    const { random } = this;
    const downMs = random.oneIn(2) ? LEAST_DOWN_MS : random.between(LEAST_DOWN_MS, 10_000);
    this.during(
      downMs,
      () => process.kill(),
      () => process.start(),
    );
  }
}

/**
 * Dies in the middle of its work: just after the next pod was written. Half of the time servers
 * hear late of what is written from then on, so that a successor is there before they know.
 */
function killAtWork(storm: Storm, processes: readonly ComponentHost[]): void {
  const { plane, random } = storm;
  const target = random.pick(processes);
  const isUnheard = random.oneIn(2);
  let isArmed = true;
  plane.truth.onChange(({ resource, old }) => {
    if (!isArmed || resource !== 'pods') return;
    if (processes === plane.managers && old !== undefined) return;
    isArmed = false;
    if (isUnheard) hearLate(storm);
    plane.time.after(random.between(0, isUnheard ? 50 : 10), () => storm.kill(target));
  });
  plane.time.after(10_000, () => (isArmed = false));
}

function hearLate(storm: Storm): void {
  const { storeWeather } = storm.plane;
  storm.during(
    2 * LEAST_DOWN_MS,
    () => (storeWeather.watchLagMs = storm.random.pick([1500, 6000])),
    () => (storeWeather.watchLagMs = 3),
  );
}

const faults: readonly (readonly [string, Fault])[] = [
  ['kill manager', (storm) => storm.kill(storm.random.pick(storm.plane.managers))],
  ['kill manager', (storm) => storm.kill(storm.random.pick(storm.plane.managers))],
  ['kill manager at work', (storm) => killAtWork(storm, storm.plane.managers)],
  ['kill manager at work', (storm) => killAtWork(storm, storm.plane.managers)],
  ['kill scheduler at work', (storm) => killAtWork(storm, storm.plane.schedulers)],
  ['kill scheduler', (storm) => storm.kill(storm.random.pick(storm.plane.schedulers))],
  ['kill kubelet', (storm) => storm.kill(storm.random.pick(storm.plane.kubelets))],
  ['kill apiserver', (storm) => storm.kill(storm.random.pick(storm.plane.apis))],
  ['cut watches', ({ plane }) => plane.network.cut()],
  ['cut watches', ({ plane, random }) => random.pick(plane.components).cutWatches()],
  ['cut store watch', ({ plane, random }) => random.pick(plane.apis).cutWatches()],
  ['compact', ({ plane }) => void plane.store.compact(plane.store.revision).catch(() => {})],
  ['compact, all watches cut', compactAndCut],
  ['losses', losses],
  ['losses', losses],
  ['slow network', slowNetwork],
  ['slow watches', slowWatches],
  ['slow watches', slowWatches],
  ['slow store watches', slowStoreWatches],
  ['failing store', failingStore],
  ['clock jumps', clockJumps],
];

function compactAndCut({ plane }: Storm): void {
  plane.store.compact(plane.store.revision).catch(() => {});
  for (const api of plane.apis) api.cutWatches();
  plane.network.cut();
}

function losses(storm: Storm): void {
  const { weather } = storm.plane.network;
  storm.during(
    storm.random.between(1000, 10_000),
    () => Object.assign(weather, { loseOneIn: storm.random.pick([5, 20]), repeatOneIn: 10 }),
    () => Object.assign(weather, { loseOneIn: 0, repeatOneIn: 0 }),
  );
}

function slowNetwork(storm: Storm): void {
  const { weather } = storm.plane.network;
  storm.during(
    storm.random.between(1000, 8000),
    () => (weather.slowMs = storm.random.pick([50, 300])),
    () => (weather.slowMs = 3),
  );
}

function slowWatches(storm: Storm): void {
  const { weather } = storm.plane.network;
  storm.during(
    storm.random.between(2000, 15_000),
    () => (weather.watchLagMs = storm.random.pick([200, 2500])),
    () => (weather.watchLagMs = 5),
  );
}

function slowStoreWatches(storm: Storm): void {
  const { storeWeather } = storm.plane;
  storm.during(
    storm.random.between(2000, 10_000),
    () => (storeWeather.watchLagMs = storm.random.pick([50, 1500, 6000])),
    () => (storeWeather.watchLagMs = 3),
  );
}

function failingStore(storm: Storm): void {
  const { storeWeather } = storm.plane;
  storm.during(
    storm.random.between(500, 5000),
    () => (storeWeather.failOneIn = storm.random.pick([3, 10])),
    () => (storeWeather.failOneIn = 0),
  );
}

/** There and back: within what the plane waits for when it has healed. */
const maxSkewMs = 120_000;

function clockJumps(storm: Storm): void {
  const { plane, random } = storm;
  const host = random.pick([...plane.apis, ...plane.components]);
  storm.during(
    random.between(1000, 15_000),
    () => host.skew(random.between(-maxSkewMs, maxSkewMs)),
    () => host.skew(0),
  );
}
