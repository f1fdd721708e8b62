/** Every command, in kubectl's order. Their code is loaded when they are run. */
import type { CommandEntry } from '../command.ts';

import { authCommands } from '../auth/tree.ts';
import { configCommands } from '../config/tree.ts';
import { generators } from '../generate/tree.ts';
import { rolloutCommands, setCommands } from './change-tree.ts';

const applyCommands: readonly CommandEntry[] = [
  {
    name: 'edit-last-applied',
    short: 'Edit latest last-applied-configuration annotations of a resource/object',
    load: async () => (await import('../edit/edit-last-applied.ts')).editLastApplied,
  },
  {
    name: 'set-last-applied',
    short: 'Set the last-applied-configuration annotation on a live object to match the file',
    load: async () => (await import('../apply/set-last-applied.ts')).setLastApplied,
  },
  {
    name: 'view-last-applied',
    short: 'View the latest last-applied-configuration annotations of a resource/object',
    load: async () => (await import('../apply/view-last-applied.ts')).viewLastApplied,
  },
];

const certificateCommands: readonly CommandEntry[] = [
  {
    name: 'approve',
    short: 'Approve a certificate signing request',
    load: async () => (await import('./certificate.ts')).approve,
  },
  {
    name: 'deny',
    short: 'Deny a certificate signing request',
    load: async () => (await import('./certificate.ts')).deny,
  },
];

const clusterInfoCommands: readonly CommandEntry[] = [
  {
    name: 'dump',
    short: 'Dump relevant information for debugging and diagnosis',
    load: async () => (await import('./cluster-info-dump.ts')).clusterInfoDump,
  },
];

const topCommands: readonly CommandEntry[] = [
  {
    name: 'node',
    aliases: ['nodes', 'no'],
    short: 'Display resource (CPU/memory) usage of nodes',
    load: async () => (await import('../top/node.ts')).topNode,
  },
  {
    name: 'pod',
    aliases: ['pods', 'po'],
    short: 'Display resource (CPU/memory) usage of pods',
    load: async () => (await import('../top/pod.ts')).topPod,
  },
];

const pluginCommands: readonly CommandEntry[] = [
  {
    name: 'list',
    short: "List all visible plugin executables on a user's PATH",
    load: async () => (await import('../plugin/list.ts')).pluginList(commandTree),
  },
];

export const commandTree: readonly CommandEntry[] = [
  {
    name: 'create',
    short: 'Create a resource from a file or from stdin',
    load: async () => (await import('./create.ts')).create,
    subcommands: generators,
  },
  {
    name: 'expose',
    short: 'Take a workload, pod or service and expose it as a new Kubernetes service',
    load: async () => (await import('./expose.ts')).expose,
  },
  {
    name: 'run',
    short: 'Run a particular image on the cluster',
    load: async () => (await import('./run.ts')).run,
  },
  {
    name: 'set',
    short: 'Set specific features on objects',
    subcommands: setCommands,
  },
  {
    name: 'explain',
    short: 'Get documentation for a resource',
    load: async () => (await import('../explain/explain.ts')).explain,
  },
  {
    name: 'get',
    short: 'Display one or many resources',
    suggestFor: ['list', 'ps'],
    load: async () => (await import('./get.ts')).get,
  },
  {
    name: 'edit',
    short: 'Edit a resource on the server',
    load: async () => (await import('../edit/edit.ts')).edit,
  },
  {
    name: 'delete',
    short: 'Delete resources by file names, stdin, resources and names, or by selector',
    suggestFor: ['rm'],
    load: async () => (await import('./delete.ts')).remove,
  },
  {
    name: 'rollout',
    short: 'Manage the rollout of one or many resources',
    suggestFor: ['rollback', 'rolling-update'],
    subcommands: rolloutCommands,
  },
  {
    name: 'scale',
    short: 'Set a new size for a deployment, replica set, or replication controller',
    suggestFor: ['resize'],
    load: async () => (await import('./scale.ts')).scale,
  },
  {
    name: 'autoscale',
    short: 'Auto-scale a deployment, replica set, stateful set, or replication controller',
    load: async () => (await import('./autoscale.ts')).autoscale,
  },
  {
    name: 'cordon',
    short: 'Mark node as unschedulable',
    load: async () => (await import('./cordon.ts')).cordon,
  },
  {
    name: 'uncordon',
    short: 'Mark node as schedulable',
    load: async () => (await import('./cordon.ts')).uncordon,
  },
  {
    name: 'drain',
    short: 'Drain node in preparation for maintenance',
    load: async () => (await import('./drain.ts')).drain,
  },
  {
    name: 'taint',
    short: 'Update the taints on one or more nodes',
    load: async () => (await import('./taint.ts')).taint,
  },
  {
    name: 'describe',
    short: 'Show details of a specific resource or group of resources',
    load: async () => (await import('./describe.ts')).describe,
  },
  {
    name: 'diff',
    short: 'Diff the live version against a would-be applied version',
    load: async () => (await import('./diff.ts')).diff,
  },
  {
    name: 'apply',
    short: 'Apply a configuration to a resource by file name or stdin',
    load: async () => (await import('./apply.ts')).apply,
    subcommands: applyCommands,
  },
  {
    name: 'patch',
    short: 'Update fields of a resource',
    load: async () => (await import('./patch.ts')).patch,
  },
  {
    name: 'replace',
    short: 'Replace a resource by file name or stdin',
    suggestFor: ['update'],
    load: async () => (await import('./replace.ts')).replace,
  },
  {
    name: 'wait',
    suggestFor: ['list', 'ps'],
    short: 'Wait for a specific condition on one or many resources',
    load: async () => (await import('./wait.ts')).wait,
  },
  {
    name: 'tree',
    short: 'Show an object with its owners and all that they own, and how each is doing',
    load: async () => (await import('../tree/tree.ts')).tree,
  },
  {
    name: 'why',
    short: 'Say why an object is not as it should be',
    load: async () => (await import('../why/why.ts')).why,
  },
  {
    name: 'history',
    short: 'Show what was changed of an object, when and by whom',
    load: async () => (await import('../history/history.ts')).history,
  },
  {
    name: 'label',
    short: 'Update the labels on a resource',
    load: async () => (await import('./label.ts')).label,
  },
  {
    name: 'annotate',
    short: 'Update the annotations on a resource',
    load: async () => (await import('./annotate.ts')).annotate,
  },
  {
    name: 'api-resources',
    short: 'Print the supported API resources on the server',
    load: async () => (await import('./api-resources.ts')).apiResources,
  },
  {
    name: 'api-versions',
    short: 'Print the supported API versions on the server, in the form of "group/version"',
    load: async () => (await import('./api-versions.ts')).apiVersions,
  },
  {
    name: 'top',
    short: 'Display resource (CPU/memory) usage',
    subcommands: topCommands,
  },
  {
    name: 'logs',
    aliases: ['log'],
    short: 'Print the logs for a container in a pod',
    load: async () => (await import('../pods/logs.ts')).logs,
  },
  {
    name: 'attach',
    short: 'Attach to a running container',
    load: async () => (await import('../pods/attach.ts')).attach,
  },
  {
    name: 'exec',
    short: 'Execute a command in a container',
    load: async () => (await import('../pods/exec.ts')).exec,
  },
  {
    name: 'port-forward',
    short: 'Forward one or more local ports to a pod',
    load: async () => (await import('../pods/port-forward.ts')).portForward,
  },
  {
    name: 'proxy',
    short: 'Run a proxy to the Kubernetes API server',
    load: async () => (await import('./proxy.ts')).proxy,
  },
  {
    name: 'cp',
    short: 'Copy files and directories to and from containers',
    load: async () => (await import('../pods/cp.ts')).cp,
  },
  {
    name: 'debug',
    short: 'Create debugging sessions for troubleshooting workloads and nodes',
    load: async () => (await import('../debug/debug.ts')).debug,
  },
  {
    name: 'certificate',
    short: 'Modify certificate resources',
    standsAlone: true,
    subcommands: certificateCommands,
  },
  {
    name: 'cluster-info',
    short: 'Display cluster information',
    subcommands: clusterInfoCommands,
    load: async () => (await import('./cluster-info.ts')).clusterInfo,
  },
  {
    name: 'events',
    short: 'List events',
    load: async () => (await import('./events.ts')).events,
  },
  {
    name: 'auth',
    short: 'Inspect authorization',
    subcommands: authCommands,
  },
  {
    name: 'config',
    short: 'Modify kubeconfig files',
    subcommands: configCommands,
  },
  {
    name: 'kustomize',
    short: 'Build a kustomization target from a directory',
    load: async () => (await import('./kustomize.ts')).kustomize,
  },
  {
    name: 'plugin',
    short: 'Provides utilities for interacting with plugins',
    subcommands: pluginCommands,
  },
  {
    name: 'completion',
    short: 'Output shell completion code for the specified shell (bash, zsh, fish)',
    load: async () => (await import('../completion/command.ts')).completion,
  },
  {
    name: 'options',
    short: 'Print the list of flags inherited by all commands',
    load: async () => (await import('./options.ts')).options,
  },
  {
    name: 'alpha',
    short: 'Commands for features in alpha',
    load: async () => (await import('./alpha.ts')).alpha,
  },
  {
    name: 'version',
    short: 'Print the client and server version information',
    load: async () => (await import('./version.ts')).version,
  },
];
