/** Every command, in kubectl's order. Their code is loaded when they are run. */
import type { CommandEntry } from '../command.ts';

import { generators } from '../generate/tree.ts';

const setCommands: readonly CommandEntry[] = [
  {
    name: 'image',
    short: 'Update the image of a pod template',
    load: async () => (await import('./set-image.ts')).setImage,
  },
  {
    name: 'resources',
    short: 'Update resource requests/limits on objects with pod templates',
    load: async () => (await import('./set-resources.ts')).setResources,
  },
  {
    name: 'selector',
    short: 'Set the selector on a resource',
    load: async () => (await import('./set-selector.ts')).setSelector,
  },
  {
    name: 'serviceaccount',
    aliases: ['sa'],
    short: 'Update the service account of a resource',
    load: async () => (await import('./set-serviceaccount.ts')).setServiceAccount,
  },
  {
    name: 'env',
    short: 'Update environment variables on a pod template',
    load: async () => (await import('./set-env.ts')).setEnv,
  },
];

const rolloutCommands: readonly CommandEntry[] = [
  {
    name: 'history',
    short: 'View rollout history',
    load: async () => (await import('./rollout-history.ts')).rolloutHistory,
  },
  {
    name: 'pause',
    short: 'Mark the provided resource as paused',
    load: async () => (await import('./rollout-change.ts')).rolloutPause,
  },
  {
    name: 'resume',
    short: 'Resume a paused resource',
    load: async () => (await import('./rollout-change.ts')).rolloutResume,
  },
  {
    name: 'undo',
    short: 'Undo a previous rollout',
    load: async () => (await import('./rollout-undo.ts')).rolloutUndo,
  },
  {
    name: 'status',
    short: 'Show the status of the rollout',
    load: async () => (await import('./rollout-status.ts')).rolloutStatusCommand,
  },
  {
    name: 'restart',
    short: 'Restart a resource',
    load: async () => (await import('./rollout-change.ts')).rolloutRestart,
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
    name: 'get',
    short: 'Display one or many resources',
    suggestFor: ['list', 'ps'],
    load: async () => (await import('./get.ts')).get,
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
    name: 'apply',
    short: 'Apply a configuration to a resource by file name or stdin',
    load: async () => (await import('./apply.ts')).apply,
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
    short: 'Wait for a specific condition on one or many resources',
    load: async () => (await import('./wait.ts')).wait,
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
];
