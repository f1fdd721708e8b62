/**
 * Which of the machine's processes are of which container of a node, and what they use.
 *
 * A process is a container's if its environment says so, if its parent or whoever began its
 * session is the container's, or if it was found to be at an earlier look. So one that leaves its
 * session and clears its environment is lost only if its parents end before anybody looked.
 *
 * CPU time that a process takes with it when nobody of its container waits for it is counted up to
 * the last look.
 */
import type { Clock, Timer } from '../../platform/clock.ts';
import type { EndingSignal, Processes, ProcessId, ProcessUse } from '../../platform/processes.ts';
import type { ContainerUse } from '../container-streams.ts';
import { CONTAINER_VARIABLE } from './process-host.ts';

/** As often as cAdvisor looks at containers. */
export const LOOK_MS = 10_000;
/** Those with a limit of memory are looked at so often: nobody holds them to it in between. */
export const MEMORY_LOOK_MS = 1000;

/** What a run may have of the machine's memory. */
export interface MemoryLimit {
  /** As it is now; undefined: as much as there is. */
  bytes(): number | undefined;
  /** Called at each look that finds more. */
  exceeded(): void;
}

export interface Follow {
  /** The first process has just begun. */
  readonly isNew: boolean;
  readonly memory?: MemoryLimit;
}

interface Followed {
  readonly id: ProcessId;
  readonly memory: MemoryLimit | undefined;
  /** Of its processes at the last look; undefined if there was none since an agent took it over. */
  sum: number | undefined;
  /** When that was, by the steady clock. */
  atMs: number;
  cpuSeconds: number;
  use: ContainerUse | undefined;
}

const keyOf = ({ pid, startTime }: ProcessId): string => `${pid}/${startTime}`;

export class ContainerProcesses {
  readonly #clock: Clock;
  readonly #processes: Processes;
  /** By the folder of the run. */
  readonly #followed = new Map<string, Followed>();
  /** Folders by process, as they were found last. */
  #found: ReadonlyMap<string, string> = new Map();
  #timer: Timer | undefined;
  #memoryTimer: Timer | undefined;

  constructor({ clock, processes }: { readonly clock: Clock; readonly processes: Processes }) {
    this.#clock = clock;
    this.#processes = processes;
  }

  /** `id` is its first process. Ends with `forget`. */
  follow(folder: string, id: ProcessId, { isNew, memory }: Follow): void {
    const sum = isNew ? 0 : undefined;
    const atMs = this.#clock.monotonic();
    this.#followed.set(folder, { id, memory, sum, atMs, cpuSeconds: 0, use: undefined });
    this.#timer ??= this.#next();
    this.#memoryTimer ??= this.#nextOfMemory();
  }

  forget(folder: string): void {
    this.#followed.delete(folder);
    if (this.#followed.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#memoryTimer?.cancel();
    this.#memoryTimer = undefined;
    this.#found = new Map();
  }

  /** Undefined until it was measured. */
  use(folder: string): ContainerUse | undefined {
    return this.#followed.get(folder)?.use;
  }

  /**
   * SIGTERM goes to the session that `first` began; SIGKILL to all that is of the run, even if the
   * run is not followed.
   */
  signal(folder: string, first: ProcessId | undefined, signal: EndingSignal): void {
    // Before SIGTERM too: what loses its parents by it is known to be the container's from now on.
    const all = this.#look(folder).get(folder) ?? [];
    if (first !== undefined) this.#processes.signal(first, signal);
    if (signal === 'SIGKILL') for (const { id } of all) this.#processes.signal(id, signal);
  }

  #next(): Timer {
    return this.#clock.after(LOOK_MS, () => {
      this.#measure();
      this.#timer = this.#next();
    });
  }

  #nextOfMemory(): Timer {
    return this.#clock.after(MEMORY_LOOK_MS, () => {
      this.#memoryTimer = this.#nextOfMemory();
      this.#holdToLimits();
    });
  }

  #holdToLimits(): void {
    const limited = [...this.#followed].flatMap(([folder, { memory }]) => {
      const bytes = memory?.bytes();
      return bytes === undefined ? [] : [{ folder, bytes, exceeded: () => memory!.exceeded() }];
    });
    if (limited.length === 0) return;
    const found = this.#look();
    for (const { folder, bytes, exceeded } of limited)
      if (this.#hasMore(found.get(folder) ?? [], bytes)) exceeded();
  }

  /** What processes share counts once: a server with many workers has less than their sum. */
  #hasMore(uses: readonly ProcessUse[], bytes: number): boolean {
    const resident = uses.reduce((sum, use) => sum + use.memoryBytes, 0);
    if (resident <= bytes) return false;
    const share = (use: ProcessUse): number =>
      this.#processes.memoryShare(use.id) ?? use.memoryBytes;
    return uses.reduce((sum, use) => sum + share(use), 0) > bytes;
  }

  #measure(): void {
    const found = this.#look();
    for (const [folder, followed] of this.#followed) {
      const uses = found.get(folder);
      if (uses !== undefined) this.#count(followed, uses);
    }
  }

  #count(followed: Followed, uses: readonly ProcessUse[]): void {
    const nowMs = this.#clock.monotonic();
    const sum = uses.reduce((before, { cpuSeconds }) => before + cpuSeconds, 0);
    const memoryBytes = uses.reduce((before, use) => before + use.memoryBytes, 0);
    // Less than before: somebody ended for whom nobody waited.
    const more = Math.max(0, sum - (followed.sum ?? 0));
    followed.cpuSeconds += more;
    if (followed.sum !== undefined && nowMs > followed.atMs)
      followed.use = {
        atMs: this.#clock.now(),
        cpuSeconds: followed.cpuSeconds,
        cores: (more * 1000) / (nowMs - followed.atMs),
        memoryBytes,
      };
    followed.sum = sum;
    followed.atMs = nowMs;
  }

  /** By folder, of those that are followed, and of this one. */
  #look(asked?: string): ReadonlyMap<string, readonly ProcessUse[]> {
    const all = this.#processes.uses();
    const ownerOf = this.#owners(all, (folder) => folder === asked || this.#followed.has(folder));
    const byFolder = new Map<string, ProcessUse[]>();
    const found = new Map<string, string>();
    for (const use of all) {
      const folder = ownerOf(use);
      if (folder === undefined) continue;
      found.set(keyOf(use.id), folder);
      const before = byFolder.get(folder);
      if (before === undefined) byFolder.set(folder, [use]);
      else before.push(use);
    }
    this.#found = found;
    return byFolder;
  }

  #owners(
    all: readonly ProcessUse[],
    isWanted: (folder: string) => boolean,
  ): (use: ProcessUse) => string | undefined {
    const byPid = new Map(all.map((use) => [use.id.pid, use]));
    const told = new Map(
      this.#processes.withVariable(CONTAINER_VARIABLE).map(({ id, value }) => [keyOf(id), value]),
    );
    const firsts = new Map([...this.#followed].map(([folder, { id }]) => [keyOf(id), folder]));
    // The number of a session is not given anew while one of it runs, though its first has ended.
    const sessions = new Map([...this.#followed].map(([folder, { id }]) => [id.pid, folder]));
    const owners = new Map<ProcessUse, string | undefined>();
    const own = (use: ProcessUse): string | undefined => {
      const key = keyOf(use.id);
      for (const by of [told, firsts, this.#found]) {
        const folder = by.get(key);
        if (folder !== undefined && isWanted(folder)) return folder;
      }
      const parent = byPid.get(use.parent);
      const first = byPid.get(use.session);
      return (parent && ownerOf(parent)) ?? (first ? ownerOf(first) : sessions.get(use.session));
    };
    const ownerOf = (use: ProcessUse): string | undefined => {
      if (owners.has(use)) return owners.get(use);
      owners.set(use, undefined);
      const folder = own(use);
      owners.set(use, folder);
      return folder;
    };
    return ownerOf;
  }
}
