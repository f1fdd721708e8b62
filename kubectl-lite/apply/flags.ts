import { boolean, duration, integer, list, text, type FlagValues } from '../flags/flag.ts';
import { outputFlags } from '../printers/change-printer.ts';
import { dryRunFlag, filenameFlags, selectorFlag } from '../resource/flags.ts';
import { UsageError } from '../usage-error.ts';

export const applyFlags = {
  ...filenameFlags,
  ...selectorFlag,
  ...dryRunFlag,
  ...outputFlags,
  applyset: text('Alpha, with KUBECTL_APPLYSET=true: prune what is left of this set'),
  all: boolean('With --prune: everything of the kinds in the allow list'),
  cascade: text('With --prune: what becomes of the dependents', {
    value: 'background',
    alone: 'background',
  }),
  'field-manager': text('Name under which the server records the change', {
    value: 'kubectl-client-side-apply',
  }),
  force: boolean('Delete and make anew what cannot be changed in place'),
  'force-conflicts': boolean('With --server-side: take over the fields of other managers'),
  'grace-period': integer('With --prune: seconds for an object to end', { value: -1 }),
  'openapi-patch': boolean('Accepted for compatibility: patches follow the schema', { on: true }),
  overwrite: boolean('Let the manifest win over changes made by others', { on: true }),
  prune: boolean('Delete what was applied before and is not in the manifests any more'),
  'prune-allowlist': list('With --prune: kinds to consider, as "apps/v1/Deployment"'),
  'server-side': boolean('Let the server merge, with field ownership'),
  subresource: text('With --server-side: apply this subresource (status, scale)'),
  timeout: duration('With --force: how long to wait for the old object to go; 0: for ever'),
  validate: text('"strict", "warn" or "ignore" what the kind has no field for', {
    value: 'strict',
    alone: 'strict',
  }),
  wait: boolean('Accepted for compatibility'),
} as const;

export type ApplyFlags = FlagValues<typeof applyFlags>;

const validations: Readonly<Record<string, string>> = {
  strict: 'Strict',
  true: 'Strict',
  warn: 'Warn',
  ignore: 'Ignore',
  false: 'Ignore',
};

/** A plain --validate means "true". */
export function fieldValidation(validate: string): string {
  const found = validations[validate.toLowerCase()];
  if (found !== undefined) return found;
  throw new UsageError(
    `invalid - validate option ${JSON.stringify(validate)}; ` +
      'must be one of: strict (or true), warn, ignore (or false)',
  );
}
