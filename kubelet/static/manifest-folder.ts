/**
 * Static pods from a folder: one Pod per file, YAML or JSON, as a kubelet's staticPodPath. What
 * cannot be read is told in the log and left out.
 */
import { parseYaml } from '../../api/yaml.ts';
import { deepEqual } from '../../api/deep.ts';
import { sleep, type Clock } from '../../platform/clock.ts';
import type { Disk } from '../../platform/files/disk.ts';
import type { Running } from '../../platform/lifecycle.ts';
import type { Logger } from '../../platform/logger.ts';
import type { StaticManifest } from './static-pod.ts';
import type { StaticSource } from './static-pods.ts';

const LOOK_MS = 1000;
/** More files than this are not looked at. */
const MAX_FILES = 1000;

export interface ManifestFolderOptions {
  readonly folder: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hash: (text: string) => string;
}

export class ManifestFolder implements StaticSource {
  readonly name = 'file';
  readonly hash: (text: string) => string;
  readonly #options: ManifestFolderOptions;
  /** By file: what was wrong with it, so that each fault is told once. */
  #faults: ReadonlyMap<string, string> = new Map();
  #latest: readonly StaticManifest[] = [];

  constructor(options: ManifestFolderOptions) {
    this.#options = options;
    this.hash = options.hash;
  }

  async read(): Promise<readonly StaticManifest[]> {
    const { folder, disk, logger } = this.#options;
    const faults = new Map<string, string>();
    const manifests: StaticManifest[] = [];
    // Editors write aside and rename; hidden files are theirs.
    const names = (await disk.list(folder)).filter((name) => !name.startsWith('.'));
    for (const name of names.slice(0, MAX_FILES)) {
      try {
        const bytes = await disk.read(`${folder}/${name}`);
        if (bytes !== undefined) manifests.push(manifestIn(Buffer.from(bytes).toString()));
      } catch (error) {
        faults.set(name, error instanceof Error ? error.message : String(error));
      }
    }
    for (const [name, fault] of faults)
      if (this.#faults.get(name) !== fault)
        logger.error({ file: `${folder}/${name}`, fault }, 'no static pod can be made of a file');
    this.#faults = faults;
    this.#latest = manifests;
    return manifests;
  }

  follow(changed: (manifests: readonly StaticManifest[]) => void): Running {
    const stopping = new AbortController();
    const running = this.#look(changed, stopping.signal);
    return {
      stop() {
        stopping.abort();
        return running;
      },
    };
  }

  async #look(
    changed: (manifests: readonly StaticManifest[]) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, logger, folder } = this.#options;
    for (;;) {
      await sleep(clock, LOOK_MS, signal);
      if (signal.aborted) return;
      const before = this.#latest;
      try {
        const now = await this.read();
        if (!signal.aborted && !deepEqual(now, before)) changed(now);
      } catch (error) {
        logger.warn({ err: error, folder }, 'manifests of static pods cannot be listed');
      }
    }
  }
}

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Throws what is wrong with it. What the API server would refuse, it refuses of the mirror. */
function manifestIn(text: string): StaticManifest {
  const value = parseYaml(text);
  if (!isObject(value)) throw new Error('it holds no object');
  const { apiVersion, kind, metadata, spec } = value;
  if (apiVersion !== 'v1' || kind !== 'Pod') throw new Error('it is no v1 Pod');
  const name = isObject(metadata) ? metadata['name'] : undefined;
  if (typeof name !== 'string' || !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name))
    throw new Error('metadata.name: a name of lower-case letters, digits, "-" and "." is needed');
  const containers = isObject(spec) ? spec['containers'] : undefined;
  const named = (each: unknown): boolean => isObject(each) && typeof each['name'] === 'string';
  if (!Array.isArray(containers) || containers.length === 0 || !containers.every(named))
    throw new Error('spec.containers: a list of named containers is needed');
  return { metadata, spec } as unknown as StaticManifest;
}
