/** The volumes of one pod, as folders of this machine. */
import { persistentVolumeClaims, persistentVolumes } from '../../../api/resources.ts';
import { isStatus } from '../../../api/status.ts';
import type { HostPathVolumeSource, Pod, Volume } from '../../../api/types/core-v1.ts';
import { AssertionError } from '../../../platform/assert.ts';
import type { Clock, Timer } from '../../../platform/clock.ts';
import type { Disk } from '../../../platform/files/disk.ts';
import type { FileTree } from '../../../platform/files/file-tree.ts';
import { VolumeError } from '../config-error.ts';
import type { PodPlace } from '../downward.ts';
import type { PodObjects } from '../pod-objects.ts';
import { AtomicFolder } from './atomic-folder.ts';
import { type PayloadSources, volumePayload } from './payload.ts';
import { PodTokens } from './service-account-token.ts';

/** How often the kubelet brings what is projected up to date. */
const REFRESH_MS = 60_000;

export interface PodVolumesOptions {
  readonly pod: Pod;
  readonly place: PodPlace;
  readonly objects: PodObjects;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly files: FileTree;
  /** A folder of this pod's own. */
  readonly folder: string;
  /** Where volumes that outlive pods are; shared by the nodes of this machine. */
  readonly persistent: string;
}

export class PodVolumes {
  readonly #options: PodVolumesOptions;
  readonly #sources: PayloadSources;
  /** Made, or being made: containers that start together wait for one and the same. */
  readonly #paths = new Map<string, Promise<string>>();
  readonly #projected: { volume: Volume; folder: AtomicFolder }[] = [];
  #refresh: Timer | undefined;
  #stopped = false;

  constructor(options: PodVolumesOptions) {
    const { pod, place, objects, clock } = options;
    const tokens = new PodTokens(clock, pod, objects);
    this.#options = options;
    this.#sources = { pod, place, objects, token: (asked) => tokens.token(asked) };
  }

  /** The volume's path. Rejects with {@link VolumeError} if it cannot be had, now or ever. */
  async path(name: string): Promise<string> {
    const volumes = this.#options.pod.spec.volumes ?? [];
    const index = volumes.findIndex((volume) => volume.name === name);
    const volume = volumes[index];
    if (volume === undefined) throw new VolumeError(`there is no volume ${JSON.stringify(name)}`);
    const known = this.#paths.get(name);
    if (known !== undefined) return known;
    const path = this.#make(volume, index);
    this.#paths.set(name, path);
    path.catch(() => this.#paths.delete(name));
    return path;
  }

  /** Their names and paths, as far as they were asked for. */
  get emptyDirs(): readonly (readonly [name: string, path: string])[] {
    const { pod, folder } = this.#options;
    return (pod.spec.volumes ?? [])
      .filter(({ name, emptyDir }) => emptyDir !== undefined && this.#paths.has(name))
      .map(({ name }) => [name, `${folder}/${name}`] as const);
  }

  stop(): void {
    this.#stopped = true;
    this.#refresh?.cancel();
  }

  async #make(volume: Volume, index: number): Promise<string> {
    const { files, folder } = this.#options;
    const path = `${folder}/${volume.name}`;
    if (volume.emptyDir !== undefined) {
      await files.makeFolder(path, 0o777);
      return path;
    }
    if (volume.hostPath !== undefined) return this.#hostPath(volume.hostPath);
    if (volume.persistentVolumeClaim !== undefined)
      return this.#claim(volume.persistentVolumeClaim.claimName);
    if (volume.ephemeral !== undefined)
      return this.#claim(`${this.#options.pod.metadata.name}-${volume.name}`);
    const payload = await volumePayload(volume, this.#sources);
    if (payload === undefined) {
      const [field = 'name'] = Object.keys(volume).filter((key) => key !== 'name');
      throw new VolumeError(`spec.volumes[${index}].${field}: the process runtime cannot mount it`);
    }
    await files.makeFolder(path, 0o755);
    const atomic = new AtomicFolder(this.#options, path);
    await atomic.write(payload);
    this.#projected.push({ volume, folder: atomic });
    this.#refresh ??= this.#schedule();
    return path;
  }

  #schedule(): Timer {
    return this.#options.clock.after(REFRESH_MS, () => {
      void this.#renew().then(() => {
        if (!this.#stopped) this.#refresh = this.#schedule();
      });
    });
  }

  /** What cannot be read now stays as it is until the next time. */
  async #renew(): Promise<void> {
    for (const { volume, folder } of this.#projected) {
      try {
        const payload = await volumePayload(volume, this.#sources);
        if (payload !== undefined && !this.#stopped) await folder.write(payload);
      } catch (error) {
        if (error instanceof AssertionError) throw error;
      }
    }
  }

  async #hostPath({ path, type = '' }: HostPathVolumeSource): Promise<string> {
    const { files } = this.#options;
    const kind = await files.kindOf(path);
    if (kind === undefined && type === 'DirectoryOrCreate') await files.makeFolder(path, 0o755);
    else if (kind === undefined && type === 'FileOrCreate') await files.write(path, '', 0o644);
    else if (type !== '') {
      const wanted = type.startsWith('Directory') ? 'folder' : 'file';
      const fits = /^(Socket|CharDevice|BlockDevice)$/.test(type) ? 'other' : wanted;
      if (kind !== fits)
        throw new VolumeError(`hostPath type check failed: ${path} is not a ${type.toLowerCase()}`);
    }
    return path;
  }

  /** A volume of this machine's; those of our own provisioner are folders here. */
  async #claim(claimName: string): Promise<string> {
    const { objects, files, persistent } = this.#options;
    const { client, namespace } = objects;
    const claim = await found(client.get(persistentVolumeClaims, { namespace, name: claimName }));
    if (claim === undefined)
      throw new VolumeError(`persistentvolumeclaim "${claimName}" not found`);
    const name = claim.spec.volumeName;
    const volume = name ? await found(client.get(persistentVolumes, { name })) : undefined;
    if (volume === undefined)
      throw new VolumeError(`persistentvolumeclaim "${claimName}" is not bound yet`);
    const { hostPath, local, csi } = volume.spec;
    if (hostPath !== undefined) return this.#hostPath(hostPath);
    if (local !== undefined) return this.#hostPath({ path: local.path });
    if (csi?.driver !== 'hollow.wherry.io')
      throw new VolumeError(
        `persistentvolume ${name}: the process runtime mounts hostPath, local and hollow ones only`,
      );
    const path = `${persistent}/${name}`;
    await files.makeFolder(path, 0o777);
    return path;
  }
}

async function found<T>(object: Promise<T>): Promise<T | undefined> {
  try {
    return await object;
  } catch (error) {
    if (isStatus(error, 'NotFound')) return undefined;
    throw error;
  }
}
