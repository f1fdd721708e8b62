import type { Credentials } from '../server/interface.ts';
import type { CallOrigin } from './unary.ts';

const first = (origin: CallOrigin, name: string): string | undefined => {
  const value = origin.metadata.get(name)[0];
  return value === undefined ? undefined : String(value);
};

/** A token goes before a certificate; the gateway's header may say "Bearer". */
export function credentialsOf(origin: CallOrigin, clientCertAuth = false): Credentials {
  const token = first(origin, 'token') ?? first(origin, 'authorization');
  if (token !== undefined) return { token: token.replace(/^Bearer /i, '') };
  if (!clientCertAuth) return {};
  const name = origin.getAuthContext().sslPeerCertificate?.subject.CN;
  const commonName = Array.isArray(name) ? name[0] : name;
  return commonName === undefined || commonName === '' ? {} : { commonName };
}
