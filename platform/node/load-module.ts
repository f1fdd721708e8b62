import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

type ImportModule = (href: string) => Promise<unknown>;

/** Where this is compiled as a script, which may not import, whoever runs it lends its own. */
const lent = (import.meta as { readonly importModule?: ImportModule }).importModule;

/** Loads a JavaScript module that is no part of the package. Rejects with Node's own error. */
export async function loadModule(path: string): Promise<unknown> {
  const { href } = pathToFileURL(resolve(path));
  return lent === undefined ? ((await import(href)) as unknown) : lent(href);
}
