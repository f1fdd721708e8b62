import { isStatus } from '../../api/status.ts';
import { command } from '../command.ts';
import { failuresText } from '../failure.ts';
import { type GetFlags, getFlags } from '../get/flags.ts';
import { type FoundPrinter, foundPrinter, readObjects } from '../get/objects.ts';
import { sorted } from '../get/sort.ts';
import { printTables, readTable, type TypedTable } from '../get/tables.ts';
import { listFailure } from '../resource/list.ts';
import type { Located } from '../resource/located.ts';
import { wellKnownTargets } from '../resource/well-known.ts';
import { type Target, targetsOf } from '../resource/words.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export const get = command({
  usage:
    '[(-o|--output=)json|yaml|name|wide|custom-columns=...|jsonpath=...|go-template=...] ' +
    '(TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [options]',
  flags: getFlags,
  interrupted: 1,
  async run(session, { words, flags }) {
    if (flags.raw !== '') return printRaw(session, words, flags);
    if (flags['output-watch-events'] && !flags.watch && !flags['watch-only']) {
      throw new UsageError(
        '--output-watch-events option can only be used with --watch or --watch-only',
      );
    }
    const printer = await foundPrinter(session, flags);
    const known = await knownTargets(session, words, { flags, printer });
    if (known !== undefined) return known;
    const { targets, unread } = await targetsToGet(session, words, flags);
    if (flags.at !== '' || flags['at-revision'] !== 0) {
      const { getFromThePast } = await import('../get/past.ts');
      const past = await getFromThePast(session, targets, flags);
      if (printer !== undefined) return printObjects(session, targets, { flags: past, printer });
      return printAsTables(session, targets, { flags: past, words });
    }
    if (flags.watch || flags['watch-only']) {
      const { watchTargets } = await import('../get/watch-command.ts');
      return watchTargets(session, targets, { flags, printer });
    }
    if (printer !== undefined) return printObjects(session, targets, { flags, printer, unread });
    return printAsTables(session, targets, { flags, words, unread });
  },
});

interface Printing {
  readonly flags: GetFlags;
  readonly printer: FoundPrinter | undefined;
  readonly unread?: readonly unknown[];
}

/** One request for what every cluster has; undefined where discovery is needed. */
async function knownTargets(
  session: Session,
  words: readonly string[],
  { flags, printer }: Printing,
): Promise<number | undefined> {
  const watches = flags.watch || flags['watch-only'];
  const past = flags.at !== '' || flags['at-revision'] !== 0;
  if (watches || past || flags.filename.length > 0 || flags.kustomize !== '') return undefined;
  const targets = flags.subresource === '' ? wellKnownTargets(words) : undefined;
  if (targets === undefined || conflicting(targets, flags)) return undefined;
  try {
    if (printer !== undefined) return await printObjects(session, targets, { flags, printer });
    return await printAsTables(session, targets, { flags, words });
  } catch (error) {
    if (error instanceof PathUnknown) return undefined;
    throw error;
  }
}

/** The server does not serve the path: it is no object that is missing. */
class PathUnknown extends Error {}

/** What is refused before anything is read is told where all targets are. */
const conflicting = (targets: readonly Target[], flags: GetFlags): boolean =>
  targets.some(({ name }) => name !== undefined) &&
  (flags['all-namespaces'] || flags.selector !== '' || flags['field-selector'] !== '');

async function printRaw(
  session: Session,
  words: readonly string[],
  flags: GetFlags,
): Promise<number> {
  const path = flags.raw;
  if (words.length > 0) throw new UsageError('arguments may not be passed when --raw is specified');
  if (flags.watch || flags['watch-only'] || flags.selector !== '') {
    throw new UsageError(
      '--raw may not be specified with other flags that filter the server request or alter the ' +
        'output',
    );
  }
  if (flags.output !== '') throw new UsageError('--raw and --output are mutually exclusive');
  if (!/^(\/|\w+:\/\/)/.test(path)) {
    const why = `parse ${JSON.stringify(path)}: invalid URI for request`;
    throw new UsageError(`--raw must be a valid URL path: ${why}`);
  }
  const { sendRaw } = await import('../resource/raw.ts');
  return sendRaw(session, { method: 'GET', raw: path, filename: [] });
}

interface Asked {
  readonly targets: readonly Target[];
  /** Why some of the files named nothing. */
  readonly unread: readonly unknown[];
}

async function targetsToGet(
  session: Session,
  words: readonly string[],
  flags: GetFlags,
): Promise<Asked> {
  if (flags.filename.length > 0 || flags.kustomize !== '') {
    const { locate } = await import('../resource/builder.ts');
    const { located, failures } = await locate(session, { ...flags, words });
    if (located.length === 0 && failures.length > 0) throw failures[0];
    if (located.some(({ name }) => name === '')) {
      throw new UsageError('resource name may not be empty');
    }
    const targets = located.map(({ type, name, namespace }) => ({
      type,
      name,
      ...(namespace === undefined ? {} : { namespace }),
    }));
    return { targets, unread: failures };
  }
  if (words.length === 0) throw nothingToGet(session);
  const targets = targetsOf(await session.resources(), words);
  const named = targets.some((target) => target.name !== undefined);
  const selects = flags.selector !== '' || flags['field-selector'] !== '';
  if (selects && named) {
    throw new UsageError('name cannot be provided when a selector is specified');
  }
  if (!named && flags.subresource !== '') {
    throw new UsageError('subresource cannot be used when bulk resources are specified');
  }
  if (named && flags['all-namespaces'] && targets.some((target) => target.type.namespaced)) {
    throw new UsageError('a resource cannot be retrieved by name across all namespaces');
  }
  return { targets, unread: [] };
}

function nothingToGet(session: Session): UsageError {
  session.complain(
    'You must specify the type of resource to get. ' +
      'Use "kubectl-lite api-resources" for a complete list of supported resources.\n',
  );
  return new UsageError(
    'Required resource not specified.\n' +
      'Use "kubectl-lite explain <resource>" for a detailed description of that resource ' +
      "(e.g. kubectl-lite explain pods).\nSee 'kubectl-lite get -h' for help and examples",
  );
}

const selectorsOf = (flags: GetFlags) => ({
  labelSelector: flags.selector,
  fieldSelector: flags['field-selector'],
});

/** What could be read, and why the rest could not. */
async function readAll<T>(
  targets: readonly Target[],
  flags: GetFlags,
  read: (target: Target) => Promise<T>,
): Promise<{ values: T[]; failures: unknown[] }> {
  const failures: unknown[] = [];
  const values: T[] = [];
  for (const target of targets) {
    try {
      values.push(await read(target));
    } catch (error) {
      if (isStatus(error, 'Unauthorized')) throw error;
      const unserved = isStatus(error, 'NotFound') && target.type.verbs.length === 0;
      if (unserved && error.status.details?.name === undefined) throw new PathUnknown();
      if (target.name === undefined)
        failures.push(listFailure(error, target.type, selectorsOf(flags)));
      else if (!(flags['ignore-not-found'] && isStatus(error, 'NotFound'))) failures.push(error);
    }
  }
  return { values, failures };
}

async function printObjects(
  session: Session,
  targets: readonly Target[],
  { flags, printer, unread = [] }: Printing & { printer: FoundPrinter },
): Promise<number> {
  const read = await readAll(targets, flags, async (target) => {
    if (flags.revision === undefined) return readObjects(session, target, flags);
    const { objectsFromThePast } = await import('../get/past-objects.ts');
    return objectsFromThePast(session, target, flags);
  });
  const found: readonly Located[] = sorted(
    read.values.flat(),
    flags['sort-by'],
    ({ object }) => object,
  );
  const single = targets.length === 1 && targets[0]!.name !== undefined;
  const nothing = read.values.length === 0 && (read.failures.length > 0 || targets.length > 0);
  if (!nothing) printer.print(found, single);
  return finish(session, [...unread, ...read.failures]);
}

async function printAsTables(
  session: Session,
  targets: readonly Target[],
  { flags, words, unread = [] }: Omit<Printing, 'printer'> & { words: readonly string[] },
): Promise<number> {
  const read = await readAll(targets, flags, async (target): Promise<TypedTable> => {
    const { type } = target;
    if (flags.revision === undefined) {
      return { type, table: await readTable(session, target, flags) };
    }
    const { tableFromThePast } = await import('../get/past-table.ts');
    return { type, table: await tableFromThePast(session, target, flags) };
  });
  const fromFiles = words.length === 0 && new Set(targets.map(({ type }) => type)).size > 1;
  const ofNames = targets.every(({ name }) => name !== undefined);
  const types = new Set(read.values.map(({ type }) => type));
  const withKind = ofNames ? types.size > 1 : fromFiles || severalTypes(words);
  const printed = printTables(session, read.values, { flags, withKind });
  const failures = [...unread, ...read.failures];
  if (printed === 0 && failures.length === 0 && !flags['ignore-not-found']) {
    const namespaced = !flags['all-namespaces'] && targets.every(({ type }) => type.namespaced);
    const where = namespaced ? ` in ${session.namespace} namespace.` : '';
    const hint = namespaced ? await absentNamespaceHint(session) : '';
    session.complain(`No resources found${where}${hint}`);
  }
  return finish(session, failures);
}

/** An empty answer about a namespace that was asked for by name, and does not exist. */
async function absentNamespaceHint({ api, namespace, namespaceGiven }: Session): Promise<string> {
  if (!namespaceGiven) return '';
  try {
    await api.send({ method: 'GET', path: `/api/v1/namespaces/${namespace}` });
    return '';
  } catch (error) {
    return isStatus(error, 'NotFound')
      ? ' There is no such namespace: see kubectl-lite get namespaces'
      : '';
  }
}

/** True if the words, not what they stand for, name more than one type. */
function severalTypes(words: readonly string[]): boolean {
  const pairs = words.filter((word) => word.includes('/')).map((word) => word.split('/')[0]);
  const first = words[0] ?? '';
  return new Set(pairs).size > 1 || first === 'all' || (pairs.length === 0 && first.includes(','));
}

function finish(session: Session, failures: readonly unknown[]): number {
  if (failures.length === 0) return 0;
  session.complain(failuresText(failures));
  return 1;
}
