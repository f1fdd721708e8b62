import { nameOf, namespaceOf, uidOf } from '../api/meta.ts';
import { pods } from '../api/resources.ts';
import type { Pod } from '../api/types/core-v1.ts';
import type { Client } from '../client/interface.ts';

/**
 * Where a pod and its status are kept: the API server, or, for a static pod, the agent itself.
 * Rejects with StatusError: Conflict if the pod is not the version that is stored, NotFound.
 */
export interface PodApi {
  /** The pod as it is then. */
  writeStatus(pod: Pod): Promise<Pod>;
  /** Its containers have ended: nothing of it is left here. */
  delete(pod: Pod): Promise<void>;
  get(pod: Pod): Promise<Pod>;
}

export function serverPods(client: Client): PodApi {
  const refOf = (pod: Pod) => ({ namespace: namespaceOf(pod), name: nameOf(pod) });
  return {
    writeStatus: (pod) => client.update(pods, pod, { subresource: 'status' }),
    get: (pod) => client.get(pods, refOf(pod)),
    async delete(pod) {
      const preconditions = { uid: uidOf(pod) };
      await client.delete(pods, refOf(pod), { gracePeriodSeconds: 0, preconditions });
    },
  };
}
