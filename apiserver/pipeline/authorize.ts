import type { Authorizer } from '../authz/authorizer.ts';
import { refusal } from '../authz/refusal.ts';
import type { Filter } from './filter.ts';

/** Lets pass what the user may do; refuses the rest as 403. */
export function authorize(authorizer: Authorizer): Filter {
  return (next) => async (request) => {
    const decision = await authorizer.authorize(request.user, request.info);
    if (!decision.allowed) throw refusal(request.user, request.info, decision.reason);
    return next(request);
  };
}
