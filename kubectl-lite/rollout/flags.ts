import { filenameFlags, selectorFlag } from '../resource/flags.ts';
import { outputFlags } from '../printers/change-printer.ts';

export const rolloutFlags = {
  ...filenameFlags,
  ...selectorFlag,
  ...outputFlags,
} as const;
