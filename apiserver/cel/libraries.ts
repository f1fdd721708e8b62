/** Every function there is. */
import { authorizerLibrary } from './authorizer.ts';
import { optionals } from './optionals.ts';
import type { Overload } from './overloads.ts';
import { regexLibrary } from './regex.ts';
import { standard } from './standard.ts';
import { timeFunctions } from './time.ts';

export const libraries: readonly Overload[] = [
  ...standard,
  ...timeFunctions,
  ...regexLibrary,
  ...optionals,
  ...authorizerLibrary,
];
