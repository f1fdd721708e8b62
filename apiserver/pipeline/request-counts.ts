/** Requests at work and waiting at the moment. Kept by the limits, shown by /metrics. */
export class RequestCounts {
  readonly inFlight = { readOnly: 0, mutating: 0 };
  readonly waiting = { readOnly: 0, mutating: 0 };
  rejected = 0;
}
