import type { Mutable } from '../../api/meta.ts';
import { deepEqual } from '../../api/deep.ts';
import type { CertificateSigningRequest } from '../../api/types/certificates-v1.ts';
import { isCreateOf } from './about.ts';
import { type AdmissionAttributes, type AdmissionPlugin, admissionForbidden } from './admission.ts';
import { subjectOf } from './certificate-subject.ts';
import type { Lookups } from './lookups.ts';

type MayAccess = Lookups['mayAccess'];

const CSR = 'certificatesigningrequests';

const isCsr = ({ type }: AdmissionAttributes): boolean =>
  type.group === 'certificates.k8s.io' && type.resource === CSR;

/** For this signer, or for all of its domain: "example.com/*". */
async function maySign(
  mayAccess: MayAccess,
  verb: 'approve' | 'sign',
  { user, oldObject }: AdmissionAttributes,
): Promise<boolean> {
  const { signerName } = (oldObject as CertificateSigningRequest).spec;
  const domain = `${signerName.slice(0, signerName.indexOf('/'))}/*`;
  const ask = (name: string): Promise<boolean> =>
    mayAccess(user, {
      verb,
      name,
      group: 'certificates.k8s.io',
      resource: 'signers',
      subresource: '',
      namespace: '',
    });
  return (await ask(signerName)) || (await ask(domain));
}

function refusal(attributes: AdmissionAttributes, verb: 'approve' | 'sign') {
  const { signerName } = (attributes.oldObject as CertificateSigningRequest).spec;
  return admissionForbidden(
    attributes,
    `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`,
  );
}

/** Who approves certificate requests needs the right to, per signer. */
export class CertificateApproval implements AdmissionPlugin {
  readonly name = 'CertificateApproval';
  readonly #mayAccess: MayAccess;

  constructor(mayAccess: MayAccess) {
    this.#mayAccess = mayAccess;
  }

  handles(attributes: AdmissionAttributes): boolean {
    const { operation, subresource } = attributes;
    return isCsr(attributes) && operation === 'UPDATE' && subresource === 'approval';
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    if (!(await maySign(this.#mayAccess, 'approve', attributes)))
      throw refusal(attributes, 'approve');
  }
}

/** Who issues certificates needs the right to, per signer. */
export class CertificateSigning implements AdmissionPlugin {
  readonly name = 'CertificateSigning';
  readonly #mayAccess: MayAccess;

  constructor(mayAccess: MayAccess) {
    this.#mayAccess = mayAccess;
  }

  handles(attributes: AdmissionAttributes): boolean {
    const { operation, subresource } = attributes;
    return isCsr(attributes) && operation === 'UPDATE' && subresource === 'status';
  }

  async validate(attributes: AdmissionAttributes): Promise<void> {
    const { status } = attributes.object as Mutable<CertificateSigningRequest>;
    const { status: old } = attributes.oldObject as CertificateSigningRequest;
    const same =
      status?.certificate === old?.certificate &&
      deepEqual(status?.conditions ?? [], old?.conditions ?? []);
    if (!same && !(await maySign(this.#mayAccess, 'sign', attributes)))
      throw refusal(attributes, 'sign');
  }
}

const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';
const MASTERS = 'system:masters';

/** Nobody becomes almighty by a certificate that a signer might issue without looking. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',

  handles(attributes: AdmissionAttributes): boolean {
    return isCreateOf(attributes, `${CSR}.certificates.k8s.io`);
  },

  validate(attributes: AdmissionAttributes): void {
    const { spec } = attributes.object as Mutable<CertificateSigningRequest>;
    if (spec.signerName !== CLIENT_SIGNER) return;
    const subject = subjectOf(spec.request);
    if (subject === undefined)
      throw admissionForbidden(attributes, 'unable to parse CSR: malformed certificate request');
    if (subject.organizations.includes(MASTERS))
      throw admissionForbidden(
        attributes,
        `use of ${CLIENT_SIGNER} signer with ${MASTERS} group is not allowed`,
      );
  },
};
