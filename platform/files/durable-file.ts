/**
 * A file whose size is fixed and whose blocks are on the disk already, zeros at first, so that a
 * write changes nothing but its bytes: the file system has nothing of its own to write with them.
 */
export interface DurableFile {
  readonly size: number;
  /** All of it. */
  read(): Promise<Buffer>;
  /**
   * Durable when it resolves. One at a time, and within the file's size. With `mayBlock` the
   * calling thread itself may wait for the disk.
   */
  write(bytes: Uint8Array, at: number, how?: { readonly mayBlock: boolean }): Promise<void>;
  /** CRC-32 (IEEE 802.3) of what is written: the system's own, much faster than ours. */
  readonly crc32: (bytes: Uint8Array) => number;
  close(): Promise<void>;
}
