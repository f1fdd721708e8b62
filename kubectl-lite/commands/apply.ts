import { command } from '../command.ts';
import { applyFlags, type ApplyFlags } from '../apply/flags.ts';
import { applyClientSide } from '../apply/client-side.ts';
import { failuresText, failureText } from '../failure.ts';
import { ChangePrinter, dryRunOf } from '../printers/change-printer.ts';
import { locate } from '../resource/builder.ts';
import type { Located } from '../resource/located.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export const apply = command({
  usage: '(-f FILENAME | -k DIRECTORY) [options]',
  flags: applyFlags,
  async run(session, { words, flags }) {
    if (words.length > 0) {
      const shown = words.join(' ');
      throw new UsageError(
        `Unexpected args: [${shown}]\nSee 'kubectl-lite apply -h' for help and examples`,
      );
    }
    return applyAll(session, flags);
  },
});

/** A failing document does not stop those after it; the exit code is 1 if any failed. */
async function applyAll(session: Session, flags: ApplyFlags): Promise<number> {
  const dryRun = dryRunOf(flags);
  const printer = await ChangePrinter.of(session, flags, dryRun);
  const found = await locate(session, { ...flags, words: [] });
  if (found.located.length === 0 && found.failures.length === 0) {
    throw new UsageError('no objects passed to apply');
  }
  const failures = found.failures.map((failure) => failuresText([failure]));
  const one = flags['server-side']
    ? (await import('../apply/server-side.ts')).applyServerSide
    : applyClientSide;
  const applied: Located[] = [];
  for (const located of found.located) {
    try {
      const { object, operation } = await one(session, located, { flags, dryRun });
      applied.push({ ...located, object });
      printer.print(located, operation, object);
    } catch (error) {
      failures.push(failureText(error, `error when applying ${located.place}`));
    }
  }
  if (flags.prune && failures.length === 0) {
    const { prune } = await import('../apply/prune.ts');
    await prune(session, applied, { flags, dryRun, printer });
  }
  for (const failure of failures) session.complain(failure);
  return failures.length > 0 ? 1 : 0;
}
