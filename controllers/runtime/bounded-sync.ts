import type { KubernetesObject } from '../../api/meta.ts';
import { groupResource, type ResourceType } from '../../api/resource.ts';
import type { Informer } from '../../client/informer-interface.ts';
import { sleep } from '../../platform/clock.ts';
import type { Effects } from '../../platform/effects.ts';
import type { Controller } from './controller.ts';

type Cache = Controller['informers'][number];
type Bounded = Pick<Informer<KubernetesObject>, 'start' | 'whenTried' | 'synced'>;

/** As kube-controller-manager's garbage collector waits for its monitors at most. */
const SYNC_LIMIT_MS = 30_000;

/**
 * The cache of one kind among many: who needs it begins without it where it cannot be read, for
 * instance since a conversion webhook is away, and is told of what it holds when it can.
 */
export function boundedSync(
  type: ResourceType,
  informer: Bounded,
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
      try {
        await Promise.race([informer.whenTried(), sleep(clock, SYNC_LIMIT_MS, settled.signal)]);
      } finally {
        settled.abort();
      }
      if (informer.synced) return;
      const resource = groupResource(type);
      logger.warn(
        { controller, resource },
        'the resource could not be listed: going on without it',
      );
    },
  };
}
