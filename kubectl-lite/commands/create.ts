import { withLastApplied } from '../apply/last-applied.ts';
import { command } from '../command.ts';
import { type SourcedFailure, sourcedFailuresText } from '../failure.ts';
import { boolean, text } from '../flags/flag.ts';
import { fieldValidation } from '../apply/flags.ts';
import { ChangePrinter, dryRunOf, dryRunQuery, outputFlags } from '../printers/change-printer.ts';
import { locate } from '../resource/builder.ts';
import { dryRunFlag, fieldManagerFlag, filenameFlags, selectorFlag } from '../resource/flags.ts';
import { pathOf } from '../resource/resources.ts';
import { unversioned } from '../resource/unversioned.ts';
import { UsageError } from '../usage-error.ts';

/** `create -f FILE`: every object must be new. The generators are its subcommands. */
export const create = command({
  usage: '-f FILENAME [options]',
  flags: {
    ...filenameFlags,
    ...dryRunFlag,
    ...outputFlags,
    ...fieldManagerFlag('kubectl-create'),
    ...selectorFlag,
    edit: boolean('Edit the objects before they are created'),
    raw: text('A path to send the file to, as it is'),
    'windows-line-endings': boolean('With --edit: line endings are those of Windows'),
    'save-config': boolean('Keep the configuration in an annotation, for a later apply'),
    validate: text('"strict", "warn" or "ignore" what the kind has no field for', {
      value: 'strict',
      alone: 'strict',
    }),
  },
  async run(session, { words, flags }) {
    const help = "See 'kubectl-lite create -h' for help and examples";
    if (words.length > 0) throw new UsageError(`Unexpected args: [${words.join(' ')}]\n${help}`);
    if (flags.filename.length === 0 && flags.kustomize === '') {
      throw new UsageError('must specify one of -f and -k');
    }
    if (flags.raw !== '') {
      const { refuseBesideRaw, sendRaw } = await import('../resource/raw.ts');
      refuseBesideRaw(flags);
      return sendRaw(session, { method: 'POST', ...flags });
    }
    const dryRun = dryRunOf(flags);
    const query = {
      fieldManager: flags['field-manager'],
      fieldValidation: fieldValidation(flags.validate),
      ...dryRunQuery(dryRun),
    };
    const printer = await ChangePrinter.of(session, flags, dryRun);
    const found = await locate(session, { ...flags, words });
    if (flags.edit && found.located.length > 0) {
      const { createEdited } = await import('../edit/create-edited.ts');
      return createEdited(session, found, {
        printer,
        query,
        saveConfig: flags['save-config'],
        windowsLineEndings: flags['windows-line-endings'],
      });
    }
    const failures: SourcedFailure[] = found.failures.map((error) => ({ error }));
    if (found.located.length === 0 && failures.length === 0) {
      throw new UsageError('no objects passed to create');
    }
    for (const located of found.located) {
      try {
        const body = flags['save-config'] ? withLastApplied(located.object!) : located.object!;
        const created =
          dryRun === 'client'
            ? body
            : await session.api.send({
                method: 'POST',
                path: pathOf(located.type, located.namespace),
                query,
                body: unversioned(body),
              });
        const { metadata } = created as { metadata: { name?: string } };
        printer.print({ ...located, name: metadata.name ?? '' }, 'created', created);
      } catch (error) {
        failures.push({ error, about: `error when creating ${located.place}` });
      }
    }
    if (failures.length === 0) return 0;
    session.complain(sourcedFailuresText(failures));
    return 1;
  },
});
