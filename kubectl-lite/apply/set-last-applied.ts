import { command } from '../command.ts';
import { boolean } from '../flags/flag.ts';
import { ChangePrinter, dryRunOf, outputFlags } from '../printers/change-printer.ts';
import { locate, visit } from '../resource/builder.ts';
import { dryRunFlag, filenameFlags } from '../resource/flags.ts';
import { objectPath, readLive } from '../resource/located.ts';
import { sendPatch } from '../resource/patch.ts';
import { UsageError } from '../usage-error.ts';
import { isStatus } from '../../api/status.ts';
import { LAST_APPLIED, withLastApplied } from './last-applied.ts';

export const setLastApplied = command({
  usage: '-f FILENAME [options]',
  flags: {
    ...filenameFlags,
    ...dryRunFlag,
    ...outputFlags,
    'create-annotation': boolean('Add the annotation where it is missing'),
  },
  async run(session, { words, flags }) {
    const dryRun = dryRunOf(flags);
    const printer = await ChangePrinter.of(session, flags, dryRun);
    const found = await locate(session, { ...flags, words });
    if (found.located.length === 0 && found.failures.length === 0) {
      throw new UsageError('no objects passed to set-last-applied');
    }
    return visit(session, found, async (located) => {
      let live;
      try {
        live = await readLive(session, located);
      } catch (error) {
        if (!isStatus(error, 'NotFound')) throw error;
        throw new UsageError(`${error.message}: ${objectPath(located)}`);
      }
      const before = live.metadata.annotations?.[LAST_APPLIED];
      if (before === undefined && !flags['create-annotation']) {
        throw new UsageError(
          'no last-applied-configuration annotation found on resource: ' +
            `${located.name}, to create the annotation, run the command with --create-annotation`,
        );
      }
      const wanted = withLastApplied(located.object!, { bare: true }).metadata.annotations![
        LAST_APPLIED
      ]!;
      if (before === wanted) {
        session.print(`set-last-applied ${located.name}: no changes required.`);
        return;
      }
      const sent =
        dryRun === 'client'
          ? live
          : await sendPatch(session, located, {
              body: { metadata: { annotations: { [LAST_APPLIED]: wanted } } },
              contentType: 'application/merge-patch+json',
              dryRun,
              fieldManager: 'kubectl-set-last-applied',
            });
      printer.print(located, 'configured', sent);
    });
  },
});
