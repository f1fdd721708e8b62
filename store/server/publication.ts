/** Becoming a member that serves: it finds a leader, catches up, and says who it is. */
import { sleep } from '../../platform/clock.ts';
import { StoreError } from '../kv.ts';
import type { MemberId } from '../raft/entry.ts';
import type { Settings } from '../replica/options.ts';
import type { Replica } from '../replica/replica.ts';

interface Publication {
  readonly id: MemberId;
  readonly settings: Pick<
    Settings,
    'clock' | 'logger' | 'name' | 'clientUrls' | 'heartbeatMs' | 'version'
  >;
  readonly replica: () => Replica;
  readonly isStopping: () => boolean;
}

/** Rejects only if the member stops or fails. */
export async function publish({ id, settings, replica, isStopping }: Publication): Promise<void> {
  const { clock, logger, name, clientUrls, heartbeatMs, version } = settings;
  for (;;) {
    try {
      await replica().confirmRead();
      const self = replica().cluster.get(id);
      const isKnown = self?.name === name && self.clientUrls.join() === clientUrls.join();
      if (!isKnown && self !== undefined)
        await replica().proposeChange({ type: 'publish', id, name, clientUrls });
      // Without itself among the members it has not been brought up to date yet.
      if (self !== undefined) {
        // Harnesses made for etcd wait for these two.
        logger.info({ version }, 'enabled capabilities for version');
        logger.info({ name, clientUrls }, 'published local member to cluster through raft');
        return;
      }
    } catch (error) {
      if (isStopping() || !(error instanceof StoreError)) throw error;
      logger.warn({ reason: error.message }, 'no leader yet; still trying to join');
    }
    await sleep(clock, heartbeatMs);
  }
}
