import { EVENTS, READ, type RoleTable } from './notation.ts';

export const kubePublicRoles: RoleTable = {
  'system:controller:bootstrap-signer': [
    `${READ} | core | configmaps`,
    'update | core | configmaps | cluster-info',
    EVENTS,
  ],
};

export const kubeSystemRoles: RoleTable = {
  'extension-apiserver-authentication-reader': [
    `${READ} | core | configmaps | extension-apiserver-authentication`,
  ],
  'system::leader-locking-kube-controller-manager': [
    'watch | core | configmaps',
    'get update | core | configmaps | kube-controller-manager',
    'create get list update watch | coordination.k8s.io | leases',
    'create get list update watch | coordination.k8s.io | leasecandidates',
  ],
  'system::leader-locking-kube-scheduler': [
    'watch | core | configmaps',
    'get update | core | configmaps | kube-scheduler',
    'create get list update watch | coordination.k8s.io | leases',
    'create get list update watch | coordination.k8s.io | leasecandidates',
  ],
  'system:controller:bootstrap-signer': [`${READ} | core | secrets`],
  'system:controller:cloud-provider': ['create get list watch | core | configmaps'],
  'system:controller:token-cleaner': ['delete get list watch | core | secrets', EVENTS],
};
