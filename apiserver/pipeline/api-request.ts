import type { HttpRequest } from '../../platform/net/http.ts';
import type { User } from '../authn/user.ts';
import type { RequestNotes } from './request-notes.ts';
import type { RequestInfo, ResourceRequestInfo } from './request-info.ts';

/**
 * A request on its way through the pipeline. Filters add to it by passing a new value on;
 * nobody changes one.
 */
export interface PipelineRequest {
  readonly http: HttpRequest;
  readonly info: RequestInfo;
  readonly user: User;
  /** Identifies the request in logs; the client's Audit-ID or a new UUID. */
  readonly auditId: string;
  /** What those who work on it have to say besides the answer. */
  readonly notes: RequestNotes;
}

/** What the API handlers receive: authenticated, admitted by the limits and authorized. */
export interface ApiRequest extends PipelineRequest {
  readonly info: ResourceRequestInfo;
}
