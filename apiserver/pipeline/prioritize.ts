import type { HttpRequest } from '../../platform/net/http.ts';
import type { FlowControl } from '../flowcontrol/flow-control.ts';
import type { PipelineRequest } from './api-request.ts';
import type { Filter } from './filter.ts';
import { isLongRunning } from './long-running.ts';
import type { RequestCounts } from './request-counts.ts';
import { isReadOnly } from './read-only.ts';

export interface PrioritizeOptions {
  readonly control: FlowControl;
  readonly counts: RequestCounts;
  /** How many seats a request takes: more than one for a large list. */
  readonly widthOf: (request: PipelineRequest) => number;
}

/**
 * API Priority and Fairness: a place for each request, by the flow schemas in force. Streams have
 * none. Answers and refusals name the schema and the level that decided.
 */
export function prioritize({ control, counts, widthOf }: PrioritizeOptions): Filter {
  return (next) => async (request) => {
    const { info, user } = request;
    if (isLongRunning(info)) return next(request);
    const classified = control.classify(user, info);
    const { schema, level } = classified;
    request.notes.answerHeaders = {
      'x-kubernetes-pf-flowschema-uid': schema.metadata.uid ?? '',
      'x-kubernetes-pf-prioritylevel-uid': level.metadata.uid ?? '',
    };
    const ticket = control.enter(classified, widthOf(request), request.http);
    const sort = isReadOnly(info) ? 'readOnly' : 'mutating';
    if (ticket.ready !== undefined) {
      counts.waiting[sort]++;
      try {
        await ticket.ready;
      } catch (error) {
        counts.rejected++;
        request.notes.terminated = true;
        throw error;
      } finally {
        counts.waiting[sort]--;
      }
    }
    counts.inFlight[sort]++;
    try {
      return await next(request);
    } finally {
      const turn = control.answers(ticket);
      if (turn !== undefined) await turn;
      counts.inFlight[sort]--;
      control.leave(ticket, ownConnection(request));
    }
  };
}

/** Who speaks for others as well must not keep these waiting. */
function ownConnection({ http, notes }: PipelineRequest): HttpRequest['connection'] {
  const forOthers = http.peer.frontProxy !== undefined || notes.impersonated !== undefined;
  return forOthers ? undefined : http.connection;
}
