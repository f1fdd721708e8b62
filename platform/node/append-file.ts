import { open } from 'node:fs/promises';

/** Appends to a file, which is made if it is missing; only its owner may read it. */
export async function appendFile(path: string): Promise<{
  write(text: string): Promise<void>;
  close(): Promise<void>;
}> {
  const file = await open(path, 'a', 0o600);
  return {
    write: (text) => file.appendFile(text),
    close: () => file.close(),
  };
}

/** The process's standard output, which stays open. */
export const standardOutput = {
  write: (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
    }),
  close: (): Promise<void> => Promise.resolve(),
};
