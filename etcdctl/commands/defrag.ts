/** defrag: of members that run, or of the folder of one that does not */
import { Command } from 'commander';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { sha1 } from '../../platform/node/crypto/sha1.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { realRandom } from '../../platform/node/random.ts';
import { defragmentFolder } from '../../store/server/defragment.ts';
import type { Run, Session } from '../session.ts';
import { endpoints } from './cluster.ts';

async function defragFolder(dataDir: string): Promise<void> {
  const effects = { clock: realClock, random: realRandom, disk: realDisk, logger: silentLogger };
  await defragmentFolder({ ...effects, sha1, dataDir }).catch((error: Error) => {
    const text = `Failed to defragment etcd data[${dataDir}] (${error.message})`;
    throw new Error(text, { cause: error });
  });
}

/** One after the other, so that not all are busy at once; one that fails does not stop others. */
async function defragMembers(session: Session, all: readonly string[]): Promise<void> {
  const failed: string[] = [];
  for (const endpoint of all)
    try {
      const client = await session.clientOf(endpoint);
      await client.call('etcdserverpb.Maintenance/Defragment', {}, { endless: true });
      session.print(`Finished defragmenting etcd member[${endpoint}]`);
    } catch (error) {
      failed.push(`Failed to defragment etcd member[${endpoint}] (${(error as Error).message})`);
    }
  if (failed.length > 0) throw new Error(failed.join('\n'));
}

export const defragCommand = (run: Run): Command =>
  new Command('defrag')
    .description('Give back space that is no longer used')
    .option('--cluster', 'on all members', false)
    .option('--data-dir <folder>', 'of a member that does not run')
    .action(({ cluster, dataDir }: { cluster: boolean; dataDir?: string }) =>
      run(async (session) => {
        if (dataDir !== undefined) return defragFolder(dataDir);
        return defragMembers(session, await endpoints(session, cluster));
      }),
    );
