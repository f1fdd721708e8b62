/**
 * The id of the request on whose behalf code runs, however many awaits later: so that a store can
 * be told it without every layer between passing it on. It costs something at each await, and is
 * there only where somebody reads the logs at level debug.
 */
export interface TraceScope {
  run<T>(id: string, work: () => T): T;
  /** Undefined: nobody's request. */
  current(): string | undefined;
}

/** The name of the id in HTTP headers and gRPC metadata. */
export const REQUEST_ID = 'x-request-id';
