/**
 * The files of a simulated container: what its pod mounts, as the API's objects say, a few that
 * every runtime puts there, and what commands wrote. Nothing of the image is known, so nothing of
 * it is there.
 */
import type { MemoryFolder } from './memory-folder.ts';
import { type StoredFile } from './memory-folder.ts';

/** A volume at its place. */
export interface Mount {
  /** Absolute, without a slash at its end. */
  readonly path: string;
  /** Below the volume; "" for all of it. */
  readonly subPath: string;
  readonly readOnly: boolean;
  /** Nothing is in it but what API objects say. */
  readonly isTold: boolean;
  /** What is in it; asked each time that it is looked at. */
  readonly open: () => Promise<MemoryFolder>;
}

export type Found =
  | { readonly kind: 'file'; readonly file: StoredFile }
  | { readonly kind: 'folder'; readonly names: readonly string[] };

/** As a program prints it: "cat: can't open '/x': No such file or directory". */
export class FileFault extends Error {
  override readonly name = 'FileFault';
}

export function absolute(path: string, cwd: string): string {
  const steps: string[] = [];
  for (const step of (path.startsWith('/') ? path : `${cwd}/${path}`).split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  return `/${steps.join('/')}`;
}

interface Place {
  readonly folder: MemoryFolder;
  /** Below the folder, without slashes at its ends. */
  readonly path: string;
  readonly readOnly: boolean;
  readonly isTold: boolean;
}

interface Layers {
  readonly mounts: readonly Mount[];
  /** The container's writable layer. */
  readonly own: MemoryFolder;
  readonly readOnlyRoot: boolean;
}

export class ContainerFiles {
  readonly #layers: Layers;
  #missed = false;

  constructor(layers: Layers) {
    const mounts = [...layers.mounts].sort((a, b) => b.path.length - a.path.length);
    this.#layers = { ...layers, mounts };
  }

  /**
   * True once something was looked for in vain where the image, or a program of it that nobody
   * knows, may have put it.
   */
  get missed(): boolean {
    return this.#missed;
  }

  /** The same files, for another command. */
  again(): ContainerFiles {
    return new ContainerFiles(this.#layers);
  }

  async find(path: string): Promise<Found | undefined> {
    const found = await this.#look(path);
    if (found?.kind !== 'file' && !(await this.#place(path)).isTold) this.#missed = true;
    return found;
  }

  async #look(path: string): Promise<Found | undefined> {
    const place = await this.#place(path);
    const file = place.folder.file(place.path);
    if (file !== undefined) return { kind: 'file', file };
    const inside = place.folder.names(place.path);
    const mounted = this.#mountsBelow(path);
    if (inside === undefined && mounted.length === 0 && !this.#isMount(path)) return undefined;
    return { kind: 'folder', names: [...new Set([...(inside ?? []), ...mounted])].sort() };
  }

  async read(path: string): Promise<Buffer> {
    const found = await this.find(path);
    if (found === undefined) throw new FileFault('No such file or directory');
    if (found.kind === 'folder') throw new FileFault('Is a directory');
    return found.file.bytes;
  }

  async write(path: string, bytes: Buffer, nowMs: number): Promise<void> {
    const found = await this.#look(path);
    if (found?.kind === 'folder') throw new FileFault('Is a directory');
    const parent = await this.#look(absolute('..', path));
    if (parent === undefined) throw new FileFault('No such file or directory');
    if (parent.kind === 'file') throw new FileFault('Not a directory');
    const place = await this.#writable(path);
    if (!place.folder.write(place.path, { bytes, mode: 0o644, atMs: nowMs }))
      throw new FileFault('No space left on device');
  }

  async makeFolder(path: string): Promise<void> {
    if ((await this.#look(path)) !== undefined) throw new FileFault('File exists');
    const place = await this.#writable(path);
    if (!place.folder.makeFolder(place.path)) throw new FileFault('No space left on device');
  }

  /** A file, or a folder with all that is in it. */
  async remove(path: string): Promise<void> {
    if ((await this.#look(path)) === undefined) throw new FileFault('No such file or directory');
    if (this.#isMount(path)) throw new FileFault('Resource busy');
    const place = await this.#writable(path);
    place.folder.remove(place.path);
  }

  async #writable(path: string): Promise<Place> {
    const place = await this.#place(path);
    if (place.readOnly) throw new FileFault('Read-only file system');
    return place;
  }

  async #place(path: string): Promise<Place> {
    const { mounts, own, readOnlyRoot } = this.#layers;
    const mount = mounts.find((each) => path === each.path || path.startsWith(`${each.path}/`));
    if (mount === undefined)
      return { folder: own, path: path.slice(1), readOnly: readOnlyRoot, isTold: false };
    const below = path.slice(mount.path.length + 1);
    const inside = [mount.subPath, below].filter((step) => step !== '').join('/');
    const { readOnly, isTold } = mount;
    return { folder: await mount.open(), path: inside, readOnly, isTold };
  }

  #isMount(path: string): boolean {
    return path === '/' || this.#layers.mounts.some((mount) => mount.path === path);
  }

  /** First steps of the mounts below a folder. */
  #mountsBelow(path: string): string[] {
    const prefix = path === '/' ? '/' : `${path}/`;
    return this.#layers.mounts
      .filter((mount) => mount.path.startsWith(prefix))
      .map((mount) => mount.path.slice(prefix.length).split('/')[0]!);
  }
}
