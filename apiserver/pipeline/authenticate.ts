import { statusError } from '../../api/status.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Authentication, Authenticator } from '../authn/authenticator.ts';
import type { AccessMetrics } from './access-metrics.ts';
import type { Filter } from './filter.ts';

/** Finds out who asks. Bad credentials are a 401 that does not say what was wrong with them. */
export function authenticate(
  authenticator: Authenticator,
  { logger, access }: { readonly logger: Logger; readonly access: AccessMetrics },
): Filter {
  return (next) => async (request) => {
    const begunMs = access.now();
    const { peer: asker } = request.http;
    let result: Authentication;
    try {
      result = await authenticator.authenticate(request.http);
    } catch (error) {
      access.authenticated('error', asker, begunMs);
      throw error;
    }
    access.authenticated(result, asker, begunMs);
    if (result.type === 'user') return next({ ...request, user: result.user });
    const reason = result.type === 'refused' ? result.reason : 'no credentials';
    const { peer, path } = request.http;
    logger.info({ reason, peer: peer.address, path }, 'unable to authenticate the request');
    throw statusError('Unauthorized', 'Unauthorized');
  };
}
