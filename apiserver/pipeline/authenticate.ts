import { type Status, statusError } from '../../api/status.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Authentication, Authenticator } from '../authn/authenticator.ts';
import type { AccessMetrics } from './access-metrics.ts';
import type { PipelineRequest } from './api-request.ts';
import type { Filter } from './filter.ts';

/** Finds out who asks. Bad credentials are a 401 that does not say what was wrong with them. */
export function authenticate(
  authenticator: Authenticator,
  of: {
    readonly logger: Logger;
    readonly access: AccessMetrics;
    /** Told of each request that is refused. */
    readonly refused?: ((request: PipelineRequest, failure: Status) => void) | undefined;
  },
): Filter {
  const { logger, access, refused } = of;
  return (next) => async (request) => {
    const begunMs = access.now();
    const { peer: asker } = request.http;
    let result: Authentication;
    try {
      result = await authenticator.authenticate(request.http, request.notes);
    } catch (error) {
      access.authenticated('error', asker, begunMs);
      throw error;
    }
    access.authenticated(result, asker, begunMs);
    if (result.type === 'user') return next({ ...request, user: result.user });
    const reason = result.type === 'refused' ? result.reason : 'no credentials';
    const { peer, path } = request.http;
    logger.info({ reason, peer: peer.address, path }, 'unable to authenticate the request');
    const failure = statusError('Unauthorized', 'Unauthorized');
    refused?.(request, failure.status);
    throw failure;
  };
}
