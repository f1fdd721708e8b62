import type { ServedResource, ServedVersion } from '../discovery/served.ts';

type Fields = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];

/** What an extension server says it serves. Garbage is nothing. */
export function remoteVersion(
  { group, version }: { readonly group: string; readonly version: string },
  list: unknown,
): ServedVersion {
  const given = (list as { readonly resources?: unknown } | null | undefined)?.resources;
  const entries = (Array.isArray(given) ? given : []).filter(
    (entry): entry is Fields => typeof entry === 'object' && entry !== null,
  );
  const kindOf = (entry: Fields) => ({
    group: text(entry['group']) || group,
    version: text(entry['version']) || version,
    kind: text(entry['kind']),
  });
  const resources = entries
    .filter(({ name }) => text(name) !== '' && !text(name).includes('/'))
    .map((entry): ServedResource => {
      const name = text(entry['name']);
      const subresources = entries.filter((other) => text(other['name']).startsWith(`${name}/`));
      return {
        name,
        singular: text(entry['singularName']),
        kind: kindOf(entry),
        namespaced: entry['namespaced'] === true,
        verbs: texts(entry['verbs']),
        shortNames: texts(entry['shortNames']),
        categories: texts(entry['categories']),
        strategicMerge: false,
        subresources: subresources.map((sub) => ({
          name: text(sub['name']).slice(name.length + 1),
          kind: kindOf(sub),
          verbs: texts(sub['verbs']),
        })),
      };
    });
  return { group, version, resources };
}
