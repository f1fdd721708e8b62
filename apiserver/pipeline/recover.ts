import { statusError, StatusError } from '../../api/status.ts';
import type { Logger } from '../../platform/logger.ts';
import { AccessRefused } from '../authz/refusal.ts';
import type { Filter } from './filter.ts';
import { statusResponse } from './status-response.ts';

/** Turns refusals into their Status, and bugs into a logged 500 that tells no secrets. */
export function recover(logger: Logger): Filter {
  return (next) => async (request) => {
    try {
      return await next(request);
    } catch (error) {
      if (error instanceof StatusError) {
        const answer = statusResponse(error.status, request.http);
        if (!(error instanceof AccessRefused)) return answer;
        return { ...answer, headers: { ...answer.headers, 'x-content-type-options': 'nosniff' } };
      }
      request.notes.terminated = true;
      const { method, path } = request.http;
      logger.error({ error, method, path, auditId: request.auditId }, 'a request met a bug');
      const text = `Internal error occurred: the server could not answer ${request.auditId}`;
      const details = { causes: [{ message: 'see the log of the API server' }] };
      return statusResponse(statusError('InternalError', text, details).status, request.http);
    }
  };
}
