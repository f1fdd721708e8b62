import { connectionOf, loadKubeconfig } from '../client/kubeconfig-connection.ts';
import type { KubeconfigConnection } from '../client/kubeconfig-connection.ts';
import type { Disk } from '../platform/disk.ts';
import type { ConnectionFlags } from './cli.ts';
import { UsageError } from './resources.ts';

export interface Surroundings {
  readonly disk: Disk;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Where the kubeconfig is looked for: `--kubeconfig`, else `KUBECONFIG` (several paths, merged),
 * else the cluster of this folder (`.wherry/kubeconfig`), else `~/.kube/config`.
 */
export async function findConnection(
  flags: ConnectionFlags,
  { disk, env }: Surroundings,
): Promise<KubeconfigConnection> {
  const paths = await kubeconfigPaths(flags, { disk, env });
  const config = await loadKubeconfig(disk, paths);
  return connectionOf(disk, config, {
    ...(flags.context === undefined ? {} : { context: flags.context }),
    ...(flags.namespace === undefined ? {} : { namespace: flags.namespace }),
    ...(flags.server === undefined ? {} : { server: flags.server }),
  });
}

async function kubeconfigPaths(
  flags: ConnectionFlags,
  { disk, env }: Surroundings,
): Promise<string[]> {
  if (flags.kubeconfig !== undefined) return [flags.kubeconfig];
  const listed = (env['KUBECONFIG'] ?? '').split(':').filter((path) => path !== '');
  if (listed.length > 0) return listed;
  const candidates = ['.wherry/kubeconfig', `${env['HOME'] ?? ''}/.kube/config`];
  for (const path of candidates) if ((await disk.read(path)) !== undefined) return [path];
  if (flags.server !== undefined) return [];
  throw new UsageError(
    'error: no cluster is configured: neither --kubeconfig nor KUBECONFIG is given, and neither ' +
      `${candidates.join(' nor ')} exists. Start a cluster here with \`npx wherry up\`.`,
  );
}
