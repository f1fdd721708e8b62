import type { OutgoingHttp } from './outgoing-http.ts';
import { TRACEPARENT, type TraceScope } from '../trace-scope.ts';

/** Tells other servers the client's `traceparent`, where that asked to be followed (KEP-647). */
export function tracedHttp(http: OutgoingHttp, trace: TraceScope): OutgoingHttp {
  return {
    send(request) {
      const traceparent = trace.current()?.traceparent;
      if (traceparent === undefined) return http.send(request);
      return http.send({ ...request, headers: { ...request.headers, [TRACEPARENT]: traceparent } });
    },
    close: () => http.close(),
  };
}
