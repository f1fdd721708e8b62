/**
 * Resources that every cluster has under these names: `get pods` need not ask first what the
 * server serves. Should one answer that it does not know the path, discovery decides.
 */
import type { DiscoveredResource } from './discover.ts';
import type { Target } from './words.ts';

type Row = readonly [words: string, group: string, kind: string, namespaced: boolean];

/** The first word is the plural. */
const rows: readonly Row[] = [
  ['pods pod po', '', 'Pod', true],
  ['services service svc', '', 'Service', true],
  ['nodes node no', '', 'Node', false],
  ['namespaces namespace ns', '', 'Namespace', false],
  ['configmaps configmap cm', '', 'ConfigMap', true],
  ['secrets secret', '', 'Secret', true],
  ['events event ev', '', 'Event', true],
  ['serviceaccounts serviceaccount sa', '', 'ServiceAccount', true],
  ['deployments deployment deploy', 'apps', 'Deployment', true],
  ['replicasets replicaset rs', 'apps', 'ReplicaSet', true],
  ['statefulsets statefulset sts', 'apps', 'StatefulSet', true],
  ['daemonsets daemonset ds', 'apps', 'DaemonSet', true],
];

/** Undefined for words that only discovery can resolve. */
export function wellKnownTargets(words: readonly string[]): readonly Target[] | undefined {
  const [first = '', ...names] = words;
  if (names.some((name) => name === '' || name.includes('/'))) return undefined;
  const row = rows.find(([known]) => known.split(' ').includes(first));
  if (row === undefined) return undefined;
  const type = typeOf(row);
  return names.length === 0 ? [{ type }] : names.map((name) => ({ type, name }));
}

function typeOf([words, group, kind, namespaced]: Row): DiscoveredResource {
  const [resource = '', singular = ''] = words.split(' ');
  const unknown = { shortNames: [], categories: [], verbs: [], subresources: [] };
  return { group, version: 'v1', resource, singular, kind, namespaced, ...unknown };
}
