import type { Authenticator } from './authenticator.ts';
import { CREDENTIAL_ID } from './user.ts';

/** The common name is the user, the organizations are the groups. */
export const clientCertificate: Authenticator = {
  authenticate({ peer }) {
    if (peer.certificateError !== undefined) {
      return { type: 'refused', reason: `client certificate: ${peer.certificateError}` };
    }
    if (peer.certificate === undefined) {
      // A front proxy's proves nobody by itself.
      return peer.frontProxy === undefined
        ? { type: 'none' }
        : { type: 'refused', reason: 'x509: certificate signed by unknown authority' };
    }
    const { commonName, organizations, sha256 } = peer.certificate;
    if (commonName === '') return { type: 'refused', reason: 'client certificate without a name' };
    const shown =
      sha256 === undefined ? {} : { extra: { [CREDENTIAL_ID]: [`X509SHA256=${sha256}`] } };
    return { type: 'user', user: { name: commonName, groups: organizations, ...shown } };
  },
};
