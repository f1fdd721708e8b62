import { resolve } from 'node:path';

/** Of a path that may be relative to the working folder. */
export const absolutePath = (path: string): string => resolve(path);
