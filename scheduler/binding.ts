import { nameOf, namespaceOf, uidOf } from '../api/meta.ts';
import { pods } from '../api/resources.ts';
import { isStatus } from '../api/status.ts';
import type { Binding, Pod } from '../api/types/core-v1.ts';
import type { Client } from '../client/interface.ts';
import { sleep, type Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';

const refOf = (pod: Pod): { namespace: string; name: string } => ({
  namespace: namespaceOf(pod),
  name: nameOf(pod),
});

/** POST pods/x/binding. The uid keeps a decision about one pod off its namesake. */
export async function postBinding(client: Client, pod: Pod, nodeName: string): Promise<void> {
  const body: Binding = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { ...refOf(pod), uid: uidOf(pod) },
    target: { kind: 'Node', name: nodeName },
  };
  await client.createSubresource(pods, refOf(pod), { subresource: 'binding', body });
}

export interface TruthOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5000;

/**
 * The pod as the API server has it now, undefined if it is gone. After a binding that failed,
 * or that nothing confirmed, only the server knows whether it was written: to guess wrong is to
 * put two pods in one place. Asks until there is an answer, or `signal` aborts ('unknown').
 */
export async function currentState(
  pod: Pod,
  options: TruthOptions,
): Promise<Pod | undefined | 'unknown'> {
  const { client, clock, logger, signal } = options;
  for (
    let delayMs = FIRST_RETRY_MS;
    !signal.aborted;
    delayMs = Math.min(delayMs * 2, MAX_RETRY_MS)
  ) {
    try {
      const current = await client.get(pods, refOf(pod));
      return current.metadata.uid === pod.metadata.uid ? current : undefined;
    } catch (error) {
      if (isStatus(error, 'NotFound')) return undefined;
      logger.warn({ err: error, pod: refOf(pod) }, 'cannot read back a pod; trying again');
    }
    await sleep(clock, delayMs, signal);
  }
  return 'unknown';
}
