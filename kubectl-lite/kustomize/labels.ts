import { isObject } from '../../api/deep.ts';
import type { FieldSpec, Kustomization } from './kustomization.ts';
import { objectAt, spotsAt, valueAt } from './paths.ts';
import { groupVersion, type Open, type Resource } from './resource.ts';

type Labels = Readonly<Record<string, string>>;

/** Where a kind has the metadata of what it makes. */
const templates: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec/template'],
  ReplicaSet: ['spec/template'],
  ReplicationController: ['spec/template'],
  StatefulSet: ['spec/template'],
  DaemonSet: ['spec/template'],
  Job: ['spec/template'],
  CronJob: ['spec/jobTemplate', 'spec/jobTemplate/spec/template'],
};

/** Selectors that are made if they are missing. */
const selectors: Readonly<Record<string, string>> = {
  Service: 'spec/selector',
  ReplicationController: 'spec/selector',
  Deployment: 'spec/selector/matchLabels',
  ReplicaSet: 'spec/selector/matchLabels',
  DaemonSet: 'spec/selector/matchLabels',
  StatefulSet: 'spec/selector/matchLabels',
};

const affinities = ['podAffinity', 'podAntiAffinity'].flatMap((kind) => {
  const base = `spec/template/spec/affinity/${kind}`;
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm';
  return [
    `${base}/${preferred}/labelSelector/matchLabels`,
    `${base}/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels`,
  ];
});
const inTemplate = [
  ...affinities,
  'spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels',
];

/** Selectors that get labels only where they are. */
const others: Readonly<Record<string, readonly string[]>> = {
  Deployment: inTemplate,
  StatefulSet: inTemplate,
  Job: ['spec/selector/matchLabels'],
  CronJob: ['spec/jobTemplate/spec/selector/matchLabels'],
  PodDisruptionBudget: ['spec/selector/matchLabels'],
  NetworkPolicy: [
    'spec/podSelector/matchLabels',
    'spec/ingress/from/podSelector/matchLabels',
    'spec/egress/to/podSelector/matchLabels',
  ],
};

export function addLabels(resource: Resource, kustomization: Kustomization): void {
  const { commonLabels, labels } = kustomization;
  if (commonLabels !== undefined) {
    addTo(resource.object, commonLabels, { selectors: true, templates: true });
  }
  for (const change of labels) {
    const { pairs, includeSelectors = false, includeTemplates = false, fields = [] } = change;
    addTo(resource.object, pairs, {
      selectors: includeSelectors,
      templates: includeSelectors || includeTemplates,
    });
    for (const field of fields) addToField(resource.object, pairs, field);
  }
}

/** Labels at a place of one's own, for all kinds or those that are named. */
function addToField(object: Open, labels: Labels, field: FieldSpec): void {
  const { path, create = false, ...wanted } = field;
  const own = { ...groupVersion(object), kind: object.kind };
  const fits = (name: keyof typeof own): boolean => !wanted[name] || wanted[name] === own[name];
  if (!fits('group') || !fits('version') || !fits('kind')) return;
  if (create) return put(object, path, labels);
  for (const spot of spotsAt(object, path)) {
    const there = valueAt(spot);
    if (isObject(there)) Object.assign(there, labels);
  }
}

function addTo(
  object: Open,
  labels: Labels,
  where: { readonly selectors: boolean; readonly templates: boolean },
): void {
  const { kind } = object;
  put(object, 'metadata/labels', labels);
  if (where.templates) {
    for (const path of templates[kind] ?? []) put(object, `${path}/metadata/labels`, labels);
    putInClaims(object, 'labels', labels);
  }
  if (!where.selectors) return;
  const selector = selectors[kind];
  if (selector !== undefined && (kind !== 'Service' || isObject(object.spec))) {
    put(object, selector, labels);
  }
  for (const path of others[kind] ?? []) {
    for (const spot of spotsAt(object, path)) Object.assign(valueAt(spot) as object, labels);
  }
}

export function addAnnotations({ object }: Resource, annotations: Labels | undefined): void {
  if (annotations === undefined) return;
  put(object, 'metadata/annotations', annotations);
  for (const path of templates[object.kind] ?? []) {
    put(object, `${path}/metadata/annotations`, annotations);
  }
}

function put(object: Open, path: string, entries: Labels): void {
  Object.assign(objectAt(object as unknown as Record<string, unknown>, path), entries);
}

function putInClaims(object: Open, field: string, entries: Labels): void {
  if (object.kind !== 'StatefulSet') return;
  for (const claim of (object.spec?.['volumeClaimTemplates'] ?? []) as Record<string, unknown>[]) {
    Object.assign(objectAt(claim, `metadata/${field}`), entries);
  }
}
