/** The service account controller: every namespace that is not being deleted has a `default`. */
import { namespaceOf } from '../../api/meta.ts';
import { namespaces as namespaceType, serviceAccounts } from '../../api/resources.ts';
import { isStatus, namespaceTerminates } from '../../api/status.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { Controller, ControllerContext } from '../runtime/controller.ts';
import { enqueueSelf } from '../runtime/sources.ts';
import { DEFAULT_ACCOUNT, planAccount } from './plan.ts';

const NAME = 'serviceaccount-controller';

export function serviceAccountController(context: ControllerContext): Controller {
  const queue = new WorkQueue({ clock: context.clock });
  const namespaces = context.informers.of(namespaceType);
  const accounts = context.informers.of(serviceAccounts);
  enqueueSelf(namespaces, queue);
  accounts.addHandler({ deleted: (account) => queue.add(namespaceOf(account)) });
  return {
    name: NAME,
    queue,
    informers: [namespaces, accounts],
    async reconcile(namespace) {
      const draft = planAccount({
        namespace: namespaces.lister.get(namespace),
        account: accounts.lister.get(`${namespace}/${DEFAULT_ACCOUNT}`),
      });
      if (draft === undefined) return undefined;
      try {
        await context.client.create(serviceAccounts, draft);
      } catch (error) {
        const isSettled = isStatus(error, 'AlreadyExists') || isStatus(error, 'NotFound');
        if (!isSettled && !namespaceTerminates(error)) throw error;
      }
      return undefined;
    },
  };
}
