/**
 * Where a member's engine lies. A snapshot from the leader is received into an engine in a folder
 * of its own; once it is complete and durable, one atomic write makes that folder the current
 * one. Before it a crash leaves the old state, after it the new one.
 */
import type { Disk } from '../../platform/files/disk.ts';
import type { Engine } from '../engine/engine.ts';
import type { Settings } from '../replica/options.ts';

const FIRST_FOLDER = 'member';
const POINTER = 'current-engine';

/** etcd's own files are of another format: a new store beside them would look like their loss. */
export async function isEtcdFolder(dataDir: string, disk: Disk): Promise<boolean> {
  const names = await disk.list(`${dataDir}/${FIRST_FOLDER}`);
  return names.includes('wal') || names.includes('snap');
}

export class EngineFolders {
  readonly #settings: Settings;
  #current: string;

  private constructor(settings: Settings, current: string) {
    this.#settings = settings;
    this.#current = current;
  }

  static async find(settings: Settings): Promise<EngineFolders> {
    const pointer = await settings.disk.read(`${settings.dataDir}/${POINTER}`);
    const current = pointer === undefined ? FIRST_FOLDER : Buffer.from(pointer).toString().trim();
    return new EngineFolders(settings, current);
  }

  async exists(): Promise<boolean> {
    const { disk, dataDir } = this.#settings;
    return (await disk.list(`${dataDir}/${this.#current}`)).length > 0;
  }

  open(): Promise<Engine> {
    return this.#open(this.#current);
  }

  #open(folder: string): Promise<Engine> {
    const { engine, dataDir, disk, logger, clock, random } = this.#settings;
    return engine({ path: `${dataDir}/${folder}`, disk, logger, clock, random });
  }

  /** An empty engine beside the current one. */
  async stage(): Promise<Engine> {
    await this.#remove(this.#next);
    return this.#open(this.#next);
  }

  /** The staged engine is the current one from here on. */
  async adopt(): Promise<void> {
    const { disk, dataDir } = this.#settings;
    await disk.write(`${dataDir}/${POINTER}`, this.#next);
    this.#current = this.#next;
  }

  /** Removes the folder that is not current. No engine may be open on it. */
  clean(): Promise<void> {
    return this.#remove(this.#next);
  }

  /** Two folders take turns. */
  get #next(): string {
    return this.#current === FIRST_FOLDER ? `${FIRST_FOLDER}-2` : FIRST_FOLDER;
  }

  #remove(folder: string): Promise<void> {
    return this.#settings.disk.remove(`${this.#settings.dataDir}/${folder}`);
  }
}
