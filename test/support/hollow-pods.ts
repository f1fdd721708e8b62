/** The least that stands in for scheduler and kubelets: pods get a node and run, or end. */
import type { KubernetesObject } from '../../api/meta.ts';
import { pods as podType } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { createInformer } from '../../client/informer.ts';
import type { Client } from '../../client/interface.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Running } from '../../platform/lifecycle.ts';
import { silentLogger } from '../../platform/logger.ts';
import type { Random } from '../../platform/random.ts';

export interface HollowPodsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  /** False: the pod runs but never becomes ready. */
  ready?(pod: Pod): boolean;
}

export function startHollowPods(options: HollowPodsOptions): Running {
  const { client, clock, random } = options;
  const queue = new WorkQueue({ clock });
  const informer = createInformer(podType, { client, clock, random, logger: silentLogger });
  let addresses = 0;
  const enqueue = ({ metadata }: KubernetesObject): void =>
    queue.add(`${metadata.namespace}/${metadata.name}`);
  informer.addHandler({ added: enqueue, updated: (_, pod) => enqueue(pod) });
  informer.start();

  async function advance(pod: Pod): Promise<void> {
    const { namespace = '', name = '', uid = '' } = pod.metadata;
    if (pod.metadata.deletionTimestamp !== undefined) {
      const options = { gracePeriodSeconds: 0, preconditions: { uid } };
      await client.delete(podType, { namespace, name }, options);
    } else if (!pod.spec.nodeName) {
      const body = {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { namespace, name },
        target: { apiVersion: 'v1', kind: 'Node', name: 'node1' },
      };
      await client.createSubresource(
        podType,
        { namespace, name },
        { subresource: 'binding', body },
      );
    } else if (pod.status?.phase !== 'Running') {
      addresses++;
      const podIP = `10.0.${addresses >> 8}.${addresses & 255}`;
      const status = options.ready?.(pod) === false ? 'False' : 'True';
      const lastTransitionTime = pod.metadata.creationTimestamp ?? '';
      const conditions = [{ type: 'Ready', status, lastTransitionTime }];
      const running = {
        ...pod.status,
        phase: 'Running',
        podIP,
        podIPs: [{ ip: podIP }],
        conditions,
      };
      await client.update(podType, { ...pod, status: running }, { subresource: 'status' });
    }
  }

  const worker = (async () => {
    for (let key = await queue.next(); key !== undefined; key = await queue.next()) {
      const pod = informer.lister.get(key);
      try {
        if (pod !== undefined) await advance(pod);
        queue.forget(key);
      } catch (error) {
        if (!isStatus(error, 'NotFound')) queue.addRateLimited(key);
      }
      queue.done(key);
    }
  })();
  return {
    async stop() {
      queue.stop();
      await informer.stop();
      await worker;
    },
  };
}
