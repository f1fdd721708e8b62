/** Labels that a node may give itself: https://kubernetes.io/docs/reference/node/ */
const kubeletLabels = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/instance-type',
]);

const kubeletNamespaces = ['kubelet.kubernetes.io', 'node.kubernetes.io'];
const RESTRICTED_NAMESPACE = 'node-restriction.kubernetes.io';
const ownNamespaces = ['kubernetes.io', 'k8s.io'];

type Labels = Readonly<Record<string, string>>;

const isWithin = (namespace: string, domain: string): boolean =>
  namespace === domain || namespace.endsWith(`.${domain}`);

function isForbidden(label: string): boolean {
  const slash = label.indexOf('/');
  const namespace = slash < 0 ? '' : label.slice(0, slash);
  if (isWithin(namespace, RESTRICTED_NAMESPACE)) return true;
  if (!ownNamespaces.some((own) => isWithin(namespace, own))) return false;
  if (kubeletLabels.has(label)) return false;
  return !kubeletNamespaces.some((own) => isWithin(namespace, own));
}

/** Of the labels that differ those that a node must not set, sorted: pods are placed by them. */
export function forbiddenChanges(labels: Labels = {}, before: Labels = {}): readonly string[] {
  const keys = new Set([...Object.keys(labels), ...Object.keys(before)]);
  return [...keys].filter((key) => labels[key] !== before[key] && isForbidden(key)).sort();
}
