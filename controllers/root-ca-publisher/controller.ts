/** Every namespace has the CA of the API server in a ConfigMap, for pods to trust it by. */
import { deepEqual } from '../../api/deep.ts';
import { nameOf } from '../../api/meta.ts';
import { configMaps as configMapType, namespaces as namespaceType } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { Controller, ControllerContext } from '../runtime/controller.ts';
import { enqueueSelf } from '../runtime/sources.ts';

const NAME = 'kube-root-ca.crt';
const DESCRIPTION = 'kubernetes.io/description';
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal ' +
  'endpoints such as the internal service IP or kubernetes.default.svc. No other usage is ' +
  'guaranteed across distributions of Kubernetes clusters.';

export function rootCaPublisher(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const namespaces = context.informers.of(namespaceType);
  const maps = context.informers.of(configMapType);
  const { client, rootCa = '' } = context;
  enqueueSelf(namespaces, queue);
  const ours = (map: { metadata: { name?: string; namespace?: string } }): void => {
    if (map.metadata.name === NAME) queue.add(map.metadata.namespace ?? '');
  };
  maps.addHandler({ updated: (_old, map) => ours(map), deleted: ours });
  const data = { 'ca.crt': rootCa };

  async function publish(namespace: string): Promise<void> {
    const map = maps.lister.get(`${namespace}/${NAME}`);
    if (map === undefined) {
      const annotations = { [DESCRIPTION]: description };
      await client.create(configMapType, {
        metadata: { namespace, name: NAME, annotations },
        data,
      });
      return;
    }
    const described = map.metadata.annotations?.[DESCRIPTION] === description;
    if (described && deepEqual(map.data, data)) return;
    const annotations = { ...map.metadata.annotations, [DESCRIPTION]: description };
    await client.update(configMapType, {
      ...map,
      metadata: { ...map.metadata, annotations },
      data,
    });
  }

  return {
    name: 'root-ca-certificate-publisher-controller',
    queue,
    informers: [namespaces, maps],
    async reconcile(name) {
      const namespace = namespaces.lister.get(name);
      const gone = namespace === undefined || namespace.metadata.deletionTimestamp !== undefined;
      if (gone || rootCa === '') return undefined;
      try {
        await publish(nameOf(namespace));
      } catch (error) {
        // Made meanwhile, or the namespace is on its way out.
        const settled = ['AlreadyExists', 'NotFound', 'Forbidden'] as const;
        if (!settled.some((reason) => isStatus(error, reason))) throw error;
      }
      return undefined;
    },
  };
}
