/** Every command, in kubectl's order. Their code is loaded when they are run. */
import type { CommandEntry } from '../command.ts';

export const commandTree: readonly CommandEntry[] = [
  {
    name: 'create',
    short: 'Create a resource from a file or from stdin',
    load: async () => (await import('./create.ts')).create,
    subcommands: [
      {
        name: 'namespace',
        aliases: ['ns'],
        short: 'Create a namespace with the specified name',
        load: async () => (await import('../generate/namespace.ts')).createNamespace,
      },
    ],
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
    name: 'scale',
    short: 'Set a new size for a deployment, replica set, or replication controller',
    load: async () => (await import('./scale.ts')).scale,
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
];
