/** Creates and deletes pods for their owner, and tells so as kube-controller-manager does. */
import { type Draft, type KubernetesObject, nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import { pods } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { Pod, PodTemplateSpec } from '../../api/types/core-v1.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import type { Client } from '../../client/interface.ts';
import { controllerReference } from './claim.ts';

/** The pod that an owner's template describes; the server makes up the rest of the name. */
export function podOf(owner: KubernetesObject, template: PodTemplateSpec | undefined): Draft<Pod> {
  const { metadata, spec } = template ?? {};
  const { labels, annotations, finalizers } = metadata ?? {};
  return {
    metadata: {
      namespace: namespaceOf(owner),
      generateName: `${nameOf(owner)}-`,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(finalizers === undefined ? {} : { finalizers }),
      ownerReferences: [controllerReference(owner)],
    },
    spec: spec ?? { containers: [] },
  };
}

/** A namespace on its way out takes everything in it along: such a refusal is no failure. */
export function namespaceTerminates(error: unknown): boolean {
  const causes = isStatus(error, 'Forbidden') ? (error.status.details?.causes ?? []) : [];
  return causes.some(({ reason }) => reason === 'NamespaceTerminating');
}

export class PodControl {
  readonly #client: Client;
  readonly #recorder: EventRecorder;

  constructor(client: Client, recorder: EventRecorder) {
    this.#client = client;
    this.#recorder = recorder;
  }

  async create(owner: KubernetesObject, draft: Draft<Pod>): Promise<void> {
    try {
      const pod = await this.#client.create(pods, draft);
      const message = `Created pod: ${nameOf(pod)}`;
      this.#recorder.record(owner, { type: 'Normal', reason: 'SuccessfulCreate', message });
    } catch (error) {
      if (!namespaceTerminates(error)) {
        const message = `Error creating: ${(error as Error).message}`;
        this.#recorder.record(owner, { type: 'Warning', reason: 'FailedCreate', message });
      }
      throw error;
    }
  }

  /** False if the pod was gone already. */
  async remove(owner: KubernetesObject, pod: Pod): Promise<boolean> {
    const ref = { namespace: namespaceOf(pod), name: nameOf(pod) };
    try {
      await this.#client.delete(pods, ref, { preconditions: { uid: uidOf(pod) } });
      const message = `Deleted pod: ${ref.name}`;
      this.#recorder.record(owner, { type: 'Normal', reason: 'SuccessfulDelete', message });
      return true;
    } catch (error) {
      if (isStatus(error, 'NotFound')) return false;
      const message = `Error deleting: ${(error as Error).message}`;
      this.#recorder.record(owner, { type: 'Warning', reason: 'FailedDelete', message });
      throw error;
    }
  }
}

/**
 * Deletes them all, side by side; `unseen` is told of those whose deletion no event will show.
 * Returns the first failure.
 */
export async function removePods(
  doomed: readonly Pod[],
  remove: (pod: Pod) => Promise<boolean>,
  unseen: (pod: Pod) => void,
): Promise<Error | undefined> {
  const results = await Promise.allSettled(
    doomed.map(async (pod) => {
      let removed = false;
      try {
        removed = await remove(pod);
      } finally {
        if (!removed) unseen(pod);
      }
    }),
  );
  const failed = results.find((result) => result.status === 'rejected');
  return failed?.reason as Error | undefined;
}
