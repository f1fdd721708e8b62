import { groupResource, type ResourceType } from '../../api/resource.ts';
import { sleep } from '../../platform/clock.ts';
import type { Effects } from '../../platform/effects.ts';
import type { Controller } from './controller.ts';

type Cache = Controller['informers'][number];

/** As kube-controller-manager's garbage collector waits for its monitors. */
const SYNC_LIMIT_MS = 30_000;

/**
 * The cache of one kind among many: who needs it begins without it where it cannot be read, for
 * instance since a conversion webhook is away, and is told of what it holds when it can.
 */
export function boundedSync(
  type: ResourceType,
  informer: Cache,
  {
    clock,
    logger,
    controller,
  }: Pick<Effects, 'clock' | 'logger'> & { readonly controller: string },
): Cache {
  return {
    start: () => informer.start(),
    whenSynced: async () => {
      const settled = new AbortController();
      const tooLong = sleep(clock, SYNC_LIMIT_MS, settled.signal).then(() => {
        if (settled.signal.aborted) return;
        const resource = groupResource(type);
        logger.warn(
          { controller, resource },
          'the resource could not be listed: going on without it',
        );
      });
      try {
        await Promise.race([informer.whenSynced(), tooLong]);
      } finally {
        settled.abort();
      }
    },
  };
}
