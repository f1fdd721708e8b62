import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Loads a JavaScript module that is no part of the package. Rejects with Node's own error. */
export async function loadModule(path: string): Promise<unknown> {
  const { href } = pathToFileURL(resolve(path));
  return (await import(href)) as unknown;
}
