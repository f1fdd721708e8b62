/** Every namespace has the CA of the API server in a ConfigMap, for pods to trust it by. */
import { configMaps as configMapType, namespaces as namespaceType } from '../../api/resources.ts';
import { isStatus, namespaceTerminates } from '../../api/status.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { Controller, ControllerContext } from '../runtime/controller.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import { planCa, ROOT_CA } from './plan.ts';

export function rootCaPublisher(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const namespaces = context.informers.of(namespaceType);
  const maps = context.informers.of(configMapType);
  const { client, rootCa = '' } = context;
  enqueueSelf(namespaces, queue);
  const ours = (map: { metadata: { name?: string; namespace?: string } }): void => {
    if (map.metadata.name === ROOT_CA) queue.add(map.metadata.namespace ?? '');
  };
  maps.addHandler({ updated: (_old, map) => ours(map), deleted: ours });

  return {
    name: 'root-ca-certificate-publisher-controller',
    queue,
    informers: [namespaces, maps],
    async reconcile(name) {
      const map = maps.lister.get(`${name}/${ROOT_CA}`);
      const plan = planCa({ namespace: namespaces.lister.get(name), map }, rootCa);
      if (plan === undefined) return undefined;
      try {
        if ('create' in plan) await client.create(configMapType, plan.create);
        else await client.update(configMapType, plan.update);
      } catch (error) {
        const isGone = 'create' in plan && isStatus(error, 'NotFound');
        if (!isGone && !namespaceTerminates(error)) throw error;
      }
      return undefined;
    },
  };
}
