import { fieldManagerFlag, filenameFlags, selectorFlag } from '../resource/flags.ts';
import { outputFlags } from '../printers/change-printer.ts';

export const rolloutFlags = {
  ...filenameFlags,
  ...selectorFlag,
  ...outputFlags,
  ...fieldManagerFlag('kubectl-rollout'),
} as const;
