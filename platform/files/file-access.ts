/**
 * Files too large to hold: read in any order, written from start to end. Failures reject with
 * the operating system's error, whose `code` is kept.
 */
export interface ReadableFile {
  readonly bytes: number;
  /** Shorter than asked for only at the end of the file. */
  read(offset: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

export interface WritableFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Makes what was written durable under the file's name, at once and whole. */
  commit(): Promise<void>;
  /** Leaves nothing behind. Harmless after {@link commit}. */
  abandon(): Promise<void>;
}

export interface FileAccess {
  open(path: string): Promise<ReadableFile>;
  /** Writes aside until committed. */
  create(path: string): Promise<WritableFile>;
}
