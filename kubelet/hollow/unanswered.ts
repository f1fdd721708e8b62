import { StatusError } from '../../api/status.ts';
import { type Clock, sleep } from '../../platform/clock.ts';

const ASK_AGAIN_MS = { least: 500, most: 30_000 };

/**
 * The API server could not be reached, broke off, or was in no state to answer. What is wrong with
 * a pod has errors of its own classes; what connections throw has not.
 */
const isUnanswered = (error: unknown): boolean =>
  error instanceof StatusError
    ? error.code >= 500 || error.code === 429
    : error instanceof Error && (error.constructor === Error || 'code' in error);

/**
 * Asks again while the API server does not answer. Undefined if it says that something is missing,
 * or once the signal aborts.
 */
export async function untilAnswered<T>(
  ask: () => Promise<T>,
  clock: Clock,
  signal: AbortSignal,
): Promise<T | undefined> {
  for (let waitMs = ASK_AGAIN_MS.least; ; waitMs = Math.min(2 * waitMs, ASK_AGAIN_MS.most)) {
    try {
      return await ask();
    } catch (error) {
      if (!isUnanswered(error)) return undefined;
      await sleep(clock, waitMs, signal);
      if (signal.aborted) return undefined;
    }
  }
}
