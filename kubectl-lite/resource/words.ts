import { UsageError } from '../usage-error.ts';
import type { DiscoveredResource } from './discover.ts';
import type { Resources } from './resources.ts';

/** What the words after a verb name: types with names, or "type/name" pairs. */
export interface Target {
  readonly type: DiscoveredResource;
  /** Absent: the whole collection. */
  readonly name?: string;
  /** Of an object of a file, which says where it is; else the one in force is meant. */
  readonly namespace?: string;
}

const MIXED =
  'there is no need to specify a resource type as a separate argument when passing arguments in ' +
  "resource/name form (e.g. 'kubectl-lite get resource/<resource_name>' instead of " +
  "'kubectl-lite get resource resource/<resource_name>'";

/** kubectl's resource arguments: `pods`, `pods,svc`, `pod web api`, `pod/web svc/api`. */
export function targetsOf(resources: Resources, words: readonly string[]): Target[] {
  const pairs = words.filter((word) => word.includes('/')).length;
  if (pairs > 0 && pairs < words.length) throw new UsageError(MIXED);
  if (pairs > 0) return words.map((word) => pairOf(resources, word));
  const [first = '', ...names] = words;
  const types = first
    .split(',')
    .filter((word) => word !== '')
    .flatMap((word) => resources.expand(word));
  if (names.length === 0) return types.map((type) => ({ type }));
  if (names.includes('')) throw new UsageError('resource name may not be empty');
  return types.flatMap((type) => names.map((name) => ({ type, name })));
}

function pairOf(resources: Resources, word: string): Target {
  const [type = '', name = '', ...more] = word.split('/');
  if (more.length > 0) {
    throw new UsageError('arguments in resource/name form may not have more than one slash');
  }
  if (type === '' || name === '' || type.includes(',')) {
    throw new UsageError(`arguments in resource/name form must have a single resource and name`);
  }
  return { type: resources.find(type), name };
}
