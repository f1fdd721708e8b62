import { apiVersionOf, groupResource, resourcePath } from '../../api/resource.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import type { Api } from '../api.ts';
import { nearest } from '../near.ts';
import { UsageError } from '../usage-error.ts';
import { discover, type DiscoveredResource } from './discover.ts';

/** What the server serves, and how words on the command line name it. */
export class Resources {
  readonly all: readonly DiscoveredResource[];

  constructor(all: readonly DiscoveredResource[]) {
    this.all = all;
  }

  static async discover(api: Api): Promise<Resources> {
    return new Resources(await discover(api));
  }

  /**
   * By plural, singular, short name or kind, each also with ".group" or ".version.group" behind.
   */
  find(word: string): DiscoveredResource {
    const found = this.lookUp(word);
    if (found !== undefined) return found;
    const [name = ''] = word.split('.');
    const near = this.near(name.toLowerCase());
    const hint = near === undefined ? '' : ` (did you mean ${near}?)`;
    throw new UsageError(`the server doesn't have a resource type ${JSON.stringify(name)}${hint}`);
  }

  /**
   * Short names are too short to be mistyped: everything is near to them. A name that is right in
   * another group or version was not mistyped.
   */
  private near(word: string): string | undefined {
    if (this.lookUp(word) !== undefined) return undefined;
    const long = ({ resource, singular }: DiscoveredResource): string[] =>
      [resource, singular].filter((name) => name.length > 3);
    const name = nearest(word, this.all.flatMap(long));
    return name === undefined ? undefined : this.lookUp(name)?.resource;
  }

  lookUp(word: string): DiscoveredResource | undefined {
    const [name = '', ...rest] = word.split('.');
    const qualifier = rest.join('.').toLowerCase();
    const called = this.all.filter((r) => isCalled(r, name));
    if (qualifier === '') return called[0];
    return (
      called.find((r) => qualifies(r, qualifier)) ??
      called.find(({ group }) => group.startsWith(qualifier))
    );
  }

  /** The resources of a category such as "all", or the one that `word` names. */
  expand(word: string): readonly DiscoveredResource[] {
    const members = this.preferred().filter(({ categories }) => categories.includes(word));
    return members.length > 0 ? members : [this.find(word)];
  }

  /** Each resource once: discovery names the preferred version first. */
  preferred(): readonly DiscoveredResource[] {
    const first = new Map(this.all.toReversed().map((type) => [groupResource(type), type]));
    return this.all.filter((type) => first.get(groupResource(type)) === type);
  }

  ofKind(apiVersion: string, kind: string): DiscoveredResource | undefined {
    return this.all.find((r) => r.kind === kind && apiVersionOf(r) === apiVersion);
  }
}

/** Names may be written in capitals, short ones may not. */
function isCalled(resource: DiscoveredResource, name: string): boolean {
  const { resource: plural, singular, kind, shortNames } = resource;
  return (
    [plural, singular, kind.toLowerCase()].includes(name.toLowerCase()) || shortNames.includes(name)
  );
}

const qualifies = (resource: DiscoveredResource, qualifier: string): boolean =>
  qualifier === resource.group || qualifier === `${resource.version}.${resource.group}`;

/** "pod", "deployment.apps": by its kind, whatever a definition calls one of them. */
export const displayKind = ({ kind, group }: Pick<DiscoveredResource, 'kind' | 'group'>): string =>
  `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}`;

/** "pod/web", "deployment.apps/web": how commands name an object in their output. */
export const displayName = (type: DiscoveredResource, name: string): string =>
  `${displayKind(type)}/${name}`;

/** As its manifest tells of it: who asks no server knows no more. */
export function typeByItself({ apiVersion, kind, metadata }: KubernetesObject): DiscoveredResource {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  const singular = kind.toLowerCase();
  return {
    group,
    version,
    kind,
    singular,
    resource: `${singular}s`,
    namespaced: metadata.namespace !== undefined,
    shortNames: [],
    categories: [],
    verbs: [],
    subresources: [],
  };
}

/** The path of one object, or of its collection when `name` is absent. */
export function pathOf(
  type: DiscoveredResource,
  namespace: string | undefined,
  name?: string,
): string {
  return resourcePath(type, {
    ...(type.namespaced && namespace !== undefined ? { namespace } : {}),
    ...(name === undefined ? {} : { name }),
  });
}
