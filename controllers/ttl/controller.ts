/** The ttl controller: tells node agents by an annotation how long they may keep what they read. */
import { nameOf } from '../../api/meta.ts';
import { nodes as nodeType } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { Controller, ControllerContext } from '../runtime/controller.ts';
import { TTL_ANNOTATION, TtlSteps } from './plan.ts';

/** Nodes come in bursts: each is to be written once, for the size that the cluster then has. */
const GATHER_MS = 1000;

export function ttlController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const nodes = context.informers.of(nodeType);
  const steps = new TtlSteps();
  let count = 0;
  let seconds = 0;
  const counted = (change: 1 | -1): void => {
    count += change;
    seconds = steps.secondsFor(count);
  };
  // A new size reaches a node with its next heartbeat.
  nodes.addHandler({
    added: (node) => {
      counted(1);
      queue.addAfter(nameOf(node), GATHER_MS);
    },
    updated: (_old, node) => {
      if (node.metadata.annotations?.[TTL_ANNOTATION] !== String(seconds))
        queue.addAfter(nameOf(node), GATHER_MS);
    },
    deleted: () => counted(-1),
  });
  return {
    name: 'ttl-controller',
    queue,
    informers: [nodes],
    async reconcile(name) {
      const node = nodes.lister.get(name);
      const value = String(seconds);
      if (node === undefined || node.metadata.annotations?.[TTL_ANNOTATION] === value)
        return undefined;
      const body = { metadata: { annotations: { [TTL_ANNOTATION]: value } } };
      try {
        const patch = { type: 'application/strategic-merge-patch+json', body } as const;
        await context.client.patch(nodeType, { name }, patch);
      } catch (error) {
        if (!isStatus(error, 'NotFound')) throw error;
      }
      return undefined;
    },
  };
}
