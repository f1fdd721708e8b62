/** Why an object that was deleted is still there. */
import type { KubernetesObject } from '../../api/meta.ts';
import type { Told } from './finding.ts';

/** Finalizers that Kubernetes itself takes away once something else is gone. */
const known: Readonly<Record<string, string>> = {
  foregroundDeletion:
    'it goes when all that it owns is gone (kubectl-lite tree shows what is left)',
  orphan: 'it goes when what it owns has been released: is the controller manager running?',
  'kubernetes.io/pvc-protection': 'a pod still uses it: delete that pod first',
  'kubernetes.io/pv-protection': 'a claim is still bound to it: delete that claim first',
  'batch.kubernetes.io/job-tracking': 'the Job controller counts it first: is it running?',
};

export function deletionFindings({ kind, metadata }: KubernetesObject): Told[] {
  const { deletionTimestamp, finalizers = [], name = '', namespace } = metadata;
  if (deletionTimestamp === undefined) return [];
  const text = `it is being deleted since ${deletionTimestamp}`;
  if (finalizers.length === 0) return [{ text }];
  const where = namespace === undefined || namespace === 'default' ? '' : ` -n ${namespace}`;
  const own =
    'whoever set a finalizer takes it away when its work is done: see that this one runs. Only ' +
    `if it is gone for good: kubectl-lite patch ${kind.toLowerCase()} ${name}${where} ` +
    `--type=merge -p '{"metadata":{"finalizers":null}}'`;
  const hint = finalizers.map((one) => known[one]).find((one) => one !== undefined) ?? own;
  return [{ text: `${text}, held by the finalizers ${finalizers.join(', ')}`, hint }];
}
