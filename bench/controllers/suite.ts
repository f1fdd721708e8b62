import { benchGarbage, benchNamespaceDeletion } from './deletions.ts';
import { benchManyDeployments, benchTenThousand, benchThousand } from './deployments.ts';

/**
 * What the controllers are asked for, in clusters that have everything else too. A
 * kube-controller-manager cannot be measured beside it: it needs kubelets for pods to become ready.
 */
export async function benchControllers(): Promise<void> {
  await benchThousand();
  await benchManyDeployments();
  await benchNamespaceDeletion();
  await benchGarbage();
  await benchTenThousand();
}
