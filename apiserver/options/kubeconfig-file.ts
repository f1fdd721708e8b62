import { FlagError, type FlagFiles } from './flag-files.ts';
import { type KubeconfigTarget, kubeconfigTarget } from '../webhook/kubeconfig-target.ts';

/** The webhook of a kubeconfig that a flag names, and of the files beside it. */
export async function kubeconfigFile(
  flag: string,
  path: string,
  files: Pick<FlagFiles, 'read' | 'runs'>,
): Promise<KubeconfigTarget> {
  const text = await files.read(flag, path);
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const read = (name: string): Promise<string> =>
    files.read(flag, name.startsWith('/') ? name : folder + name);
  try {
    return await kubeconfigTarget(text, { folder, read, runs: files.runs });
  } catch (error) {
    if (error instanceof FlagError) throw error;
    throw new FlagError(`--${flag}: ${path}: ${(error as Error).message}`, { cause: error });
  }
}
