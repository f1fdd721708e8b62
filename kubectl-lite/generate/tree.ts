/** The subcommands of `create`. */
import type { CommandEntry } from '../command.ts';

const secrets: readonly CommandEntry[] = [
  {
    name: 'docker-registry',
    short: 'Create a secret for use with a Docker registry',
    load: async () => (await import('./data.ts')).createRegistrySecret,
  },
  {
    name: 'generic',
    short: 'Create a secret from a local file, directory, or literal value',
    load: async () => (await import('./data.ts')).createGenericSecret,
  },
  {
    name: 'tls',
    short: 'Create a TLS secret',
    load: async () => (await import('./data.ts')).createTlsSecret,
  },
];

const services: readonly CommandEntry[] = [
  {
    name: 'clusterip',
    short: 'Create a ClusterIP service',
    load: async () => (await import('./service.ts')).createClusterIp,
  },
  {
    name: 'externalname',
    short: 'Create an ExternalName service',
    load: async () => (await import('./service.ts')).createExternalName,
  },
  {
    name: 'loadbalancer',
    short: 'Create a LoadBalancer service',
    load: async () => (await import('./service.ts')).createLoadBalancer,
  },
  {
    name: 'nodeport',
    short: 'Create a NodePort service',
    load: async () => (await import('./service.ts')).createNodePort,
  },
];

export const generators: readonly CommandEntry[] = [
  {
    name: 'clusterrole',
    short: 'Create a cluster role',
    load: async () => (await import('./rbac.ts')).createClusterRole,
  },
  {
    name: 'clusterrolebinding',
    short: 'Create a cluster role binding for a particular cluster role',
    load: async () => (await import('./rbac.ts')).createClusterRoleBinding,
  },
  {
    name: 'configmap',
    aliases: ['cm'],
    short: 'Create a config map from a local file, directory or literal value',
    load: async () => (await import('./data.ts')).createConfigMap,
  },
  {
    name: 'cronjob',
    aliases: ['cj'],
    short: 'Create a cron job with the specified name',
    load: async () => (await import('./workloads.ts')).createCronJob,
  },
  {
    name: 'deployment',
    aliases: ['deploy'],
    short: 'Create a deployment with the specified name',
    load: async () => (await import('./workloads.ts')).createDeployment,
  },
  {
    name: 'ingress',
    aliases: ['ing'],
    short: 'Create an ingress with the specified name',
    load: async () => (await import('./ingress.ts')).createIngress,
  },
  {
    name: 'job',
    short: 'Create a job with the specified name',
    load: async () => (await import('./workloads.ts')).createJob,
  },
  {
    name: 'namespace',
    aliases: ['ns'],
    short: 'Create a namespace with the specified name',
    load: async () => (await import('./namespace.ts')).createNamespace,
  },
  {
    name: 'poddisruptionbudget',
    aliases: ['pdb'],
    short: 'Create a pod disruption budget with the specified name',
    load: async () => (await import('./policy.ts')).createPodDisruptionBudget,
  },
  {
    name: 'priorityclass',
    aliases: ['pc'],
    short: 'Create a priority class with the specified name',
    load: async () => (await import('./policy.ts')).createPriorityClass,
  },
  {
    name: 'quota',
    aliases: ['resourcequota'],
    short: 'Create a quota with the specified name',
    load: async () => (await import('./policy.ts')).createQuota,
  },
  {
    name: 'role',
    short: 'Create a role with single rule',
    load: async () => (await import('./rbac.ts')).createRole,
  },
  {
    name: 'rolebinding',
    short: 'Create a role binding for a particular role or cluster role',
    load: async () => (await import('./rbac.ts')).createRoleBinding,
  },
  {
    name: 'secret',
    short: 'Create a secret using a specified subcommand',
    subcommands: secrets,
  },
  {
    name: 'service',
    aliases: ['svc'],
    short: 'Create a service using a specified subcommand',
    subcommands: services,
  },
  {
    name: 'serviceaccount',
    aliases: ['sa'],
    short: 'Create a service account with the specified name',
    load: async () => (await import('./policy.ts')).createServiceAccount,
  },
  {
    name: 'token',
    short: 'Request a service account token',
    load: async () => (await import('./token.ts')).createToken,
  },
];
