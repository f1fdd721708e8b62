import { parseFieldSelector, requiredFieldValue } from '../../api/selector/field.ts';
import { StatusError } from '../../api/status.ts';
import type { HttpResponse } from '../../platform/net/http.ts';
import type { Attributes, Authorizer, Decision } from '../authz/authorizer.ts';
import { refusal } from '../authz/refusal.ts';
import type { PipelineRequest } from './api-request.ts';
import type { AccessMetrics } from './access-metrics.ts';
import type { Filter } from './filter.ts';
import { internalError } from './status-response.ts';

/** Lets pass what the user may do; refuses the rest as 403. */
export function authorize(authorizer: Authorizer, access: AccessMetrics): Filter {
  return (next) => (request) => {
    const attributes = attributesOf(request);
    const begunMs = access.now();
    const follow = (decision: Decision): Promise<HttpResponse> => {
      access.authorized(decision, begunMs);
      request.notes.decided(decision);
      if (decision.allowed) return next(request);
      if (decision.error !== undefined)
        return Promise.resolve(internalError(request.http.path, decision.error));
      return Promise.reject(refusal(request.user, attributes, decision.reason));
    };
    const decision = authorizer.authorize(request.user, attributes);
    if (!(decision instanceof Promise)) return follow(decision);
    return decision.then(follow, (error: unknown) => {
      access.authorized('error', begunMs);
      throw error;
    });
  };
}

/** Who asks for a collection by a selector that only one name meets asks for that object. */
function attributesOf({ info, http: { query } }: PipelineRequest): Attributes {
  if (info.type === 'path') return info;
  const { verb } = info;
  if (verb !== 'list' && verb !== 'watch' && verb !== 'deletecollection') return info;
  const fieldSelector = query.get('fieldSelector');
  const labelSelector = query.get('labelSelector');
  if (!fieldSelector && !labelSelector) return info;
  return {
    ...info,
    ...(fieldSelector ? { name: info.name || selectedName(fieldSelector), fieldSelector } : {}),
    ...(labelSelector ? { labelSelector } : {}),
  };
}

function selectedName(selector: string): string {
  try {
    return requiredFieldValue(parseFieldSelector(selector), 'metadata.name') ?? '';
  } catch (error) {
    // The handler refuses it with the reason.
    if (error instanceof StatusError) return '';
    throw error;
  }
}
