/**
 * Folders that others read while they change: volumes, containers' roots and logs. Paths are
 * absolute; failures reject with the system's error. Nothing is synced: what is lost with the
 * machine is made again.
 */
export interface FileAppender {
  /** Of the file, as far as this appender knows. */
  readonly bytes: number;
  /** In order; what is written at once stands together. */
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export interface FileTree {
  /** Follows links. */
  kindOf(path: string): Promise<'file' | 'folder' | 'other' | undefined>;
  /** With its parents. The mode is what the umask leaves of it, unless it is given. */
  makeFolder(path: string, mode?: number): Promise<void>;
  write(path: string, bytes: Uint8Array | string, mode: number): Promise<void>;
  /** A symbolic link; one that is there is replaced at once. */
  link(path: string, target: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  append(path: string): Promise<FileAppender>;
  /**
   * What the folder takes of the disk with all below it, itself not counted. Follows no links; what
   * is not there, or may not be read, takes nothing.
   */
  bytesBelow(path: string): Promise<number>;
  /** Up to so many bytes of the file from there; none if it does not exist. */
  read(path: string, from: number, length: number): Promise<Uint8Array>;
}
