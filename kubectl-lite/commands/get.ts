import type { KubernetesObject } from '../../api/meta.ts';
import { stringifyYaml } from '../../api/yaml.ts';
import {
  headerCells,
  rowCells,
  type Table,
  type TableLayout,
  type TableRow,
  TableWriter,
} from '../printers/table.ts';
import { displayName, pathOf, type Target, targetsOf, UsageError } from '../resources.ts';
import type { Session } from '../session.ts';
import { failureText } from '../failure.ts';

export interface GetOptions {
  readonly output?: string;
  readonly allNamespaces: boolean;
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly watch: boolean;
  /** False with --no-headers. */
  readonly headers: boolean;
  readonly showLabels: boolean;
  readonly ignoreNotFound: boolean;
}

const asTable =
  'application/json;as=Table;v=v1;g=meta.k8s.io,' +
  'application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';
/** kubectl's page size for lists. */
const chunkSize = '500';
const formats = ['json', 'yaml', 'name', 'wide'];

/** Prints objects as the server lays them out; exit code 1 if one was not found. */
export async function get(
  session: Session,
  words: readonly string[],
  options: GetOptions,
): Promise<number> {
  const { output } = options;
  if (output !== undefined && !formats.includes(output)) {
    throw new UsageError(
      'error: unable to match a printer suitable for the output format ' +
        `${JSON.stringify(output)}, allowed formats are: ${formats.join(',')}`,
    );
  }
  const targets = targetsOf(await session.resources(), words);
  const selecting = options.selector !== undefined || options.fieldSelector !== undefined;
  if (selecting && targets.some((target) => target.name !== undefined)) {
    throw new UsageError('error: name cannot be provided when a selector is specified');
  }
  if (options.watch) {
    if (targets.length !== 1) {
      throw new UsageError('error: you may only specify a single resource type with --watch');
    }
    return watchTable(session, targets[0]!, options);
  }
  const whole = output === 'json' || output === 'yaml' || output === 'name';
  return whole ? getObjects(session, targets, options) : getTables(session, targets, options);
}

const namespaceOf = (session: Session, options: GetOptions): string | undefined =>
  options.allNamespaces ? undefined : session.namespace;

function queryOf(options: GetOptions): Record<string, string | undefined> {
  return { labelSelector: options.selector, fieldSelector: options.fieldSelector };
}

async function getObjects(
  session: Session,
  targets: readonly Target[],
  options: GetOptions,
): Promise<number> {
  const found: { object: KubernetesObject; target: Target }[] = [];
  let failed = false;
  for (const target of targets) {
    try {
      for (const object of await readObjects(session, target, options)) {
        found.push({ object, target });
      }
    } catch (error) {
      failed = failed || !options.ignoreNotFound;
      if (!options.ignoreNotFound) session.output.err(`${failureText(error)}\n`);
    }
  }
  if (options.output === 'name') {
    for (const { object, target } of found) {
      session.print(displayName(target.type, object.metadata.name ?? ''));
    }
    return failed ? 1 : 0;
  }
  const single = targets.length === 1 && targets[0]!.name !== undefined;
  if (single && found.length === 0) return failed ? 1 : 0;
  const value = single
    ? found[0]!.object
    : {
        apiVersion: 'v1',
        items: found.map((entry) => entry.object),
        kind: 'List',
        metadata: { resourceVersion: '' },
      };
  const json = options.output === 'json';
  session.output.out(json ? `${JSON.stringify(value, null, 4)}\n` : stringifyYaml(value));
  return failed ? 1 : 0;
}

async function readObjects(
  session: Session,
  { type, name }: Target,
  options: GetOptions,
): Promise<KubernetesObject[]> {
  const path = pathOf(type, namespaceOf(session, options), name);
  if (name !== undefined) {
    return [(await session.api.send({ method: 'GET', path })) as KubernetesObject];
  }
  const items: KubernetesObject[] = [];
  let next = '';
  do {
    const list = (await session.api.send({
      method: 'GET',
      path,
      query: { ...queryOf(options), limit: chunkSize, continue: next },
    })) as { items: KubernetesObject[]; metadata: { continue?: string } };
    const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
    items.push(...list.items.map((item) => ({ ...item, apiVersion, kind: type.kind })));
    next = list.metadata.continue ?? '';
  } while (next !== '');
  return items;
}

async function getTables(
  session: Session,
  targets: readonly Target[],
  options: GetOptions,
): Promise<number> {
  const types = [...new Set(targets.map((target) => target.type))];
  let failed = false;
  let printed = 0;
  for (const type of types) {
    const tables: Table[] = [];
    for (const target of targets.filter((t) => t.type === type)) {
      try {
        tables.push(await readTable(session, target, options));
      } catch (error) {
        if (options.ignoreNotFound) continue;
        failed = true;
        session.output.err(`${failureText(error)}\n`);
      }
    }
    const rows = tables.flatMap((table) => table.rows);
    if (rows.length === 0) continue;
    if (printed > 0) session.print('');
    const layout = layoutOf(targets[0]!, options, types.length > 1);
    const prefixed = { ...layout, namePrefix: types.length > 1 ? displayName(type, '') : '' };
    const lines = !options.headers ? [] : [headerCells(tables[0]!, prefixed)];
    const cells = rowCells(tables[0]!, rows, {
      ...prefixed,
      withNamespace: options.allNamespaces && type.namespaced,
    });
    for (const line of new TableWriter().lines([...lines, ...cells])) session.print(line);
    printed += rows.length;
  }
  if (printed === 0 && !failed && !options.ignoreNotFound) {
    const where = options.allNamespaces || !targets.some((target) => target.type.namespaced);
    session.output.err(`No resources found${where ? '' : ` in ${session.namespace} namespace.`}\n`);
  }
  return failed ? 1 : 0;
}

function layoutOf(target: Target, options: GetOptions, _several: boolean): TableLayout {
  return {
    wide: options.output === 'wide',
    withNamespace: options.allNamespaces && target.type.namespaced,
    namePrefix: '',
    showLabels: options.showLabels,
  };
}

/** All pages of a collection as one Table, or the Table of one object. */
async function readTable(
  session: Session,
  { type, name }: Target,
  options: GetOptions,
): Promise<Table> {
  const path = pathOf(type, namespaceOf(session, options), name);
  if (name !== undefined) {
    return (await session.api.send({ method: 'GET', path, accept: asTable })) as Table;
  }
  let whole: Table | undefined;
  let next = '';
  do {
    const page = (await session.api.send({
      method: 'GET',
      path,
      query: { ...queryOf(options), limit: chunkSize, continue: next },
      accept: asTable,
    })) as Table & { metadata?: { continue?: string } };
    const rows: TableRow[] = [...(whole?.rows ?? []), ...page.rows];
    whole = { ...page, rows };
    next = page.metadata?.continue ?? '';
  } while (next !== '');
  return whole;
}

/** Prints the present rows, then one for each change, until Ctrl-C. */
async function watchTable(session: Session, target: Target, options: GetOptions): Promise<number> {
  const { type, name } = target;
  const layout = layoutOf(target, options, false);
  const writer = new TableWriter();
  let columns: Table | undefined;
  const print = (table: Table): void => {
    // Only the first Table of a watch has to define the columns.
    const first = columns === undefined;
    columns ??= table;
    const lines = first && options.headers ? [headerCells(columns, layout)] : [];
    const cells = rowCells(columns, table.rows, layout);
    for (const line of writer.lines([...lines, ...cells])) session.print(line);
  };
  const listed = await readTable(session, target, options);
  if (listed.rows.length > 0) print(listed);
  const events = await session.api.watch({
    method: 'GET',
    path: pathOf(type, namespaceOf(session, options)),
    query: {
      watch: 'true',
      labelSelector: options.selector,
      fieldSelector: name === undefined ? options.fieldSelector : `metadata.name=${name}`,
      resourceVersion: listed.metadata?.resourceVersion,
    },
    accept: asTable,
    signal: session.signal,
  });
  try {
    for await (const event of events) {
      if (event.type === 'BOOKMARK') continue;
      print(event.object as Table);
    }
  } catch (error) {
    if (!session.signal.aborted) throw error;
  }
  return 0;
}
