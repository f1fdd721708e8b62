import { namespaced, type Overload } from '../overloads.ts';

/** Of mutating policies: keys within the paths of JSON patches. */
export const jsonPatchLibrary: readonly Overload[] = [
  namespaced('jsonpatch', 'escapeKey(string): string', (key: string) =>
    key.replace(/~/g, '~0').replace(/\//g, '~1'),
  ),
];
