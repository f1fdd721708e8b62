/** The token cleaner: the Secret of a bootstrap token goes when the token ends. */
import { bootstrapTokenOf } from '../../api/bootstrap-token.ts';
import { nameOf, namespaceOf, uidOf } from '../../api/meta.ts';
import { secrets as secretType } from '../../api/resources.ts';
import { isStatus } from '../../api/status.ts';
import { WorkQueue } from '../../client/work-queue.ts';
import type { Controller, ControllerContext } from '../runtime/controller.ts';
import { enqueueSelf } from '../runtime/sources.ts';

export function bootstrapTokenCleaner(context: ControllerContext): Controller {
  const { client, clock, informers } = context;
  const queue = new WorkQueue({ clock });
  const secrets = informers.of(secretType);
  const ends = (secret: Parameters<typeof bootstrapTokenOf>[0]): boolean =>
    namespaceOf(secret) === 'kube-system' &&
    (bootstrapTokenOf(secret)?.endMs ?? Infinity) !== Infinity;
  enqueueSelf(secrets, queue, ends);
  return {
    name: 'token-cleaner-controller',
    queue,
    informers: [secrets],
    async reconcile(key) {
      const secret = secrets.lister.get(key);
      if (secret === undefined || !ends(secret)) return undefined;
      const left = bootstrapTokenOf(secret)!.endMs - clock.now();
      if (left > 0) return { requeueAfterMs: left };
      try {
        const ref = { namespace: namespaceOf(secret), name: nameOf(secret) };
        await client.delete(secretType, ref, { preconditions: { uid: uidOf(secret) } });
      } catch (error) {
        if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error;
      }
      return undefined;
    },
  };
}
