/** When a file was written last, in milliseconds since the Unix epoch. */
export async function lastChange(path: string): Promise<number> {
  const { stat } = await import('node:fs/promises');
  return (await stat(path)).mtimeMs;
}
