/**
 * A folder whose files change all at once, as the kubelet writes them: names are links into
 * `..data`, itself a link to a folder that is never changed (pkg/volume/util: atomic writer).
 */
import type { Disk } from '../../../platform/files/disk.ts';
import type { FileTree } from '../../../platform/files/file-tree.ts';
import type { Payload } from './payload.ts';

export class AtomicFolder {
  readonly #files: FileTree;
  readonly #disk: Disk;
  readonly #path: string;
  #written: Payload = new Map();
  #number = 0;

  constructor(effects: { readonly files: FileTree; readonly disk: Disk }, path: string) {
    this.#files = effects.files;
    this.#disk = effects.disk;
    this.#path = path;
  }

  async write(payload: Payload): Promise<void> {
    if (this.#number > 0 && same(payload, this.#written)) return;
    // What an earlier agent wrote may stand under the first numbers.
    const names = await this.#disk.list(this.#path);
    const taken = names.flatMap((name) => /^\.\.(\d+)$/.exec(name)?.[1] ?? []).map(Number);
    this.#number = Math.max(this.#number, 0, ...taken) + 1;
    const data = `..${this.#number}`;
    await this.#files.makeFolder(`${this.#path}/${data}`, 0o755);
    for (const [path, { bytes, mode }] of payload) {
      const target = `${this.#path}/${data}/${path}`;
      await this.#files.makeFolder(target.slice(0, target.lastIndexOf('/')));
      await this.#files.write(target, bytes, mode);
    }
    await this.#files.link(`${this.#path}/..data`, data);
    const shown = new Set([...payload.keys()].map((path) => path.split('/')[0]!));
    for (const name of shown) await this.#files.link(`${this.#path}/${name}`, `..data/${name}`);
    for (const name of names)
      if (name !== '..data' && name !== data && !shown.has(name))
        await this.#disk.remove(`${this.#path}/${name}`);
    this.#written = payload;
  }
}

function same(a: Payload, b: Payload): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([path, { bytes, mode }]) => {
    const other = b.get(path);
    return other !== undefined && other.mode === mode && bytes.equals(other.bytes);
  });
}
