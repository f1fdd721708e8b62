import { command } from '../command.ts';
import { applyFlags, type ApplyFlags, fieldValidation } from '../apply/flags.ts';
import { applyClientSide } from '../apply/client-side.ts';
import { definedKinds, locateSoon, phasesOf } from '../apply/in-order.ts';
import { failuresText, failureText } from '../failure.ts';
import { readManifest } from '../manifest/manifest.ts';
import { ChangePrinter, dryRunOf } from '../printers/change-printer.ts';
import { Progress } from '../printers/progress.ts';
import { selectedDocuments } from '../resource/builder.ts';
import type { Located } from '../resource/located.ts';
import type { Session } from '../session.ts';
import { propagationOf } from '../resource/propagation.ts';
import { isStatus } from '../../api/status.ts';
import { UsageError } from '../usage-error.ts';

/** Fewer documents are over before anybody could read how far it is. */
const PROGRESS_FROM = 10;

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
    checkFlags(flags);
    return applyAll(session, flags);
  },
});

function checkFlags(flags: ApplyFlags): void {
  propagationOf(flags.cascade);
  if (flags['server-side'] && dryRunOf(flags) === 'client') {
    throw new UsageError(
      "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
    );
  }
  if (flags['force-conflicts'] && !flags['server-side']) {
    throw new UsageError('--force-conflicts only works with --server-side');
  }
  if (flags.force && flags['server-side']) {
    throw new UsageError('--force cannot be used with --server-side');
  }
  fieldValidation(flags.validate);
  if (flags.subresource !== '' && !flags['server-side']) {
    throw new UsageError('--subresource can only be specified for --server-side');
  }
  if (flags.all && flags.selector !== '') {
    throw new UsageError('cannot set --all and --selector at the same time');
  }
  if (flags.prune && flags.selector === '' && !flags.all) {
    throw new UsageError(
      'all resources selected for prune without explicitly passing --all. To prune all ' +
        'resources, pass the --all flag. If you did not mean to prune all resources, specify a ' +
        'label selector',
    );
  }
  for (const kind of flags.prune ? flags['prune-allowlist'] : []) {
    if (kind.split('/').length === 3) continue;
    throw new UsageError(
      `invalid GroupVersionKind format: ${kind}, please follow <group/version/kind>`,
    );
  }
}

/** A failing document does not stop those after it; the exit code is 1 if any failed. */
async function applyAll(session: Session, flags: ApplyFlags): Promise<number> {
  const dryRun = dryRunOf(flags);
  const printer = await ChangePrinter.of(session, flags, dryRun);
  const manifest = await readManifest(session.files, {
    ...flags,
    paths: flags.filename,
    sha256: session.environment.sha256,
    warn: (text) => session.complain(text),
  });
  const documents = selectedDocuments(manifest.documents, flags.selector);
  if (documents.length === 0 && manifest.failures.length === 0) {
    throw new UsageError('no objects passed to apply');
  }
  const failures = manifest.failures.map(({ message }) => failureText(new UsageError(message)));
  const one = flags['server-side']
    ? (await import('../apply/server-side.ts')).applyServerSide
    : applyClientSide;
  const applied: Located[] = [];
  const progress = new Progress(session);
  let done = 0;
  for (const document of phasesOf(documents)) {
    if (documents.length >= PROGRESS_FROM) progress.show(`applied ${done} of ${documents.length}`);
    done++;
    try {
      const located = await locateSoon(session, document, definedKinds(applied));
      try {
        const { object, operation } = await one(session, located, { flags, dryRun });
        applied.push({ ...located, object });
        progress.clear();
        printer.print(located, operation, object);
      } catch (error) {
        const verb = isStatus(error, 'BadRequest') ? 'creating' : 'applying';
        failures.push(failureText(error, `error when ${verb} ${located.place}`));
      }
    } catch (error) {
      failures.push(failuresText([error]));
    }
  }
  progress.clear();
  if (flags.prune && failures.length === 0) {
    const { prune } = await import('../apply/prune.ts');
    await prune(session, applied, { flags, dryRun, printer });
  }
  for (const failure of failures) session.complain(failure);
  return failures.length > 0 ? 1 : 0;
}
