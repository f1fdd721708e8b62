import { expect, it } from 'vitest';
import type { CertificateRequestFacts } from '../../platform/crypto/x509.ts';
import { CLIENT, KUBELET_CLIENT, KUBELET_SERVING, LEGACY, signerRules } from './signers.ts';

interface Sketch {
  readonly commonName?: string;
  readonly organizations?: string[];
  readonly dnsNames?: string[];
  readonly emails?: string[];
}

const request = (sketch: Sketch = {}): CertificateRequestFacts => ({
  subject: {
    commonName: sketch.commonName ?? 'system:node:n1',
    organizations: sketch.organizations ?? ['system:nodes'],
  },
  names: { dnsNames: sketch.dnsNames ?? [], ipAddresses: [] },
  emails: sketch.emails ?? [],
  uris: [],
});

const asClient = ['digital signature', 'client auth'];
const asServer = ['key encipherment', 'digital signature', 'server auth'];
const serving = { dnsNames: ['n1'] };

it.each<[string, CertificateRequestFacts, string[], string | undefined]>([
  [CLIENT, request({ commonName: 'ann', organizations: [] }), ['client auth'], undefined],
  [CLIENT, request(), ['server auth'], 'invalid usage for client certificate: server auth'],
  [CLIENT, request(), ['digital signature'], 'missing required usage for client certificate'],
  [CLIENT, request(), [...asClient, 'code signing'], 'client certificate: code signing'],
  [KUBELET_CLIENT, request(), asClient, undefined],
  [
    KUBELET_CLIENT,
    request(),
    ['client auth'],
    'usages did not match [client auth digital signature key encipherment]',
  ],
  [KUBELET_CLIENT, request({ ...serving, organizations: [] }), asClient, 'organization is not'],
  [KUBELET_CLIENT, request(serving), asClient, 'DNS subjectAltNames are not allowed'],
  [KUBELET_CLIENT, request({ commonName: 'n1' }), asClient, 'does not begin with system:node:'],
  [
    KUBELET_CLIENT,
    request({ organizations: ['system:nodes', 'system:masters'] }),
    asClient,
    'subject organization is not system:nodes',
  ],
  [KUBELET_SERVING, request(serving), asServer, undefined],
  [KUBELET_SERVING, request(), asServer, 'DNS or IP subjectAltName is required'],
  [KUBELET_SERVING, request({ ...serving, emails: ['a@b'] }), asServer, 'Email subjectAltNames'],
  [KUBELET_SERVING, request(serving), asClient, 'usages did not match'],
  [LEGACY, request({ commonName: 'anything' }), ['cert sign'], undefined],
])('%s, case %#', (signer, ...[of, usages, fault]) => {
  const found = signerRules.get(signer)!(of, usages);
  if (fault === undefined) expect(found).toBeUndefined();
  else expect(found).toContain(fault);
});
