/**
 * Names follow what they name: when an object gets another name, so do the fields of others that
 * refer to it. Which fields do is kustomize's built-in table.
 */
import { isObject } from '../../api/deep.ts';
import { podSpecPaths, setAt, type Spot, spotsAt, valueAt } from './paths.ts';
import { type Name, type Resource, sameNamespace } from './resource.ts';

const inPods: Readonly<Record<string, readonly string[]>> = {
  ConfigMap: [
    'volumes/configMap/name',
    'volumes/projected/sources/configMap/name',
    ...['containers', 'initContainers'].flatMap((list) => [
      `${list}/env/valueFrom/configMapKeyRef/name`,
      `${list}/envFrom/configMapRef/name`,
    ]),
  ],
  Secret: [
    'volumes/secret/secretName',
    'volumes/projected/sources/secret/name',
    'imagePullSecrets/name',
    ...['containers', 'initContainers'].flatMap((list) => [
      `${list}/env/valueFrom/secretKeyRef/name`,
      `${list}/envFrom/secretRef/name`,
    ]),
  ],
  PersistentVolumeClaim: ['volumes/persistentVolumeClaim/claimName'],
  PriorityClass: ['priorityClassName'],
  ServiceAccount: ['serviceAccountName'],
};

const scaleTarget = { HorizontalPodAutoscaler: ['spec/scaleTargetRef/name'] };
const ruleNames = { Role: ['rules/resourceNames'], ClusterRole: ['rules/resourceNames'] };
const bindings = ['RoleBinding', 'ClusterRoleBinding'];

/** Kind that is named → kind that names it → where. */
const elsewhere: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  Deployment: scaleTarget,
  ReplicaSet: scaleTarget,
  ReplicationController: scaleTarget,
  StatefulSet: scaleTarget,
  ConfigMap: ruleNames,
  Secret: {
    ...ruleNames,
    Ingress: ['spec/tls/secretName'],
    ServiceAccount: ['imagePullSecrets/name'],
    PersistentVolume: ['spec/azureFile/secretName'],
  },
  Service: {
    Ingress: [
      'spec/defaultBackend/service/name',
      'spec/rules/http/paths/backend/service/name',
      'spec/backend/serviceName',
      'spec/rules/http/paths/backend/serviceName',
    ],
    StatefulSet: ['spec/serviceName'],
    APIService: ['spec/service/name'],
  },
  Role: { RoleBinding: ['roleRef/name'] },
  ClusterRole: { RoleBinding: ['roleRef/name'], ClusterRoleBinding: ['roleRef/name'] },
  PersistentVolume: { PersistentVolumeClaim: ['spec/volumeName'], ClusterRole: ruleNames.Role },
  StorageClass: {
    PersistentVolume: ['spec/storageClassName'],
    PersistentVolumeClaim: ['spec/storageClassName'],
    StatefulSet: ['spec/volumeClaimTemplates/spec/storageClassName'],
  },
  IngressClass: { Ingress: ['spec/ingressClassName'] },
  ValidatingAdmissionPolicy: { ValidatingAdmissionPolicyBinding: ['spec/policyName'] },
};

/** Fields that hold name and namespace together. */
const pairs: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ServiceAccount: Object.fromEntries(bindings.map((kind) => [kind, 'subjects'])),
  Service: {
    ValidatingWebhookConfiguration: 'webhooks/clientConfig/service',
    MutatingWebhookConfiguration: 'webhooks/clientConfig/service',
  },
};

export interface Renaming {
  readonly resource: Resource;
  readonly from: Name;
  readonly to: Name;
}

export function followNames(all: readonly Resource[], renamings: readonly Renaming[]): void {
  // Spots are found before any is set: a new name may be another's old one.
  const changes: (() => void)[] = [];
  for (const referrer of all) {
    for (const renaming of renamings) changes.push(...changesOf(referrer, renaming));
  }
  for (const change of changes) change();
}

function changesOf(referrer: Resource, { resource, from, to }: Renaming): (() => void)[] {
  const { kind } = resource.object;
  const { object } = referrer;
  const own = object.metadata.namespace ?? '';
  const wasIn = referrer.formerly.at(-1)?.namespace ?? own;
  // Who is in no namespace may name what is in any.
  const near =
    [own, wasIn].some((at) => sameNamespace(at, from.namespace)) ||
    sameNamespace(own, to.namespace);
  const changes: (() => void)[] = [];
  if (from.name !== to.name && (near || own === '' || from.namespace === '')) {
    for (const spot of plainSpots(object, kind)) {
      if (valueAt(spot) === from.name && fitsRole(object, spot, kind)) {
        changes.push(() => setAt(spot, to.name));
      }
    }
  }
  const pairPath = pairs[kind]?.[object.kind];
  for (const spot of pairPath === undefined ? [] : spotsAt(object, pairPath)) {
    for (const pair of [valueAt(spot)].flat()) {
      if (!isObject(pair) || pair['name'] !== from.name) continue;
      if ('kind' in pair && pair['kind'] !== kind) continue;
      const given = pair['namespace'];
      const fits = given === undefined || sameNamespace(given as string, from.namespace);
      if (fits) changes.push(() => Object.assign(pair, withNamespace(to)));
    }
  }
  return changes;
}

const withNamespace = ({ name, namespace }: Name) =>
  namespace === '' ? { name } : { name, namespace };

function plainSpots(object: Resource['object'], kind: string): readonly Spot[] {
  const pods = podSpecPaths[object.kind];
  const inside = pods === undefined ? [] : (inPods[kind] ?? []).map((path) => `${pods}/${path}`);
  return [...inside, ...(elsewhere[kind]?.[object.kind] ?? [])].flatMap((path) =>
    spotsAt(object, path),
  );
}

/** A roleRef or scaleTargetRef says of what kind it is. */
function fitsRole(object: Resource['object'], { holder }: Spot, kind: string): boolean {
  const named = Array.isArray(holder) ? undefined : holder['kind'];
  return typeof named !== 'string' || holder === object || named === kind;
}
