import type { Place } from '../place.ts';
import type { Scenario } from '../scenario.ts';

/** Of system:node:beside, of the group system:nodes. */
const NODE_REQUEST = `-----BEGIN CERTIFICATE REQUEST-----
MIHuMIGWAgEAMDQxFTATBgNVBAoMDHN5c3RlbTpub2RlczEbMBkGA1UEAwwSc3lz
dGVtOm5vZGU6YmVzaWRlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjUXB/n7+
Bcx9I8gZBCaadx/dgXx3npZ9SIMYs5wHgSLgJYuFNiGbJjUJ+0YyWDlz+9wZlrRp
ZIectB4QfUyvc6AAMAoGCCqGSM49BAMCA0cAMEQCICfgOvpLoukDnNY0ZfE3Qwxi
GedzN5VpjVwGU0rJDurCAiAZEEdcrEBx92Tjfe9voy8GCyJtpKp3dLU5vqTogbxB
nA==
-----END CERTIFICATE REQUEST-----
`;

const request = (name: string, signer: string, usages: string): string => `
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: { name: ${name} }
spec:
  signerName: kubernetes.io/${signer}
  usages: [${usages}]
  request: ${Buffer.from(NODE_REQUEST).toString('base64')}`;

async function approve(at: Place, name: string): Promise<void> {
  const condition = { type: 'Approved', status: 'True', reason: 'Test', message: 'approved' };
  const body = { status: { conditions: [condition] } };
  await at.merge('CertificateSigningRequest/approval', name, body);
}

/** By what their names end in: what is wrong with each. */
const refused: Readonly<Record<string, readonly [signer: string, usages: string]>> = {
  serving: ['kubelet-serving', 'digital signature, server auth'],
  usage: ['kube-apiserver-client', 'client auth, server auth'],
  'no-usage': ['kube-apiserver-client', 'digital signature'],
  node: ['kube-apiserver-client-kubelet', 'client auth'],
};

export const certificateScenarios: readonly Scenario[] = [
  {
    name: 'certificate of a node, approved and signed',
    also: ['CertificateSigningRequest/NAMESPACE'],
    async run(at) {
      await at.create(`
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: { name: NAMESPACE }
spec:
  signerName: kubernetes.io/kube-apiserver-client-kubelet
  usages: [digital signature, client auth]
  request: ${Buffer.from(NODE_REQUEST).toString('base64')}`);
      await at.until(
        'CertificateSigningRequest',
        at.namespace,
        ({ status }) => status?.certificate !== undefined,
      );
    },
  },
  {
    name: 'request of a certificate that is denied',
    also: ['CertificateSigningRequest/NAMESPACE'],
    async run(at) {
      await at.create(`
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: { name: NAMESPACE }
spec:
  signerName: kubernetes.io/kube-apiserver-client-kubelet
  usages: [digital signature, server auth]
  request: ${Buffer.from(NODE_REQUEST).toString('base64')}`);
      await new Promise((resolve) => setTimeout(resolve, 2000));
    },
  },
  {
    name: 'requests that are approved, and that signers refuse',
    also: Object.keys(refused).map((name) => `CertificateSigningRequest/NAMESPACE-${name}`),
    async run(at) {
      for (const [suffix, [signer, usages]] of Object.entries(refused)) {
        const name = `${at.namespace}-${suffix}`;
        await at.create(request(name, signer, usages));
        await approve(at, name);
        await at.until('CertificateSigningRequest', name, ({ status }) =>
          (status?.conditions ?? []).some(({ type }) => type === 'Failed'),
        );
      }
    },
  },
  {
    name: 'request for a signer that is not there',
    also: ['CertificateSigningRequest/NAMESPACE'],
    async run(at) {
      const own = request(at.namespace, 'x', 'client auth');
      await at.create(own.replace('kubernetes.io/x', 'example.org/signer'));
      await approve(at, at.namespace);
      await new Promise((resolve) => setTimeout(resolve, 2000));
    },
  },
];
