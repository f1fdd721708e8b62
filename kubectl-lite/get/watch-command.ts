import type { KubernetesObject } from '../../api/meta.ts';
import { apiVersionOf } from '../../api/resource.ts';
import { cellColours } from '../printers/cell-colours.ts';
import { headerCells, rowCells, type Table, TableWriter } from '../printers/table.ts';
import { type Located } from '../resource/located.ts';
import { pathOf } from '../resource/resources.ts';
import type { Target } from '../resource/words.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import type { GetFlags } from './flags.ts';
import { namespaceOf } from './namespace.ts';
import type { FoundPrinter } from './objects.ts';
import { AS_TABLE, layoutOf, readTable, tableOf } from './tables.ts';
import { observe, type Observed, type Watched } from './watch.ts';

interface WatchOptions {
  readonly flags: GetFlags;
  readonly printer: FoundPrinter | undefined;
}

export async function watchTargets(
  session: Session,
  targets: readonly Target[],
  { flags, printer }: WatchOptions,
): Promise<number> {
  if (new Set(targets.map(({ type }) => type)).size > 1) {
    throw new UsageError(
      flags.filename.length === 0
        ? 'you may only specify a single resource type'
        : 'watch is only supported on individual resources and resource collections - ' +
            'more than 1 resource was found',
    );
  }
  if (targets.length !== 1) {
    throw new UsageError(
      'watch is only supported on individual resources and resource collections - ' +
        `${targets.length} resources were found`,
    );
  }
  const target = targets[0]!;
  const show = await showerOf(session, target, { flags, printer });
  const watched =
    printer === undefined
      ? watchedTables(session, target, flags)
      : watchedObjects(session, target, flags);
  const first = await watched.list();
  if (!flags['watch-only']) {
    for (const object of first.parts) show({ type: 'ADDED', object });
  }
  for await (const event of observe(session, watched, first)) show(event);
  return 0;
}

async function showerOf(
  session: Session,
  target: Target,
  { flags, printer }: WatchOptions,
): Promise<(event: Observed) => void> {
  if (flags.live) {
    if (printer !== undefined) throw new UsageError('--live draws tables, and no other output');
    const { liveShower } = await import('./live.ts');
    return liveShower(session, target, flags);
  }
  if (printer === undefined) return tableShower(session, target, flags);
  return objectShower(target, { flags, printer });
}

function queryOf({ name }: Target, flags: GetFlags): Record<string, string | undefined> {
  return {
    labelSelector: flags.selector,
    fieldSelector: name === undefined ? flags['field-selector'] : `metadata.name=${name}`,
  };
}

const collectionPath = (session: Session, target: Target, flags: GetFlags): string =>
  pathOf(target.type, namespaceOf(session, target, flags));

function watchedTables(session: Session, target: Target, flags: GetFlags): Watched {
  return {
    path: collectionPath(session, target, flags),
    query: queryOf(target, flags),
    accept: AS_TABLE,
    async list() {
      const table = await readTable(session, target, flags);
      const parts = table.rows.map((row) => ({ ...table, rows: [row] }));
      return { resourceVersion: listVersion(table, target), parts };
    },
    versionOf(part) {
      const table = tableOf(session, part);
      return versionIn(table.rows[0]?.object?.metadata, table.metadata);
    },
  };
}

function watchedObjects(session: Session, target: Target, flags: GetFlags): Watched {
  return {
    path: collectionPath(session, target, flags),
    query: queryOf(target, flags),
    accept: 'application/json',
    async list() {
      const path = pathOf(target.type, namespaceOf(session, target, flags), target.name);
      const query = target.name === undefined ? queryOf(target, flags) : {};
      const answer = (await session.api.send({
        method: 'GET',
        path,
        query,
      })) as KubernetesObject & {
        items?: KubernetesObject[];
      };
      const parts = answer.items ?? [answer];
      return { resourceVersion: answer.metadata.resourceVersion ?? '', parts };
    },
    versionOf: (part) => versionIn((part as KubernetesObject).metadata, undefined),
  };
}

/** One object's Table has that object's version. */
const listVersion = (table: Table, { name }: Target): string =>
  (name === undefined ? undefined : table.rows[0]?.object?.metadata?.resourceVersion) ??
  table.metadata?.resourceVersion ??
  '';

interface Versioned {
  readonly namespace?: string;
  readonly name?: string;
  readonly resourceVersion?: string;
}

function versionIn(object: Versioned | undefined, list: Versioned | undefined) {
  const resourceVersion = object?.resourceVersion ?? list?.resourceVersion;
  if (resourceVersion === undefined) return undefined;
  return { key: `${object?.namespace ?? ''}/${object?.name ?? ''}`, resourceVersion };
}

/** Rows under one header; widths are kept, so that later rows line up with earlier ones. */
function tableShower(
  session: Session,
  { type }: Target,
  flags: GetFlags,
): (event: Observed) => void {
  const layout = layoutOf(type, flags, false);
  const writer = new TableWriter();
  const events = flags['output-watch-events'];
  let columns: Table | undefined;
  return ({ type: happened, object }) => {
    const table = tableOf(session, object);
    const lines: string[][] = [];
    // Only the first Table of a watch has to define the columns.
    if (columns === undefined) {
      columns = table;
      const names = headerCells(columns, layout);
      const header = events ? ['EVENT', ...names] : names;
      writer.paint = cellColours(session, header);
      if (!flags['no-headers']) lines.push(header);
    }
    for (const cells of rowCells(columns, table.rows, layout))
      lines.push(events ? [happened.padEnd('MODIFIED'.length), ...cells] : cells);
    for (const line of writer.lines(lines)) session.print(line);
  };
}

function objectShower(
  target: Target,
  { flags, printer }: { flags: GetFlags; printer: FoundPrinter },
): (event: Observed) => void {
  return ({ type: happened, object }) => {
    const plain = object as KubernetesObject;
    const full = { ...plain, apiVersion: apiVersionOf(target.type), kind: target.type.kind };
    const shown = flags['output-watch-events'] ? { type: happened, object: full } : full;
    const found: Located = {
      type: target.type,
      namespace: plain.metadata.namespace,
      name: plain.metadata.name ?? '',
      object: shown as KubernetesObject,
    };
    printer.print([found], true);
  };
}
