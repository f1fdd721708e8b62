/**
 * The containers of one pod: their records, moved on by the runtime's news. It knows nothing of
 * the API server; `changed` tells its owner that something moved.
 */
import { formatTime, parseTime } from '../api/time.ts';
import type { Container, ContainerStateTerminated, Pod } from '../api/types/core-v1.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import {
  BACKOFF_RESET_MS,
  ephemeralRecords,
  isUp,
  restartDelayMs,
  restarts,
  type ContainerRecord,
} from './container-record.ts';
import type { NodeImages } from './node-images.ts';
import { ContainerEvents } from './pod-events.ts';
import type { ContainerExit, ContainerListener, PodRuntime, ProbeVerdict } from './runtime.ts';
import { SidecarTurns } from './sidecar-turns.ts';

export interface ContainersOptions {
  readonly pod: Pod;
  /** The pod as it is now. */
  readonly latest: () => Pod;
  readonly records: readonly ContainerRecord[];
  readonly runtime: PodRuntime;
  readonly clock: Clock;
  readonly random: Random;
  readonly recorder: EventRecorder;
  readonly images: NodeImages;
  readonly changed: () => void;
}

/** The id of a run that is over. */
const idOf = (exit: ContainerStateTerminated | undefined): string | undefined =>
  exit?.containerID?.split('://')[1];

export class PodContainers {
  readonly #options: ContainersOptions;
  readonly #records: ContainerRecord[];
  /** Ids of containers that were asked to end and have not yet. */
  readonly #stopping = new Set<string>();
  readonly #sidecarTurns: SidecarTurns;

  constructor(options: ContainersOptions) {
    this.#options = options;
    this.#records = [...options.records];
    const { clock, runtime } = options;
    this.#sidecarTurns = new SidecarTurns({
      clock,
      records: () => this.#records,
      stop: (i, graceSeconds) => runtime.stop(this.#records[i]!.id!, graceSeconds),
    });
  }

  get records(): readonly ContainerRecord[] {
    return this.#records;
  }

  get anyUp(): boolean {
    return this.#records.some(isUp);
  }

  get runtimeName(): string {
    return this.#options.runtime.version.split('://')[0]!;
  }

  /** True if the pod has containers that it had not, or others than it had. */
  observe(pod: Pod): boolean {
    const { containers, initContainers = [] } = pod.spec;
    const isRedefined = [...containers, ...initContainers]
      .map((container) => this.#redefine(container, pod))
      .includes(true);
    const known = new Set(this.#records.map(({ container }) => container.name));
    const added = ephemeralRecords(pod).filter(({ container }) => !known.has(container.name));
    this.#records.push(...added);
    return isRedefined || added.length > 0;
  }

  /**
   * One that runs is stopped, to start again with its new image whatever its policy says; one that
   * waits for its image begins anew.
   */
  #redefine(container: Container, { spec }: Pod): boolean {
    const i = this.#records.findIndex((each) => each.container.name === container.name);
    const record = this.#records[i];
    const known = record?.redefined ?? record?.container;
    if (record === undefined || known!.image === container.image) return false;
    if (!isUp(record) || record.kind === 'init') {
      this.#records[i] = { ...record, container, crashes: 0 };
      return true;
    }
    if (record.phase === 'starting') {
      this.#options.runtime.remove(record.id!);
      const { id: _begun, waiting: _why, ...rest } = record;
      this.#records[i] = { ...rest, container, phase: 'waiting', crashes: 0 };
      return true;
    }
    this.#records[i] = { ...record, redefined: container };
    if (this.#stopping.has(record.id!)) return true;
    this.#events(record).redefined();
    this.#stopping.add(record.id!);
    this.#options.runtime.stop(record.id!, spec.terminationGracePeriodSeconds ?? 30);
    return true;
  }

  /** Takes over the containers that an earlier agent left running. */
  adopt(): void {
    for (const [i, record] of this.#records.entries()) {
      if (record.phase !== 'running' || record.id === undefined) continue;
      const startedAtMs = parseTime(record.startedAt ?? '') ?? this.#options.clock.now();
      const { pod, latest, runtime } = this.#options;
      const { id, container } = record;
      const listener = this.#listener(i, { id, silent: true });
      runtime.adopt({ id, pod, latest, container, listener }, startedAtMs);
    }
  }

  start(i: number): void {
    const { pod, latest, runtime, random } = this.#options;
    const { exit, ...before } = this.#records[i]!;
    const older = idOf(before.lastExit);
    if (older !== undefined && older !== before.id) runtime.remove(older);
    const id = Buffer.from(random.bytes(32, 'container id')).toString('hex');
    const { startedAt: _past, waiting: _why, redefined, ...rest } = before;
    const container = redefined ?? before.container;
    this.#records[i] = {
      ...rest,
      container,
      phase: 'starting',
      id,
      started: false,
      ready: false,
      restartCount: before.restartCount + (exit === undefined ? 0 : 1),
      ...(exit === undefined ? {} : { lastExit: exit }),
    };
    const listener = this.#listener(i, { id, silent: false });
    runtime.start({ id, pod, latest, container, listener });
  }

  /**
   * The pod ends: asks containers that are up to end, sidecars when it is their turn; all of them
   * unless `indexes` says which.
   */
  stop(graceSeconds: number, indexes: readonly number[] = [...this.#records.keys()]): void {
    let waiting = false;
    for (const i of indexes) {
      const record = this.#records[i]!;
      if (!isUp(record)) continue;
      const id = record.id!;
      if (!this.#stopping.has(id)) this.#events(record).killing();
      this.#stopping.add(id);
      if (record.kind !== 'sidecar' || graceSeconds <= 0)
        this.#options.runtime.stop(id, graceSeconds);
      else waiting = true;
    }
    if (waiting) this.#sidecarTurns.begin(graceSeconds);
  }

  /** Ends all of them without a word. Of each container, the newest run and the one before. */
  remove(): void {
    this.#sidecarTurns.cancel();
    for (const { id, lastExit } of this.#records) {
      const ids = new Set([id, idOf(lastExit)]);
      for (const known of ids) if (known !== undefined) this.#options.runtime.remove(known);
    }
  }

  /** The agent stops; the next one takes them over. */
  leave(): void {
    this.#sidecarTurns.cancel();
    for (const { id } of this.#records) if (id !== undefined) this.#options.runtime.leave(id);
  }

  #events(record: ContainerRecord): ContainerEvents {
    return new ContainerEvents(this.#options.recorder, this.#options.pod, record);
  }

  /** News of runs that are over, or of containers taken over while they run, change nothing. */
  #listener(i: number, run: { readonly id: string; readonly silent: boolean }): ContainerListener {
    const { clock, changed, images } = this.#options;
    const update = (next: (record: ContainerRecord) => ContainerRecord): void => {
      const record = this.#records[i]!;
      if (record.id !== run.id || !isUp(record)) return;
      this.#records[i] = next(record);
      changed();
    };
    return {
      pulling: () => this.#events(this.#records[i]!).pulling(),
      waiting: ({ event, ...waiting }) => {
        update((record) => ({ ...record, waiting }));
        this.#events(this.#records[i]!).failed(event ?? waiting.message);
      },
      started: (started) => update((record) => ({ ...record, started })),
      unhealthy: (verdict) => this.#giveUp(i, run.id, verdict),
      event: (event) => this.#events(this.#records[i]!).record(event),
      running: (pullMs) => {
        if (run.silent) return;
        images.note(this.#records[i]!.container.image ?? '');
        update(({ waiting: _why, ...record }) => ({
          ...record,
          phase: 'running',
          started: true,
          startedAt: formatTime(clock.now()),
        }));
        this.#events(this.#records[i]!).started(pullMs);
      },
      ready: (ready) => update((record) => ({ ...record, ready })),
      exited: (exit) => {
        update((record) => this.#ended(record, exit));
        this.#sidecarTurns.look();
      },
    };
  }

  #giveUp(i: number, id: string, { probe, graceSeconds }: ProbeVerdict): void {
    const record = this.#records[i]!;
    if (record.id !== id || !isUp(record) || this.#stopping.has(id)) return;
    const { pod, runtime } = this.#options;
    this.#stopping.add(id);
    this.#events(record).gaveUp(probe, pod.spec.restartPolicy !== 'Never');
    runtime.stop(id, graceSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30);
  }

  #ended(record: ContainerRecord, { outage = false, ...exit }: ContainerExit): ContainerRecord {
    const { clock, pod } = this.#options;
    if (record.id !== undefined) this.#stopping.delete(record.id);
    const { startedAt } = record;
    const startedMs = startedAt === undefined ? undefined : parseTime(startedAt);
    const ranLong = startedMs !== undefined && clock.now() - startedMs >= BACKOFF_RESET_MS;
    const terminated: ContainerStateTerminated = {
      ...exit,
      ...(startedAt === undefined ? {} : { startedAt }),
      finishedAt: formatTime(clock.now()),
      containerID: `${this.runtimeName}://${record.id}`,
    };
    const { waiting: _why, ...rest } = record;
    const ended: ContainerRecord = {
      ...rest,
      phase: 'ended',
      started: false,
      ready: false,
      exit: terminated,
      crashes: outage || record.redefined !== undefined ? 0 : ranLong ? 1 : record.crashes + 1,
    };
    if (restarts(pod, ended) && restartDelayMs(ended.crashes) > 0) this.#events(ended).backOff();
    return ended;
  }
}
