import { EngineError } from '../engine/engine.ts';
import { withDefaults, type MemberOptions } from '../replica/options.ts';
import { EngineFolders, isEtcdFolder } from './engine-folders.ts';

/** Gives back the unused space of a folder whose member is stopped. Rejects with EngineError. */
export async function defragmentFolder(options: MemberOptions): Promise<void> {
  const settings = withDefaults(options);
  const { dataDir, disk } = settings;
  if (await isEtcdFolder(dataDir, disk))
    throw new EngineError('failed', "it is a data folder of etcd's, for `etcdutl defrag`");
  const folders = await EngineFolders.find(settings);
  if (!(await folders.exists())) throw new EngineError('failed', 'no member has its data there');
  const engine = await folders.open();
  try {
    await engine.compact();
  } finally {
    await engine.close();
  }
}
