import { MemoryFolder } from './memory-folder.ts';

/** Beyond so many, the one that was looked at longest ago is forgotten. */
const MAX_VOLUMES = 10_000;

/**
 * What commands wrote into simulated volumes: those of pods until they are gone, those of claims
 * and of nodes as long as this process lives.
 */
export class HollowVolumes {
  readonly #volumes = new Map<string, MemoryFolder>();

  ofPod(podUid: string, name: string): MemoryFolder {
    return this.#at(`pod/${podUid}/${name}`);
  }

  ofNode(node: string, path: string): MemoryFolder {
    return this.#at(`node/${node}${path}`);
  }

  /** By the PersistentVolume, whoever claims it. */
  persistent(name: string): MemoryFolder {
    return this.#at(`volume/${name}`);
  }

  podGone(podUid: string): void {
    for (const key of this.#volumes.keys())
      if (key.startsWith(`pod/${podUid}/`)) this.#volumes.delete(key);
  }

  #at(key: string): MemoryFolder {
    const volume = this.#volumes.get(key) ?? new MemoryFolder();
    this.#volumes.delete(key);
    this.#volumes.set(key, volume);
    if (this.#volumes.size > MAX_VOLUMES) this.#volumes.delete(this.#volumes.keys().next().value!);
    return volume;
  }
}
