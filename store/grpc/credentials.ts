import type { Credentials } from '../server/interface.ts';
import type { CallOrigin } from './unary.ts';

const first = (origin: CallOrigin, name: string): string | undefined => {
  return origin.metadata.get(name)[0];
};

/** A token goes before a certificate; the gateway's header may say "Bearer". */
export function credentialsOf(origin: CallOrigin, clientCertAuth = false): Credentials {
  const token = first(origin, 'token') ?? first(origin, 'authorization');
  if (token !== undefined) return { token: token.replace(/^Bearer /i, '') };
  if (!clientCertAuth) return {};
  const { commonName } = origin;
  return commonName === undefined || commonName === '' ? {} : { commonName };
}
