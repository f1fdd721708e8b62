import { StatusError } from '../api/status.ts';

/**
 * True if a call that failed may have been carried out all the same: its answer was lost, or the
 * server itself does not know. A refusal (4xx) is certain: nothing was done.
 */
export function mayHaveHappened(error: unknown): boolean {
  return !(error instanceof StatusError) || error.code >= 500;
}
