export interface DiskSpace {
  /** What this user may still write. */
  readonly freeBytes: number;
  readonly bytes: number;
}

/** Of the file system that holds `path`. */
export async function diskSpace(path: string): Promise<DiskSpace> {
  const { statfs } = await import('node:fs/promises');
  const { bavail, blocks, bsize } = await statfs(path);
  return { freeBytes: bavail * bsize, bytes: blocks * bsize };
}
