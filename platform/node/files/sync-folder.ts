/** `node:fs/promises` takes a command line noticeable time to load: only who writes needs it. */
export const promises = () => import('node:fs/promises');

/** Resolves when the names in the folder are durable. */
export async function syncFolder(path: string): Promise<void> {
  const { open } = await promises();
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
