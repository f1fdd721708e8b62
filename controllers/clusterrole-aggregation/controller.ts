/** Gives aggregating ClusterRoles (admin, edit, view) the rules of those with their labels. */
import { nameOf, uidOf } from '../../api/meta.ts';
import { clusterRoles as clusterRoleType } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import type { ClusterRole } from '../../api/types/rbac-v1.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { Controller, ControllerContext } from '../runtime/controller.ts';
import { enqueueMapped } from '../runtime/sources.ts';
import { aggregatedRules, gathers } from './plan.ts';

const NAME = 'clusterrole-aggregation-controller';

export function clusterRoleAggregationController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const roles = context.informers.of(clusterRoleType);
  const { lister } = roles;
  // Before the first sync each role is seen alone; those that gather are then queued themselves.
  enqueueMapped(roles, queue, (changed: ClusterRole) => [
    ...(changed.aggregationRule === undefined ? [] : [nameOf(changed)]),
    ...lister
      .list()
      .filter((role) => gathers(role, changed))
      .map(nameOf),
  ]);
  return {
    name: NAME,
    queue,
    informers: [roles],
    async reconcile(name) {
      const role = lister.get(name);
      const rules = role && aggregatedRules(role, lister.list());
      if (role === undefined || rules === undefined) return undefined;
      try {
        const metadata = { name: nameOf(role), uid: uidOf(role) };
        const { apiVersion, kind } = role;
        await context.client.patch(
          clusterRoleType,
          { name: nameOf(role) },
          {
            type: 'application/apply-patch+yaml',
            body: { apiVersion, kind, metadata, rules },
            fieldManager: NAME,
            force: true,
          },
        );
      } catch (error) {
        // Gone, or another of its name is on the way and will be looked at.
        if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error;
      }
      return undefined;
    },
  };
}
