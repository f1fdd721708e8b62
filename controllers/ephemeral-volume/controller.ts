/** Generic ephemeral volumes: a claim per volume, made from the pod's template and owned by it. */
import { type Draft, keyOf, nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import { persistentVolumeClaims as claimType, pods as podType } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { PersistentVolumeClaim, Pod, Volume } from '../../api/types/core-v1.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { controllerReference } from '../runtime/claim.ts';
import { type Controller, type ControllerContext, recorderFor } from '../runtime/controller.ts';
import { namespaceTerminates } from '../runtime/pod-control.ts';
import { podActive } from '../runtime/pods.ts';

const NAME = 'ephemeral-volume-controller';

export function ephemeralVolumeController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const recorder = recorderFor(context, NAME);
  const pods = context.informers.of(podType);
  const claims = context.informers.of(claimType);
  const enqueue = (pod: Pod): void => {
    if (pod.spec.volumes?.some(({ ephemeral }) => ephemeral !== undefined)) queue.add(keyOf(pod));
  };
  pods.addHandler({ added: enqueue });
  claims.addHandler({
    deleted: ({ metadata }) => {
      const owner = metadata.ownerReferences?.find(
        ({ kind, controller }) => controller && kind === podType.kind,
      );
      const pod = owner && pods.lister.get(`${metadata.namespace}/${owner.name}`);
      if (pod !== undefined) enqueue(pod);
    },
  });
  return {
    name: NAME,
    queue,
    informers: [pods, claims],
    async reconcile(key) {
      const pod = pods.lister.get(key);
      if (pod === undefined || !podActive(pod)) return undefined;
      for (const volume of pod.spec.volumes ?? []) {
        const draft = claimFor(pod, volume);
        if (draft === undefined) continue;
        const found = claims.lister.get(`${namespaceOf(pod)}/${draft.metadata.name}`);
        const problem = found && notOurs(found, pod);
        if (problem !== undefined) {
          recorder.record(pod, { type: 'Warning', reason: 'FailedBinding', message: problem });
          throw new Error(problem);
        }
        if (found === undefined) await create(draft);
      }
      return undefined;
    },
    stop: () => recorder.stop(),
  };

  async function create(draft: Draft<PersistentVolumeClaim>): Promise<void> {
    try {
      await context.client.create(claimType, draft);
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists') && !namespaceTerminates(error)) throw error;
    }
  }
}

/** Undefined for volumes of other kinds. */
export function claimFor(
  pod: Pod,
  { name, ephemeral }: Volume,
): Draft<PersistentVolumeClaim> | undefined {
  const template = ephemeral?.volumeClaimTemplate;
  if (template === undefined) return undefined;
  const { labels, annotations } = template.metadata ?? {};
  return {
    metadata: {
      namespace: namespaceOf(pod),
      name: `${nameOf(pod)}-${name}`,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [controllerReference(pod)],
    },
    spec: template.spec,
  };
}

/** Somebody else's claim of that name must not be taken for the pod's. */
export function notOurs(claim: PersistentVolumeClaim, pod: Pod): string | undefined {
  const owned = claim.metadata.ownerReferences?.some(
    ({ uid, controller }) => controller && uid === uidOf(pod),
  );
  return owned
    ? undefined
    : `PVC ${keyOf(claim)} was not created for pod ${keyOf(pod)} (pod is not owner)`;
}
