/** Every function there is. */
import { addressLibrary } from './addresses.ts';
import { authorizerLibrary } from './authorizer.ts';
import { jsonPatchLibrary } from './json-patch.ts';
import { listLibrary, setLibrary } from './lists.ts';
import { formatLibrary } from './named-formats.ts';
import { optionals } from './optionals.ts';
import type { Overload } from '../overloads.ts';
import { quantityLibrary } from './quantities.ts';
import { regexLibrary } from './regex.ts';
import { standard } from './standard.ts';
import { stringLibrary } from './strings.ts';
import { semverLibrary } from './semver.ts';
import { timeFunctions } from './time.ts';
import { urlLibrary } from './urls.ts';

export const libraries: readonly Overload[] = [
  ...standard,
  ...timeFunctions,
  ...regexLibrary,
  ...optionals,
  ...stringLibrary,
  ...listLibrary,
  ...setLibrary,
  ...addressLibrary,
  ...urlLibrary,
  ...quantityLibrary,
  ...semverLibrary,
  ...formatLibrary,
  ...jsonPatchLibrary,
  ...authorizerLibrary,
];
