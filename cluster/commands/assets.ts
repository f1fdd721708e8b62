/**
 * `wherry assets`: programs by the names that envtest and other harnesses start, each running ours.
 * `KUBEBUILDER_ASSETS=<folder>` is then all that a controller-runtime suite changes.
 */
import { writeLauncher } from '../../platform/node/launcher.ts';

const launchers = [
  { name: 'kube-apiserver', script: 'wherry', args: ['apiserver'] },
  { name: 'etcd', script: 'wherry', args: ['store'] },
  { name: 'etcdctl', script: 'wherry', args: ['etcdctl'] },
  { name: 'kube-controller-manager', script: 'wherry', args: ['controllers'] },
  { name: 'kube-scheduler', script: 'wherry', args: ['scheduler'] },
  { name: 'kubectl', script: 'kubectl-lite', args: [] },
] as const;

/** `script`: the path of the wherry program that runs now. */
export async function assets(
  out: (text: string) => void,
  { folder, script }: { readonly folder: string; readonly script: string },
): Promise<number> {
  for (const { name, script: which, args } of launchers) {
    await writeLauncher(`${folder}/${name}`, { beside: script, which, args });
  }
  out(`${folder}: ${launchers.map(({ name }) => name).join(', ')}\n`);
  return 0;
}
