import { boolean, integer, list, text } from '../flags/flag.ts';
import type { FlagValues } from '../flags/flag.ts';
import { atFlags } from '../history/at-flags.ts';
import { outputFlags } from '../printers/change-printer.ts';
import { allNamespacesFlag, filenameFlags, selectorFlag } from '../resource/flags.ts';
import { CHUNK_SIZE } from '../resource/list.ts';

export const getFlags = {
  ...filenameFlags,
  ...selectorFlag,
  ...allNamespacesFlag,
  ...outputFlags,
  ...atFlags,
  'chunk-size': integer('Objects per request; 0 asks for all at once', { value: CHUNK_SIZE }),
  'field-selector': text('Field query, as "status.phase=Running,spec.nodeName!=node1"'),
  'ignore-not-found': boolean('Succeed silently if the object does not exist'),
  'label-columns': list('Labels to show as columns', { shorthand: 'L' }),
  live: boolean('With --watch: one table on the terminal, drawn anew when something changes'),
  'no-headers': boolean('Print no headers'),
  'output-watch-events': boolean('With --watch: say what happened to each object'),
  raw: text('A path to read from the server as it is'),
  'server-print': boolean('Let the server lay out the columns', { on: true }),
  'show-kind': boolean('Put the kind before each name'),
  'show-labels': boolean('Show all labels as the last column'),
  'sort-by': text("JSONPath to sort by, as '{.metadata.name}'"),
  subresource: text('Read this subresource (status, scale) of the objects'),
  watch: boolean('Watch for changes after listing', { shorthand: 'w' }),
  'watch-only': boolean('Watch for changes without listing'),
} as const;

export type GetFlags = FlagValues<typeof getFlags> & {
  /** The revision to read at, once it is known. */
  readonly revision?: number;
};
