/** Kinds, as objects have them and as selectors mean them. */

export interface KindOf {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Which kinds are meant: what is absent or empty fits all. */
export interface KindSelector {
  readonly group?: string;
  readonly version?: string;
  readonly kind?: string;
}

export function kindOf(object: { readonly apiVersion: string; readonly kind: string }): KindOf {
  const [version = '', group = ''] = object.apiVersion.split('/').reverse();
  return { group, version, kind: object.kind };
}

/** "Deployment.v1.apps": as kustomize names a kind. */
export const kindText = ({ group, version, kind }: KindSelector): string =>
  [kind || '[noKind]', version || '[noVer]', group || '[noGrp]'].join('.');

export const sameKind = (a: KindOf, b: KindOf): boolean =>
  a.kind === b.kind && a.group === b.group && a.version === b.version;

export function isOfKind(own: KindOf, { group, version, kind }: KindSelector): boolean {
  const fits = (wanted: string | undefined, has: string): boolean => !wanted || wanted === has;
  return fits(group, own.group) && fits(version, own.version) && fits(kind, own.kind);
}

/** Kinds that belong to no namespace: kustomize knows them without asking a server, too. */
const clusterScoped: Readonly<Record<string, readonly string[]>> = {
  '': ['ComponentStatus', 'Namespace', 'Node', 'PersistentVolume'],
  'admissionregistration.k8s.io': [
    ...['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
    ...['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
  ],
  'apiextensions.k8s.io': ['CustomResourceDefinition'],
  'apiregistration.k8s.io': ['APIService'],
  'certificates.k8s.io': ['CertificateSigningRequest'],
  'flowcontrol.apiserver.k8s.io': ['FlowSchema', 'PriorityLevelConfiguration'],
  'networking.k8s.io': ['IngressClass'],
  'node.k8s.io': ['RuntimeClass'],
  policy: ['PodSecurityPolicy'],
  'rbac.authorization.k8s.io': ['ClusterRole', 'ClusterRoleBinding'],
  'scheduling.k8s.io': ['PriorityClass'],
  'storage.k8s.io': ['CSIDriver', 'CSINode', 'StorageClass', 'VolumeAttachment'],
};

export const isClusterScoped = ({ group, kind }: KindOf): boolean =>
  clusterScoped[group]?.includes(kind) === true;
