/** The end of a custom resource: its objects go before its definition does. */
import type { Mutable } from '../../api/meta.ts';
import type { CustomResourceDefinition } from '../../api/types/apiextensions-v1.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ResourceStorage } from '../storage/resource-storage.ts';
import { type Finding, withCondition } from '../registry/kinds/extensions/conditions.ts';
import type { Installation } from './installation.ts';

export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

const BY_SERVER = {
  user: { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] },
  dryRun: false,
  manager: 'kube-apiserver',
} as const;

/** True once nothing is left; false while finalizers of objects hold them. */
export async function cleanUp(of: {
  readonly crd: CustomResourceDefinition;
  readonly installation: Installation | undefined;
  readonly definitions: ResourceStorage;
  readonly clock: Clock;
}): Promise<boolean> {
  const { crd, installation, definitions, clock } = of;
  const store = installation?.stored;
  if (store !== undefined) {
    const list = { resourceVersion: '' };
    const scope = { namespace: '' };
    await store.deleteCollection({ scope, list, options: {} }, BY_SERVER);
    const { objects: left } = await store.list(scope, { ...list, limit: 1 });
    if (left.length > 0) {
      await write(definitions, crd, { clock, finding: deleting });
      return false;
    }
  }
  await write(definitions, crd, { clock, finding: completed });
  return true;
}

const deleting: Finding = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionInProgress',
  message: 'CustomResource deletion is in progress',
};
const completed: Finding = {
  type: 'Terminating',
  status: 'False',
  reason: 'InstanceDeletionCompleted',
  message: 'removed all instances',
};

/** Notes how far it got; with everything gone, the finalizer goes, and the definition with it. */
async function write(
  definitions: ResourceStorage,
  { metadata: { name, uid } }: CustomResourceDefinition,
  of: { readonly clock: Clock; readonly finding: Finding },
): Promise<void> {
  const { clock, finding } = of;
  const done = finding === completed;
  await definitions.writer.transact(name!, (stored) => {
    const crd = stored?.value as CustomResourceDefinition | undefined;
    if (crd === undefined || crd.metadata.uid !== uid) return { type: 'keep' };
    const finalizers = crd.metadata.finalizers?.filter(
      (finalizer) => !done || finalizer !== CLEANUP_FINALIZER,
    );
    if (done && (finalizers === undefined || finalizers.length === 0)) return { type: 'delete' };
    const conditions = withCondition(crd.status?.conditions ?? [], finding, clock.now());
    if (!done && conditions === crd.status?.conditions) return { type: 'keep' };
    const metadata = { ...crd.metadata, ...(finalizers === undefined ? {} : { finalizers }) };
    const object = { ...crd, metadata, status: { ...crd.status, conditions } };
    return { type: 'put', object: object as Mutable<CustomResourceDefinition> };
  });
}
