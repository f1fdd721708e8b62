/** Which requests the cluster's own signers sign (Kubernetes documentation, "Signers"). */
import type { CertificateRequestFacts } from '../../platform/x509.ts';

export const CLIENT = 'kubernetes.io/kube-apiserver-client';
export const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet';
export const KUBELET_SERVING = 'kubernetes.io/kubelet-serving';
export const LEGACY = 'kubernetes.io/legacy-unknown';

type Usages = readonly string[];

const kubeletClientUsages: readonly Usages[] = [
  ['key encipherment', 'digital signature', 'client auth'],
  ['digital signature', 'client auth'],
];
const kubeletServingUsages: readonly Usages[] = [
  ['key encipherment', 'digital signature', 'server auth'],
  ['digital signature', 'server auth'],
];
const clientUsages = ['digital signature', 'key encipherment', 'client auth'];

/** Why the signer may not sign this; undefined if it may. */
type Rule = (request: CertificateRequestFacts, usages: Usages) => string | undefined;

const same = (a: Usages, b: Usages): boolean =>
  new Set(a).size === b.length && b.every((usage) => a.includes(usage));

const goText = (list: Usages): string => `[${list.join(' ')}]`;

function usageFault(usages: Usages, allowed: readonly Usages[]): string | undefined {
  if (allowed.some((each) => same(usages, each))) return undefined;
  return `usages did not match ${goText(allowed[0]!)}`;
}

function nodeFault({ subject }: CertificateRequestFacts): string | undefined {
  const { organizations = [], commonName } = subject;
  if (organizations.length !== 1 || organizations[0] !== 'system:nodes')
    return 'subject organization is not system:nodes';
  if (!commonName.startsWith('system:node:'))
    return 'subject common name does not begin with system:node:';
  return undefined;
}

const kubeletClient: Rule = (request, usages) => {
  const { names, emails, uris } = request;
  if (names.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed';
  if (emails.length > 0) return 'Email subjectAltNames are not allowed';
  if (names.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed';
  if (uris.length > 0) return 'URI subjectAltNames are not allowed';
  return nodeFault(request) ?? usageFault(usages, kubeletClientUsages);
};

const kubeletServing: Rule = (request, usages) => {
  const { names, emails, uris } = request;
  if (names.dnsNames.length + names.ipAddresses.length === 0)
    return 'DNS or IP subjectAltName is required';
  if (emails.length > 0) return 'Email subjectAltNames are not allowed';
  if (uris.length > 0) return 'URI subjectAltNames are not allowed';
  return nodeFault(request) ?? usageFault(usages, kubeletServingUsages);
};

const client: Rule = (_request, usages) => {
  const fits = usages.includes('client auth') && usages.every((u) => clientUsages.includes(u));
  return fits ? undefined : `usages did not match ${goText(clientUsages)}`;
};

export const signerRules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  [CLIENT, client],
  [KUBELET_CLIENT, kubeletClient],
  [KUBELET_SERVING, kubeletServing],
  [LEGACY, () => undefined],
]);

/** True for a kubelet's request for the certificate it shows the API server. */
export function isKubeletClientRequest(request: CertificateRequestFacts, usages: Usages): boolean {
  return kubeletClient(request, usages) === undefined;
}
