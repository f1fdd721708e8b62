/** Generic ephemeral volumes: a claim per volume, made from the pod's template and owned by it. */
import { type Draft, keyOf, namespaceOf } from '../../api/meta.ts';
import { persistentVolumeClaims as claimType, pods as podType } from '../../api/resources.ts';
import { isStatus, namespaceTerminates } from '../../api/status.ts';
import type { PersistentVolumeClaim, Pod } from '../../api/types/core-v1.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { type Controller, type ControllerContext, recorderFor } from '../runtime/controller.ts';
import { CLAIM_INDEX, indexByClaim } from '../runtime/pods-by-claim.ts';
import { planVolumes } from './plan.ts';

const NAME = 'ephemeral-volume-controller';

export function ephemeralVolumeController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const recorder = recorderFor(context, 'ephemeral_volume');
  const pods = context.informers.of(podType);
  const claims = context.informers.of(claimType);
  indexByClaim(pods);
  const enqueue = (pod: Pod): void => {
    if (pod.spec.volumes?.some(({ ephemeral }) => ephemeral !== undefined)) queue.add(keyOf(pod));
  };
  pods.addHandler({ added: enqueue });
  claims.addHandler({
    deleted: (claim) => pods.lister.byIndex(CLAIM_INDEX, keyOf(claim)).forEach(enqueue),
  });

  function tell(pod: Pod, message: string): void {
    recorder.record(pod, { type: 'Warning', reason: 'FailedBinding', message });
  }

  async function create(
    pod: Pod,
    volume: string,
    draft: Draft<PersistentVolumeClaim>,
  ): Promise<void> {
    try {
      await context.client.create(claimType, draft);
    } catch (error) {
      if (namespaceTerminates(error)) return;
      // One that the cache does not show yet is looked at when it does.
      if (!isStatus(error, 'AlreadyExists'))
        tell(
          pod,
          `ephemeral volume ${volume}: create PVC ${draft.metadata.name}: ` +
            (error as Error).message,
        );
      throw error;
    }
  }

  return {
    name: NAME,
    queue,
    informers: [pods, claims],
    async reconcile(key) {
      const pod = pods.lister.get(key);
      if (pod === undefined) return undefined;
      const find = (name: string): PersistentVolumeClaim | undefined =>
        claims.lister.get(`${namespaceOf(pod)}/${name}`);
      const { missing, problem } = planVolumes(pod, find);
      for (const { volume, claim } of missing) await create(pod, volume, claim);
      if (problem === undefined) return undefined;
      tell(pod, problem);
      throw new Error(problem);
    },
    stop: () => recorder.stop(),
  };
}
