/** Objects that a pod needs and that are not there. */
import type { Pod } from '../../api/types/core-v1.ts';
import { beside, type Evidence } from './evidence.ts';
import type { Told } from './finding.ts';

interface Reference {
  readonly resource: 'configmaps' | 'secrets' | 'persistentvolumeclaims' | 'serviceaccounts';
  readonly kind: string;
  readonly name: string;
}

const configMap = (name: string): Reference => ({
  resource: 'configmaps',
  kind: 'ConfigMap',
  name,
});
const secret = (name: string): Reference => ({ resource: 'secrets', kind: 'Secret', name });

/** What the pod cannot start without, each once. */
function referencesOf({ spec }: Pod): readonly Reference[] {
  const found: Reference[] = [];
  for (const volume of spec.volumes ?? []) {
    if (volume.configMap?.name && !volume.configMap.optional) {
      found.push(configMap(volume.configMap.name));
    }
    if (volume.secret?.secretName && !volume.secret.optional) {
      found.push(secret(volume.secret.secretName));
    }
    const claim = volume.persistentVolumeClaim?.claimName;
    if (claim) {
      found.push({
        resource: 'persistentvolumeclaims',
        kind: 'PersistentVolumeClaim',
        name: claim,
      });
    }
  }
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      if (configMapRef?.name && !configMapRef.optional) found.push(configMap(configMapRef.name));
      if (secretRef?.name && !secretRef.optional) found.push(secret(secretRef.name));
    }
    for (const { valueFrom } of container.env ?? []) {
      const { configMapKeyRef, secretKeyRef } = valueFrom ?? {};
      if (configMapKeyRef?.name && !configMapKeyRef.optional) {
        found.push(configMap(configMapKeyRef.name));
      }
      if (secretKeyRef?.name && !secretKeyRef.optional) found.push(secret(secretKeyRef.name));
    }
  }
  const account = spec.serviceAccountName;
  if (account && account !== 'default') {
    found.push({ resource: 'serviceaccounts', kind: 'ServiceAccount', name: account });
  }
  return [...new Map(found.map((one) => [`${one.resource}/${one.name}`, one])).values()];
}

/** How each is made; claims and others need a manifest. */
const makers: Readonly<Record<string, string>> = {
  ConfigMap: 'create configmap',
  Secret: 'create secret generic',
  ServiceAccount: 'create serviceaccount',
};

export async function missingFindings(evidence: Evidence, pod: Pod): Promise<Told[]> {
  const found = await Promise.all(
    referencesOf(pod).map(async ({ resource, kind, name }): Promise<Told[]> => {
      if (!(await evidence.lacks(`${beside(pod, resource)}/${name}`))) return [];
      const text = `it needs the ${kind} ${JSON.stringify(name)}, which does not exist`;
      const maker = makers[kind];
      return [maker === undefined ? { text } : { text, hint: `kubectl-lite ${maker} ${name}` }];
    }),
  );
  return found.flat();
}
