import type { DurableFile } from './durable-file.ts';

export interface WriteOptions {
  /** Default 0o600. */
  readonly mode?: number;
  /** False: atomically only. What a start writes anew may be lost with the power. Default true. */
  readonly durable?: boolean;
}

/**
 * The few file operations outside the storage engine: certificates, kubeconfigs, pid files.
 * Paths are absolute or relative to the working folder. Every failure rejects with the
 * operating system's error, whose `code` is kept (`ENOENT`, `EACCES`, `ENOSPC`, …).
 */
export interface Disk {
  /** The file's bytes, or undefined if it does not exist. */
  read(path: string): Promise<Uint8Array | undefined>;
  /**
   * Replaces the file atomically and durably (write aside, fsync, rename, fsync the folder).
   * Missing parent folders are made.
   */
  write(path: string, bytes: Uint8Array | string, options?: WriteOptions): Promise<void>;
  /** Removes the file, or the folder with all in it, if it is there. */
  remove(path: string): Promise<void>;
  /** Names in a folder, sorted; empty if the folder does not exist. */
  list(path: string): Promise<string[]>;
  /** Makes the folder and its parents with `mode` 0o700 unless they exist. */
  makeFolder(path: string): Promise<void>;
  /**
   * Opens a file for durable writes; one that is missing or smaller than `bytes` is first filled up
   * with zeros. Undefined if there is none and `bytes` is 0, or the system has no such writes.
   */
  openDurable(path: string, bytes: number): Promise<DurableFile | undefined>;
  /** Whether the binding of RocksDB runs here; where not, loading it may abort the process. */
  readonly hasRocksdb: boolean;
}
