/** Keeps ServiceCIDRs from going while Services have addresses of them (KEP-1880). */
import { nameOf } from '../../api/meta.ts';
import { ipAddresses, serviceCidrs } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import { formatTime } from '../../api/time.ts';
import type { IPAddress } from '../../api/types/networking-v1.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { Controller, ControllerContext } from '../runtime/controller.ts';
import { covers, FINALIZER, planServiceCidr, type Readiness } from './plan.ts';

const FIELD_MANAGER = 'service-cidr-controller';

export function serviceCidrController(context: ControllerContext): Controller {
  const { client, clock } = context;
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

  async function setFinalizer(name: string, change: 'add' | 'remove'): Promise<void> {
    const field = change === 'add' ? 'finalizers' : '$deleteFromPrimitiveList/finalizers';
    const body = { metadata: { [field]: [FINALIZER] } };
    const type = 'application/strategic-merge-patch+json';
    await client.patch(serviceCidrs, { name }, { type, body });
  }

  async function setReady(name: string, ready: Readiness): Promise<void> {
    const lastTransitionTime = formatTime(clock.now());
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
          status: { conditions: [{ type: 'Ready', ...ready, lastTransitionTime }] },
        },
      },
    );
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
        if (plan.finalizer !== undefined) await setFinalizer(name, plan.finalizer);
        if (plan.ready !== undefined) await setReady(name, plan.ready);
      } catch (error) {
        if (!isStatus(error, 'NotFound')) throw error;
      }
      return plan.requeueAfterMs === undefined
        ? undefined
        : { requeueAfterMs: plan.requeueAfterMs };
    },
  };
}
