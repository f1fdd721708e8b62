/** The subcommands of `config`. */
import type { CommandEntry } from '../command.ts';

export const configCommands: readonly CommandEntry[] = [
  {
    name: 'current-context',
    short: 'Display the current-context',
    load: async () => (await import('./contexts.ts')).currentContext,
  },
  {
    name: 'delete-cluster',
    short: 'Delete the specified cluster from the kubeconfig',
    load: async () => (await import('./contexts.ts')).deleteCluster,
  },
  {
    name: 'delete-context',
    short: 'Delete the specified context from the kubeconfig',
    load: async () => (await import('./contexts.ts')).deleteContext,
  },
  {
    name: 'delete-user',
    short: 'Delete the specified user from the kubeconfig',
    load: async () => (await import('./contexts.ts')).deleteUser,
  },
  {
    name: 'get-clusters',
    short: 'Display clusters defined in the kubeconfig',
    load: async () => (await import('./contexts.ts')).getClusters,
  },
  {
    name: 'get-contexts',
    short: 'Describe one or many contexts',
    load: async () => (await import('./contexts.ts')).getContexts,
  },
  {
    name: 'get-users',
    short: 'Display users defined in the kubeconfig',
    load: async () => (await import('./contexts.ts')).getUsers,
  },
  {
    name: 'rename-context',
    short: 'Rename a context from the kubeconfig file',
    load: async () => (await import('./contexts.ts')).renameContext,
  },
  {
    name: 'set',
    short: 'Set an individual value in a kubeconfig file',
    load: async () => (await import('./set-property.ts')).setProperty,
  },
  {
    name: 'set-cluster',
    short: 'Set a cluster entry in kubeconfig',
    load: async () => (await import('./set-entry.ts')).setCluster,
  },
  {
    name: 'set-context',
    short: 'Set a context entry in kubeconfig',
    load: async () => (await import('./set-entry.ts')).setContext,
  },
  {
    name: 'set-credentials',
    short: 'Set a user entry in kubeconfig',
    load: async () => (await import('./set-entry.ts')).setCredentials,
  },
  {
    name: 'unset',
    short: 'Unset an individual value in a kubeconfig file',
    load: async () => (await import('./set-property.ts')).unsetProperty,
  },
  {
    name: 'use-context',
    short: 'Set the current-context in a kubeconfig file',
    aliases: ['use'],
    load: async () => (await import('./contexts.ts')).useContext,
  },
  {
    name: 'view',
    short: 'Display merged kubeconfig settings or a specified kubeconfig file',
    load: async () => (await import('./view.ts')).configView,
  },
];
