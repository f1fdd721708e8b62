/** What `label` and `annotate` share: key=value pairs set on objects, key- taken away. */
import type { KubernetesObject } from '../../api/meta.ts';
import { command, type AnyCommand } from '../command.ts';
import { boolean, text } from '../flags/flag.ts';
import { ChangePrinter, dryRunOf, outputFlags } from '../printers/change-printer.ts';
import { locate, visit, visitLive } from '../resource/builder.ts';
import {
  allNamespacesFlag,
  dryRunFlag,
  fieldManagerFlag,
  filenameFlags,
  selectorFlag,
} from '../resource/flags.ts';
import type { Located } from '../resource/located.ts';
import { type Changes, changesOf } from '../resource/pairs.ts';
import { sendPatch } from '../resource/patch.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export interface MetadataChange {
  readonly what: 'label' | 'annotation';
  readonly field: 'labels' | 'annotations';
  readonly manager: string;
  /** Refuses what would overwrite `taken` keys. */
  refuse(taken: readonly (readonly [key: string, value: string])[]): UsageError;
  /** "labeled", "annotated" */
  operation(before: KubernetesObject, after: KubernetesObject, overwrite: boolean): string;
}

export function metadataCommand(change: MetadataChange): AnyCommand {
  const { what } = change;
  return command({
    usage:
      '[--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N ' +
      '[--resource-version=version] [options]',
    flags: {
      ...filenameFlags,
      ...selectorFlag,
      ...allNamespacesFlag,
      ...dryRunFlag,
      ...outputFlags,
      ...fieldManagerFlag(change.manager),
      all: boolean('All objects of the types named'),
      'field-selector': text('Field query'),
      local: boolean('Change the manifests given by -f, and ask no server'),
      list: boolean(`Print the ${change.field} instead of changing them`),
      overwrite: boolean(`Replace ${change.field} that are there with another value`),
      'resource-version': text('Refuse unless this is the present version'),
    },
    async run(session, { words, flags }) {
      const changes = changesOf(words, what);
      if (changes.set.size + changes.remove.length === 0 && !flags.list) {
        throw new UsageError(`at least one ${what} update is required`);
      }
      const dryRun = dryRunOf(flags);
      const printer = await ChangePrinter.of(session, flags, dryRun);
      if (flags.all && flags.selector !== '') {
        throw new UsageError('cannot set --all and --selector at the same time');
      }
      const found = await locate(session, { ...flags, words: changes.words });
      const each = async (located: Located, live: KubernetesObject): Promise<void> => {
        if (flags.list) return printList(session, { located, live, change, single: found.single });
        const after = changed(session, live, { change, changes, flags });
        const operation = change.operation(live, after, flags.overwrite);
        const sent =
          flags.local || dryRun === 'client' || JSON.stringify(live) === JSON.stringify(after)
            ? after
            : await sendPatch(session, located, {
                body: patchOf(change, changes, flags['resource-version']),
                contentType: 'application/merge-patch+json',
                dryRun,
                fieldManager: flags['field-manager'],
              });
        printer.print(located, operation, sent);
      };
      if (flags.local) return visit(session, found, (one) => each(one, one.object!));
      return visitLive(session, found, each);
    },
  });
}

function changed(
  session: Session,
  live: KubernetesObject,
  options: {
    change: MetadataChange;
    changes: Changes;
    flags: { readonly overwrite: boolean };
  },
): KubernetesObject {
  const { change, changes, flags } = options;
  const entries: Record<string, string> = { ...live.metadata[change.field] };
  if (!flags.overwrite) {
    const taken = [...changes.set].flatMap(([key, value]) =>
      entries[key] !== undefined && entries[key] !== value ? [[key, entries[key]] as const] : [],
    );
    if (taken.length > 0) throw change.refuse(taken);
  }
  for (const key of changes.remove) {
    if (entries[key] === undefined && change.what === 'label')
      session.print(`label ${JSON.stringify(key)} not found.`);
    delete entries[key];
  }
  for (const [key, value] of changes.set) entries[key] = value;
  return { ...live, metadata: { ...live.metadata, [change.field]: entries } };
}

function patchOf(change: MetadataChange, changes: Changes, version: string): object {
  const entries = {
    ...Object.fromEntries(changes.set),
    ...Object.fromEntries(changes.remove.map((key) => [key, null])),
  };
  return {
    metadata: { [change.field]: entries, ...(version === '' ? {} : { resourceVersion: version }) },
  };
}

function printList(
  session: Session,
  options: { located: Located; live: KubernetesObject; change: MetadataChange; single: boolean },
): void {
  const { located, live, change, single } = options;
  if (!single) {
    const { kind, group } = located.type;
    session.print(`Listing ${change.field} for ${kind}.${group}/${located.name}:`);
  }
  const entries = Object.entries(live.metadata[change.field] ?? {}).sort();
  for (const [key, value] of entries) session.print(`${single ? '' : ' '}${key}=${value}`);
}
