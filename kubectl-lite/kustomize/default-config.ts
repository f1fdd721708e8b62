/** The fields that kustomize knows of built-in kinds. */
import type { NameReference, TransformerConfig } from './config.ts';
import type { FieldSpec } from './field-specs.ts';
import type { KindSelector } from './kinds.ts';

const RBAC = 'rbac.authorization.k8s.io';
const ADMISSION = 'admissionregistration.k8s.io';

/** Where a kind has its pods' spec. */
const podSpecs: Readonly<Record<string, string>> = {
  Pod: 'spec',
  PodTemplate: 'template/spec',
  Deployment: 'spec/template/spec',
  ReplicaSet: 'spec/template/spec',
  ReplicationController: 'spec/template/spec',
  StatefulSet: 'spec/template/spec',
  DaemonSet: 'spec/template/spec',
  Job: 'spec/template/spec',
  CronJob: 'spec/jobTemplate/spec/template/spec',
};

/** Fields of pods, in each of the kinds that have some. */
const ofPods = (kinds: readonly string[], fields: readonly string[]): FieldSpec[] =>
  kinds.flatMap((kind) =>
    fields.map((field): FieldSpec => ({ kind, path: `${podSpecs[kind]}/${field}` })),
  );

const of = (kind: KindSelector, ...paths: string[]): FieldSpec[] =>
  paths.map((path) => ({ ...kind, path }));

const made = (specs: readonly FieldSpec[]): FieldSpec[] =>
  specs.map((spec) => ({ ...spec, create: true }));

const makers = ['Deployment', 'ReplicaSet', 'DaemonSet'];
const apps = (kind: string): KindSelector => ({ group: 'apps', kind });
const cronJob = { group: 'batch', kind: 'CronJob' };

/** Metadata of an object and of what it makes. */
const metadata = (field: string): FieldSpec[] =>
  made([
    { path: `metadata/${field}` },
    ...of({ version: 'v1', kind: 'ReplicationController' }, `spec/template/metadata/${field}`),
    ...makers.flatMap((kind) => of({ kind }, `spec/template/metadata/${field}`)),
    ...of({ group: 'batch', kind: 'Job' }, `spec/template/metadata/${field}`),
    ...of(cronJob, `spec/jobTemplate/metadata/${field}`),
    ...of(cronJob, `spec/jobTemplate/spec/template/metadata/${field}`),
  ]);

const templateLabels = [
  ...metadata('labels'),
  ...made(of(apps('StatefulSet'), 'spec/template/metadata/labels')),
  ...made(of(apps('StatefulSet'), 'spec/volumeClaimTemplates[]/metadata/labels')),
];

const affinities = ['podAffinity', 'podAntiAffinity'].flatMap((affinity) => {
  const base = `spec/template/spec/affinity/${affinity}`;
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm';
  return [
    `${base}/${preferred}/labelSelector/matchLabels`,
    `${base}/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels`,
  ];
});

const selectors = [
  ...made([
    ...of({ version: 'v1', kind: 'Service' }, 'spec/selector'),
    ...of({ version: 'v1', kind: 'ReplicationController' }, 'spec/selector'),
    ...makers.flatMap((kind) => of({ kind }, 'spec/selector/matchLabels')),
    ...of(apps('StatefulSet'), 'spec/selector/matchLabels'),
  ]),
  ...['Deployment', 'StatefulSet'].flatMap((kind) =>
    of(
      apps(kind),
      ...affinities,
      'spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels',
    ),
  ),
  ...of({ group: 'batch', kind: 'Job' }, 'spec/selector/matchLabels'),
  ...of(cronJob, 'spec/jobTemplate/spec/selector/matchLabels'),
  ...of({ group: 'policy', kind: 'PodDisruptionBudget' }, 'spec/selector/matchLabels'),
  ...of(
    { group: 'networking.k8s.io', kind: 'NetworkPolicy' },
    'spec/podSelector/matchLabels',
    'spec/ingress/from/podSelector/matchLabels',
    'spec/egress/to/podSelector/matchLabels',
  ),
];

const containers = ['containers', 'initContainers'];
const withData = [
  ...['Pod', 'PodTemplate', 'Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet', 'Job'],
  'CronJob',
];
const otherPods = [
  ...['Pod', 'StatefulSet', 'Deployment', 'ReplicationController', 'CronJob', 'Job', 'DaemonSet'],
];
const roles = ['Role', 'ClusterRole'].flatMap((kind) => of({ kind }, 'rules/resourceNames'));
const NGINX = 'metadata/annotations/nginx.ingress.kubernetes.io\\';

const refersByName: readonly NameReference[] = [
  ...['Deployment', 'ReplicationController', 'ReplicaSet', 'StatefulSet'].map((kind) => ({
    kind,
    fieldSpecs: of({ kind: 'HorizontalPodAutoscaler' }, 'spec/scaleTargetRef/name'),
  })),
  {
    kind: 'ConfigMap',
    version: 'v1',
    fieldSpecs: [
      ...ofPods(withData, [
        'volumes/configMap/name',
        ...containers.map((list) => `${list}/env/valueFrom/configMapKeyRef/name`),
        ...containers.map((list) => `${list}/envFrom/configMapRef/name`),
        'volumes/projected/sources/configMap/name',
      ]),
      ...of({ kind: 'Node' }, 'spec/configSource/configMap'),
      ...roles,
      ...of({ kind: 'Ingress' }, `${NGINX}/fastcgi-params-configmap`),
    ],
  },
  {
    kind: 'Secret',
    version: 'v1',
    fieldSpecs: [
      ...ofPods(withData, [
        'volumes/secret/secretName',
        ...containers.map((list) => `${list}/env/valueFrom/secretKeyRef/name`),
        ...containers.map((list) => `${list}/envFrom/secretRef/name`),
        'imagePullSecrets/name',
        'volumes/projected/sources/secret/name',
      ]),
      ...of(
        { kind: 'Ingress' },
        'spec/tls/secretName',
        'metadata/annotations/ingress.kubernetes.io\\/auth-secret',
        `${NGINX}/auth-secret`,
        `${NGINX}/auth-tls-secret`,
      ),
      ...of({ kind: 'ServiceAccount' }, 'imagePullSecrets/name'),
      ...of(
        { kind: 'StorageClass' },
        ...['secretName', 'adminSecretName', 'userSecretName', 'secretRef'].map(
          (field) => `parameters/${field}`,
        ),
      ),
      ...roles,
      ...of(
        { kind: 'Service', group: 'serving.knative.dev', version: 'v1' },
        'spec/template/spec/containers/env/valueFrom/secretKeyRef/name',
      ),
      ...of({ kind: 'PersistentVolume' }, 'spec/azureFile/secretName'),
    ],
  },
  {
    kind: 'Service',
    version: 'v1',
    fieldSpecs: [
      ...of(apps('StatefulSet'), 'spec/serviceName'),
      ...of(
        { kind: 'Ingress' },
        'spec/rules/http/paths/backend/serviceName',
        'spec/backend/serviceName',
        'spec/rules/http/paths/backend/service/name',
        'spec/defaultBackend/service/name',
      ),
      ...of({ kind: 'APIService', group: 'apiregistration.k8s.io' }, 'spec/service/name'),
      ...['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'].flatMap((kind) =>
        of({ kind, group: ADMISSION }, 'webhooks/clientConfig/service'),
      ),
    ],
  },
  {
    kind: 'Role',
    group: RBAC,
    fieldSpecs: of({ kind: 'RoleBinding', group: RBAC }, 'roleRef/name'),
  },
  {
    kind: 'ClusterRole',
    group: RBAC,
    fieldSpecs: ['RoleBinding', 'ClusterRoleBinding'].flatMap((kind) =>
      of({ kind, group: RBAC }, 'roleRef/name'),
    ),
  },
  {
    kind: 'ServiceAccount',
    version: 'v1',
    fieldSpecs: [
      ...['RoleBinding', 'ClusterRoleBinding'].flatMap((kind) =>
        of({ kind, group: RBAC }, 'subjects'),
      ),
      ...ofPods(otherPods, ['serviceAccountName']),
    ],
  },
  {
    kind: 'PersistentVolumeClaim',
    version: 'v1',
    fieldSpecs: ofPods(otherPods, ['volumes/persistentVolumeClaim/claimName']),
  },
  {
    kind: 'PersistentVolume',
    version: 'v1',
    fieldSpecs: [
      ...of({ kind: 'PersistentVolumeClaim' }, 'spec/volumeName'),
      ...of({ kind: 'ClusterRole' }, 'rules/resourceNames'),
    ],
  },
  {
    kind: 'StorageClass',
    group: 'storage.k8s.io',
    version: 'v1',
    fieldSpecs: [
      ...of({ kind: 'PersistentVolume' }, 'spec/storageClassName'),
      ...of({ kind: 'PersistentVolumeClaim' }, 'spec/storageClassName'),
      ...of({ kind: 'StatefulSet' }, 'spec/volumeClaimTemplates/spec/storageClassName'),
    ],
  },
  {
    kind: 'PriorityClass',
    group: 'scheduling.k8s.io',
    version: 'v1',
    fieldSpecs: ofPods(otherPods, ['priorityClassName']),
  },
  {
    kind: 'ValidatingAdmissionPolicy',
    group: ADMISSION,
    fieldSpecs: of(
      { kind: 'ValidatingAdmissionPolicyBinding', group: ADMISSION },
      'spec/policyName',
    ),
  },
];

const withVariables = [
  ...['CronJob', 'DaemonSet', 'Deployment', 'Job', 'Pod', 'ReplicaSet', 'StatefulSet'],
];

export const defaultConfig: TransformerConfig = {
  namePrefix: [{ path: 'metadata/name' }],
  nameSuffix: [{ path: 'metadata/name' }],
  namespace: [
    { path: 'metadata/name', kind: 'Namespace', create: true },
    ...made(of({ kind: 'APIService', group: 'apiregistration.k8s.io' }, 'spec/service/namespace')),
    ...of(
      { kind: 'CustomResourceDefinition', group: 'apiextensions.k8s.io' },
      'spec/conversion/webhook/clientConfig/service/namespace',
    ),
  ],
  commonLabels: [...selectors, ...templateLabels],
  labels: [],
  templateLabels,
  commonAnnotations: [
    ...metadata('annotations'),
    ...made(of({ kind: 'StatefulSet' }, 'spec/template/metadata/annotations')),
  ],
  nameReference: refersByName,
  varReference: [
    ...ofPods(
      withVariables,
      containers.flatMap((list) =>
        ['args', 'command', 'env/value', 'volumeMounts/mountPath'].map(
          (field) => `${list}/${field}`,
        ),
      ),
    ),
    ...ofPods(
      withVariables.filter((kind) => !['CronJob', 'ReplicaSet', 'StatefulSet'].includes(kind)),
      ['volumes/nfs/server'],
    ),
    ...of({ kind: 'StatefulSet' }, 'spec/volumeClaimTemplates/spec/nfs/server'),
    ...of({ kind: 'Deployment' }, 'spec/template/metadata/annotations'),
    ...of({ kind: 'Ingress' }, 'spec/rules/host', 'spec/tls/hosts', 'spec/tls/secretName'),
    ...of({ kind: 'Service' }, 'spec/ports/port', 'spec/ports/targetPort'),
    ...of({ kind: 'PersistentVolume' }, 'spec/nfs/server'),
    ...of({}, 'metadata/labels', 'metadata/annotations'),
  ],
  images: made(
    of(
      {},
      ...['spec', 'spec/template/spec'].flatMap((spec) => [
        ...containers.map((list) => `${spec}/${list}[]/image`),
        `${spec}/volumes[]/image/reference`,
      ]),
    ),
  ),
  replicas: made(
    ['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController'].flatMap((kind) =>
      of({ kind }, 'spec/replicas'),
    ),
  ),
};
