import type { PolicyRule, Role, RoleBinding } from '../../api/types/rbac-v1.ts';
import type { DescriptionWriter } from './writer.ts';

export function describeRole(writer: DescriptionWriter, role: Role): void {
  writer.field(0, 'Name', role.metadata.name);
  writer.map(0, 'Labels', role.metadata.labels).map(0, 'Annotations', role.metadata.annotations);
  writer.line(0, 'PolicyRule:');
  writer.line(1, 'Resources\tNon-Resource URLs\tResource Names\tVerbs');
  writer.line(1, '---------\t-----------------\t--------------\t-----');
  for (const { resource, urls, names, verbs } of rowsOf(role.rules ?? [])) {
    writer.line(1, [resource, urls, names, words(verbs)].join('\t'));
  }
}

interface Row {
  readonly group: string;
  readonly resource: string;
  readonly urls: string;
  readonly names: string;
  readonly verbs: readonly string[];
}

const words = (values: readonly string[] | undefined): string => `[${(values ?? []).join(' ')}]`;

/** One row per resource, name or URL; rules that differ in nothing but verbs are one. */
function rowsOf(rules: readonly PolicyRule[]): readonly Row[] {
  const rows = new Map<string, Row>();
  for (const { apiGroups = [], resources = [], resourceNames = [], ...rule } of rules) {
    const names = resourceNames.length === 0 ? [[]] : resourceNames.map((name) => [name]);
    const named = apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        names.map((one) => ({
          key: `${group}\t${resource}\t${one.join()}`,
          group,
          resource: group === '' ? resource : qualified(resource, group),
          urls: '[]',
          names: words(one),
        })),
      ),
    );
    const urls = (rule.nonResourceURLs ?? []).map((url) => ({
      key: `url\t${url}`,
      group: '',
      resource: '',
      urls: words([url]),
      names: '[]',
    }));
    for (const { key, ...row } of [...named, ...urls]) {
      const before = rows.get(key)?.verbs ?? [];
      rows.set(key, { ...row, verbs: [...new Set([...before, ...rule.verbs])] });
    }
  }
  return [...rows.values()].sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

/** "deployments/scale" of apps is "deployments.apps/scale". */
function qualified(resource: string, group: string): string {
  const [name = '', ...subresource] = resource.split('/');
  return [`${name}.${group}`, ...subresource].join('/');
}

/** kubectl orders rules by their text in Go, which begins with the verbs. */
const sortKey = ({ group, resource, urls, names, verbs }: Row): string =>
  `${words(verbs)},APIGroups:[${group}],Resources:[${bare(resource, group)}],${names},${urls}`;

const bare = (resource: string, group: string): string =>
  group === '' ? resource : resource.replace(`.${group}`, '');

export function describeBinding(writer: DescriptionWriter, binding: RoleBinding): void {
  writer.field(0, 'Name', binding.metadata.name);
  const { labels, annotations } = binding.metadata;
  writer.map(0, 'Labels', labels).map(0, 'Annotations', annotations);
  writer.line(0, 'Role:');
  writer.field(1, 'Kind', binding.roleRef.kind).field(1, 'Name', binding.roleRef.name);
  writer.line(0, 'Subjects:').line(1, 'Kind\tName\tNamespace').line(1, '----\t----\t---------');
  for (const { kind, name, namespace = '' } of binding.subjects ?? []) {
    writer.line(1, `${kind}\t${name}\t${namespace}`);
  }
}
