import type { Authenticator } from './authenticator.ts';

/** The common name is the user, the organizations are the groups. */
export const clientCertificate: Authenticator = {
  authenticate({ peer }) {
    if (peer.certificateError !== undefined) {
      return { type: 'refused', reason: `client certificate: ${peer.certificateError}` };
    }
    if (peer.certificate === undefined) return { type: 'none' };
    const { commonName, organizations } = peer.certificate;
    if (commonName === '') return { type: 'refused', reason: 'client certificate without a name' };
    return { type: 'user', user: { name: commonName, groups: organizations } };
  },
};
