export interface GroupPriority {
  readonly groupPriorityMinimum: number;
  readonly versionPriority: number;
}

/** kube-apiserver's, for custom resources. */
export const CUSTOM_PRIORITY = { groupPriorityMinimum: 1_000, versionPriority: 100 } as const;

/** The order of groups in discovery, as kube-apiserver's API services state it. */
const groups: Readonly<Record<string, number>> = {
  '': 18_000,
  apps: 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  policy: 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'apiextensions.k8s.io': 16_700,
  'admissionregistration.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'resource.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
};

/** Versions that do not have the usual 15. */
const versions: Readonly<Record<string, number>> = {
  '/v1': 1,
  'autoscaling/v2': 30,
  'flowcontrol.apiserver.k8s.io/v1': 21,
  'resource.k8s.io/v1': 21,
  'resource.k8s.io/v1beta1': 9,
};

const USUAL_VERSION = 15;

/** Undefined for a group that has no API service of its own. */
export function groupPriority(group: string, version: string): GroupPriority | undefined {
  const groupPriorityMinimum = Object.hasOwn(groups, group) ? groups[group] : undefined;
  if (groupPriorityMinimum === undefined) return undefined;
  return {
    groupPriorityMinimum,
    versionPriority: versions[`${group}/${version}`] ?? USUAL_VERSION,
  };
}
