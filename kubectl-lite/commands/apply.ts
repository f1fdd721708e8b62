import { command } from '../command.ts';
import type { ApplySet } from '../apply/apply-set.ts';
import { applyFlags, type ApplyFlags, fieldValidation } from '../apply/flags.ts';
import { applyClientSide } from '../apply/client-side.ts';
import { definedKinds, locateSoon, phasesOf } from '../apply/in-order.ts';
import { failuresText, failureText } from '../failure.ts';
import type { ManifestDocument } from '../manifest/documents.ts';
import { readManifest } from '../manifest/manifest.ts';
import { ChangePrinter, dryRunOf } from '../printers/change-printer.ts';
import { Progress } from '../printers/progress.ts';
import { locateDocument, selectedDocuments } from '../resource/builder.ts';
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
    const enabled = session.environment.variables['KUBECTL_APPLYSET']?.toLowerCase() === 'true';
    if (flags.applyset !== '' && !enabled) {
      throw new UsageError("unknown flag: --applyset\nSee 'kubectl-lite apply --help' for usage.");
    }
    checkFlags(flags);
    return applyAll(session, flags);
  },
});

/** In kubectl's order: of several mistakes the same one is told. */
function checkFlags(flags: ApplyFlags): void {
  const dryRun = dryRunOf(flags);
  propagationOf(flags.cascade);
  fieldValidation(flags.validate);
  const { prune, applyset, force } = flags;
  const inSet = applyset !== '';
  for (const kind of prune ? flags['prune-allowlist'] : []) {
    if (kind.split('/').length === 3) continue;
    throw new UsageError(
      `invalid GroupVersionKind format: ${kind}, please follow <group/version/kind>`,
    );
  }
  const mistakes: readonly (readonly [boolean, string])[] = [
    [
      flags['force-conflicts'] && !flags['server-side'],
      '--force-conflicts only works with --server-side',
    ],
    [
      dryRun === 'client' && flags['server-side'],
      "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
    ],
    [flags['server-side'] && force, '--force cannot be used with --server-side'],
    [dryRun === 'server' && force, '--dry-run=server cannot be used with --force'],
    [flags.all && flags.selector !== '', 'cannot set --all and --selector at the same time'],
    [inSet && !prune, '--applyset requires --prune'],
    [prune && force, '--force cannot be used with --prune'],
    [inSet && flags.all, '--all is incompatible with --applyset'],
    [inSet && flags.selector !== '', '--selector is incompatible with --applyset'],
    [
      inSet && flags['prune-allowlist'].length > 0,
      '--prune-allowlist is incompatible with --applyset',
    ],
    [
      prune && !inSet && !flags.all && flags.selector === '',
      'all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector',
    ],
    [
      prune && !inSet && flags['server-side'],
      "--prune is in alpha and doesn't currently work on objects created by server-side apply",
    ],
    [
      flags.subresource !== '' && !flags['server-side'],
      '--subresource can only be specified for --server-side',
    ],
  ];
  const mistake = mistakes.find(([made]) => made);
  if (mistake !== undefined) throw new UsageError(mistake[1]);
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
  const set = await applySetOf(session, flags);
  const selected = selectedDocuments(manifest.documents, flags.selector);
  const documents = set === undefined ? selected : selected.map((one) => set.labelled(one));
  if (documents.length === 0 && manifest.failures.length === 0) {
    throw new UsageError('no objects passed to apply');
  }
  const failures = manifest.failures.map(({ message }) => failureText(new UsageError(message)));
  const one = flags['server-side']
    ? (await import('../apply/server-side.ts')).applyServerSide
    : applyClientSide;
  const applied: Located[] = [];
  await set?.begin(await locatable(session, documents));
  const progress = new Progress(session);
  let done = 0;
  for (const document of phasesOf(documents)) {
    if (documents.length >= PROGRESS_FROM) progress.show(`applied ${done} of ${documents.length}`);
    done++;
    try {
      const located = await locateSoon(session, document, definedKinds(applied));
      await set?.include(located);
      checkName(located);
      try {
        const { object, operation } = await one(session, located, { flags, dryRun });
        applied.push({ ...located, object });
        progress.clear();
        if (!printer.printsObjects) printer.print(located, operation, object);
      } catch (error) {
        const verb = isStatus(error, 'BadRequest') ? 'creating' : 'applying';
        failures.push(failureText(error, `error when ${verb} ${located.place}`));
      }
    } catch (error) {
      failures.push(failuresText([error]));
    }
  }
  progress.clear();
  if (failures.length === 0) printer.printTogether(applied.map(({ object }) => object));
  if (flags.prune && failures.length === 0) {
    const { prune } = await import('../apply/prune.ts');
    if (set === undefined) await prune(session, applied, { flags, dryRun, printer });
    else await set.prune(applied, printer);
  }
  for (const failure of failures) session.complain(failure);
  return failures.length > 0 ? 1 : 0;
}

/** Throws UsageError for what apply cannot find again. */
function checkName({ name, object, place }: Located): void {
  const { generateName } = object!.metadata;
  if (name !== '') return;
  if (generateName) {
    throw new UsageError(`from ${generateName}: cannot use generate name with apply`);
  }
  throw new UsageError(`error when applying ${place}: resource name may not be empty`);
}

async function applySetOf(session: Session, flags: ApplyFlags): Promise<ApplySet | undefined> {
  if (flags.applyset === '') return undefined;
  const { ApplySet } = await import('../apply/apply-set.ts');
  return ApplySet.named(session, { flags, dryRun: dryRunOf(flags) });
}

/** Where the documents will be, as far as their kinds are served yet. */
async function locatable(
  session: Session,
  documents: readonly ManifestDocument[],
): Promise<readonly Located[]> {
  const found = await Promise.allSettled(
    documents.map((document) => locateDocument(session, document)),
  );
  return found.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}
