/** The subcommands of `auth`. */
import type { CommandEntry } from '../command.ts';

export const authCommands: readonly CommandEntry[] = [
  {
    name: 'can-i',
    short: 'Check whether an action is allowed',
    load: async () => (await import('./can-i.ts')).canI,
  },
  {
    name: 'reconcile',
    short:
      'Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects',
    load: async () => (await import('./reconcile.ts')).reconcile,
  },
  {
    name: 'whoami',
    short: 'Experimental: Check self subject attributes',
    load: async () => (await import('./whoami.ts')).whoami,
  },
];
