/** Flags that say which objects a command is about. */
import { boolean, list, text } from '../flags/flag.ts';

export const filenameFlags = {
  filename: list('Files, folders or URLs that hold the objects; "-" is standard input', {
    shorthand: 'f',
  }),
  kustomize: text('A folder with a kustomization; not with -f', { shorthand: 'k' }),
  recursive: boolean('Read folders with all that is below them', { shorthand: 'R' }),
} as const;

/** For what looks into folders to the ground unless it is told otherwise. */
export const deepFilenameFlags = {
  ...filenameFlags,
  recursive: boolean('Read folders with all that is below them', { shorthand: 'R', on: true }),
} as const;

export const selectorFlag = {
  selector: text('Label query, as "key1=value1,key2 in (a,b),!key3"', { shorthand: 'l' }),
} as const;

export const allNamespacesFlag = {
  'all-namespaces': boolean('In all namespaces', { shorthand: 'A' }),
} as const;

export const dryRunFlag = {
  'dry-run': text('"none", "client" (print what would be sent) or "server" (try, keep nothing)', {
    value: 'none',
    alone: 'unchanged',
  }),
} as const;

export const fieldManagerFlag = (manager: string) =>
  ({
    'field-manager': text('Name under which the server records the change', { value: manager }),
  }) as const;
