import { benchGarbage, benchNamespaceDeletion } from './deletions.ts';
import { benchManyDeployments, benchTenThousand, benchThousand } from './deployments.ts';

/**
 * What the controllers are asked for, in clusters that have everything else too; and the same of a
 * kube-controller-manager, where one is on the PATH, with our API server, scheduler and nodes.
 */
export async function benchControllers(): Promise<void> {
  await benchThousand();
  await benchManyDeployments();
  await benchNamespaceDeletion();
  await benchGarbage();
  await benchTenThousand();
}
