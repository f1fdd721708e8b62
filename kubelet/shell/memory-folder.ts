export interface StoredFile {
  readonly bytes: Buffer;
  readonly mode: number;
  readonly atMs: number;
}

/** What one folder may hold in all, paths included. */
const MAX_BYTES = 1 << 20;

/** A tree of files in memory. Paths are relative, their steps divided by "/"; "" is the folder. */
export class MemoryFolder {
  readonly #files: Map<string, StoredFile>;
  readonly #folders = new Set<string>();

  /** What is there from the beginning may be of any size. */
  constructor(files: Iterable<readonly [string, StoredFile]> = []) {
    this.#files = new Map(files);
  }

  file(path: string): StoredFile | undefined {
    return this.#files.get(path);
  }

  /** Of what is in that folder; undefined if there is none. */
  names(path: string): string[] | undefined {
    const prefix = path === '' ? '' : `${path}/`;
    const names = new Set<string>();
    for (const each of [...this.#files.keys(), ...this.#folders])
      if (each.startsWith(prefix) && each !== path)
        names.add(each.slice(prefix.length).split('/')[0]!);
    if (names.size === 0 && path !== '' && !this.#folders.has(path)) return undefined;
    return [...names];
  }

  /** False if there is no room for it. */
  write(path: string, file: StoredFile): boolean {
    const before = this.#files.get(path)?.bytes.length ?? 0;
    if (this.#size() - before + path.length + file.bytes.length > MAX_BYTES) return false;
    this.#files.set(path, file);
    return true;
  }

  makeFolder(path: string): boolean {
    if (this.#size() + path.length > MAX_BYTES) return false;
    this.#folders.add(path);
    return true;
  }

  remove(path: string): void {
    for (const each of [...this.#files.keys()])
      if (each === path || each.startsWith(`${path}/`)) this.#files.delete(each);
    for (const each of [...this.#folders])
      if (each === path || each.startsWith(`${path}/`)) this.#folders.delete(each);
  }

  #size(): number {
    let size = 0;
    for (const [path, { bytes }] of this.#files) size += path.length + bytes.length;
    for (const path of this.#folders) size += path.length;
    return size;
  }
}
