/** Keeps ServiceCIDRs from going while Services have addresses of them (KEP-1880). */
import { nameOf } from '../../api/meta.ts';
import { ipAddresses, serviceCidrs } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import { formatTime } from '../../api/time.ts';
import type { IPAddress, ServiceCIDR } from '../../api/types/networking-v1.ts';
import type { Client } from '../../client/interface.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import { type Controller, type ControllerContext, recorderFor } from '../runtime/controller.ts';
import { covers, FINALIZER, planServiceCidr, type Readiness } from './plan.ts';

const FIELD_MANAGER = 'service-cidr-controller';

interface Condition extends Readiness {
  readonly type: string;
  readonly lastTransitionTime: string;
}

export function serviceCidrController(context: ControllerContext): Controller {
  const { client, clock } = context;
  const recorder = recorderFor(context, FIELD_MANAGER);
  const queue = new WorkQueue({ clock });
  const ranges = context.informers.of(serviceCidrs);
  const addresses = context.informers.of(ipAddresses);
  // A range may wait for another to come, or for its addresses to go.
  const wakeWaiting = (address?: IPAddress): void => {
    for (const range of ranges.lister.list()) {
      if (range.metadata.deletionTimestamp === undefined) continue;
      if (address === undefined || covers(range, address)) queue.add(nameOf(range));
    }
  };
  ranges.addHandler({
    added: (range) => {
      queue.add(nameOf(range));
      wakeWaiting();
    },
    updated: (_old, range) => queue.add(nameOf(range)),
    deleted: () => wakeWaiting(),
  });
  addresses.addHandler({
    added: wakeWaiting,
    updated: () => undefined,
    deleted: wakeWaiting,
  });

  function tellUnready(range: ServiceCIDR): void {
    const message = 'The ServiceCIDR Status can not be set to Ready=True';
    recorder.record(range, { type: 'Warning', reason: 'KubernetesServiceCIDRError', message });
  }

  return {
    name: FIELD_MANAGER,
    queue,
    informers: [ranges, addresses],
    async reconcile(name) {
      const range = ranges.lister.get(name);
      if (range === undefined) return undefined;
      const known = { addresses: addresses.lister.list(), nowMs: clock.now() };
      const plan = planServiceCidr(range, ranges.lister.list(), known);
      try {
        if (plan.finalizer !== undefined) await setFinalizer(client, name, plan.finalizer);
        if (plan.ready !== undefined) {
          const lastTransitionTime = formatTime(clock.now());
          await setReady(client, name, { type: 'Ready', ...plan.ready, lastTransitionTime });
        }
      } catch (error) {
        if (isStatus(error, 'NotFound')) return undefined;
        if (plan.ready?.status === 'True') tellUnready(range);
        throw error;
      }
      return plan.requeueAfterMs === undefined
        ? undefined
        : { requeueAfterMs: plan.requeueAfterMs };
    },
    stop: () => recorder.stop(),
  };
}

async function setFinalizer(client: Client, name: string, change: 'add' | 'remove'): Promise<void> {
  const field = change === 'add' ? 'finalizers' : '$deleteFromPrimitiveList/finalizers';
  const body = { metadata: { [field]: [FINALIZER] } };
  const type = 'application/strategic-merge-patch+json';
  await client.patch(serviceCidrs, { name }, { type, body });
}

async function setReady(client: Client, name: string, condition: Condition): Promise<void> {
  await client.patch(
    serviceCidrs,
    { name },
    {
      type: 'application/apply-patch+yaml',
      subresource: 'status',
      fieldManager: FIELD_MANAGER,
      force: true,
      body: {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'ServiceCIDR',
        metadata: { name },
        status: { conditions: [condition] },
      },
    },
  );
}
