/** Ends pods that their owners did not want to end: says why in the status, then deletes. */
import { nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import { pods as podType } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import { formatTime } from '../../api/time.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import type { Client } from '../../client/interface.ts';
import { podCondition } from './pods.ts';

export interface Disruption {
  /** Of the condition DisruptionTarget, which a Job's podFailurePolicy may name. */
  readonly cause?: { readonly reason: string; readonly message: string };
  /** For pods whose kubelet will never tell how they ended. */
  readonly failed?: boolean;
  /** At once, without the pod's grace. */
  readonly force?: boolean;
}

/** False if the pod was gone already, or another has its name. */
export async function disruptPod(
  { client, nowMs }: { readonly client: Client; readonly nowMs: number },
  pod: Pod,
  { cause, failed = false, force = false }: Disruption,
): Promise<boolean> {
  const ref = { namespace: namespaceOf(pod), name: nameOf(pod) };
  const lastTransitionTime = formatTime(nowMs);
  const told = podCondition(pod, 'DisruptionTarget')?.status === 'True';
  const { generation } = pod.metadata;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const status = {
    ...(failed && !terminal(pod) ? { phase: 'Failed' } : {}),
    ...(cause === undefined || told
      ? {}
      : {
          conditions: [
            { type: 'DisruptionTarget', status: 'True', ...observed, ...cause, lastTransitionTime },
          ],
        }),
  };
  try {
    if (Object.keys(status).length > 0) {
      await client.patch(podType, ref, {
        type: 'application/strategic-merge-patch+json',
        body: { metadata: { uid: uidOf(pod) }, status },
        subresource: 'status',
      });
    }
    await client.delete(podType, ref, {
      ...(force ? { gracePeriodSeconds: 0 } : {}),
      preconditions: { uid: uidOf(pod) },
    });
    return true;
  } catch (error) {
    if (isStatus(error, 'NotFound') || isStatus(error, 'Conflict')) return false;
    throw error;
  }
}

function terminal({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
