/** Absolute and without links; undefined if nothing is there. */
export async function realPath(path: string): Promise<string | undefined> {
  const { realpath } = await import('node:fs/promises');
  return realpath(path).catch(() => undefined);
}
