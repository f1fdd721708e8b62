/** A log file that is put aside when it is large; lines are written before the call returns. */
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { backupOf, backupsOf, PACKED, type Retention } from './log-backups.ts';

export interface LogRotation extends Retention {
  readonly maxBytes: number;
  /** In the names of files put aside. Otherwise UTC. */
  readonly isLocalTime: boolean;
  /** Those put aside become `.gz`. */
  readonly compresses: boolean;
}

export class RotatingFile {
  readonly #path: string;
  readonly #rotation: LogRotation;
  #file: number;
  #bytes: number;
  #packing: Promise<void> = Promise.resolve();

  /** Throws the operating system's error if the file cannot be opened. */
  constructor(path: string, rotation: LogRotation) {
    this.#path = path;
    this.#rotation = rotation;
    mkdirSync(dirname(path), { recursive: true });
    this.#file = openSync(path, 'a', 0o600);
    this.#bytes = fstatSync(this.#file).size;
  }

  /** Written before it returns. What cannot be, as on a full disk, is dropped. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    try {
      if (this.#bytes > 0 && this.#bytes + bytes.length > this.#rotation.maxBytes) this.#rotate();
    } catch {
      // It grows on, then.
    }
    try {
      this.#bytes += writeSync(this.#file, bytes);
    } catch {
      // No process ends because it cannot log.
    }
  }

  /** Settles when what is put aside is packed. */
  packed(): Promise<void> {
    return this.#packing;
  }

  #rotate(): void {
    const backup = this.#backupPath();
    renameSync(this.#path, backup);
    let next: number;
    try {
      next = openSync(this.#path, 'a', 0o600);
    } catch (error) {
      renameSync(backup, this.#path);
      throw error;
    }
    closeSync(this.#file);
    [this.#file, this.#bytes] = [next, 0];
    this.#packing = this.#packing.then(() => this.#tidy()).catch(() => {});
  }

  #backupPath(): string {
    for (let now = Date.now(); ; now++) {
      const path = backupOf(this.#path, now, this.#rotation.isLocalTime);
      if (!existsSync(path)) return path;
    }
  }

  async #tidy(): Promise<void> {
    const folder = dirname(this.#path);
    const { kept, expired } = backupsOf(this.#path, await readdir(folder), this.#rotation);
    for (const path of expired) await rm(path, { force: true });
    if (!this.#rotation.compresses) return;
    for (const path of kept) if (!path.endsWith(PACKED)) await pack(path);
  }
}

/** Killed amid it, the next rotation packs the file anew. */
async function pack(path: string): Promise<void> {
  const unfinished = `${path}${PACKED}.tmp`;
  const to = createWriteStream(unfinished, { mode: 0o600 });
  await pipeline(createReadStream(path), createGzip(), to);
  await rename(unfinished, `${path}${PACKED}`);
  await rm(path);
}
