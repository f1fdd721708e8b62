/** Which requests the cluster's own signers sign (Kubernetes documentation, "Signers"). */
import type { CertificateRequestFacts } from '../../platform/crypto/x509.ts';

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
const CLIENT_USAGE = 'client auth';
const clientUsages = ['digital signature', 'key encipherment', CLIENT_USAGE];

/** Why the signer may not sign this; undefined if it may. */
type Rule = (request: CertificateRequestFacts, usages: Usages) => string | undefined;

const same = (a: Usages, b: Usages): boolean =>
  new Set(a).size === b.length && b.every((usage) => a.includes(usage));

function usageFault(usages: Usages, allowed: readonly Usages[]): string | undefined {
  if (allowed.some((each) => same(usages, each))) return undefined;
  return `usages did not match [${[...allowed[0]!].sort().join(' ')}]`;
}

function organizationFault({ subject }: CertificateRequestFacts): string | undefined {
  const { organizations = [] } = subject;
  if (organizations.length === 1 && organizations[0] === 'system:nodes') return undefined;
  return 'subject organization is not system:nodes';
}

function nameFault({ subject }: CertificateRequestFacts): string | undefined {
  if (subject.commonName.startsWith('system:node:')) return undefined;
  return 'subject common name does not begin with system:node:';
}

const kubeletClient: Rule = (request, usages) => {
  const { names, emails, uris } = request;
  const fault = organizationFault(request);
  if (fault !== undefined) return fault;
  if (names.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed';
  if (emails.length > 0) return 'Email subjectAltNames are not allowed';
  if (names.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed';
  if (uris.length > 0) return 'URI subjectAltNames are not allowed';
  return nameFault(request) ?? usageFault(usages, kubeletClientUsages);
};

const kubeletServing: Rule = (request, usages) => {
  const { names, emails, uris } = request;
  const fault = organizationFault(request);
  if (fault !== undefined) return fault;
  if (names.dnsNames.length + names.ipAddresses.length === 0)
    return 'DNS or IP subjectAltName is required';
  if (emails.length > 0) return 'Email subjectAltNames are not allowed';
  if (uris.length > 0) return 'URI subjectAltNames are not allowed';
  return usageFault(usages, kubeletServingUsages) ?? nameFault(request);
};

const client: Rule = (_request, usages) => {
  const wrong = usages.find((usage) => !clientUsages.includes(usage));
  if (wrong !== undefined) return `invalid usage for client certificate: ${wrong}`;
  if (usages.includes(CLIENT_USAGE)) return undefined;
  return `missing required usage for client certificate: ${CLIENT_USAGE}`;
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
