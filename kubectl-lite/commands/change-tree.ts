/** The subcommands of `set` and `rollout`. */
import type { CommandEntry } from '../command.ts';

export const setCommands: readonly CommandEntry[] = [
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
  {
    name: 'subject',
    short: 'Update the user, group, or service account in a role binding or cluster role binding',
    load: async () => (await import('./set-subject.ts')).setSubject,
  },
];

export const rolloutCommands: readonly CommandEntry[] = [
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
