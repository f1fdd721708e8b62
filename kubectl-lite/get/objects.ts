/** `get` of whole objects: JSON, YAML, names, templates, columns of one's own. */
import type { KubernetesObject } from '../../api/meta.ts';
import { objectFormats, objectPrinter, noPrinter, splitFormat } from '../printers/printer.ts';
import { listItems } from '../resource/list.ts';
import { itemOf, type Located, titleOf } from '../resource/located.ts';
import { pathOf } from '../resource/resources.ts';
import type { Target } from '../resource/words.ts';
import type { Session } from '../session.ts';
import type { GetFlags } from './flags.ts';
import { namespaceOf } from './namespace.ts';

const getFormats = [...objectFormats, 'custom-columns', 'custom-columns-file', 'wide'];

/** Prints what was found. `whole`: one object as itself, several as a List. */
export interface FoundPrinter {
  print(found: readonly Located[], single: boolean): void;
}

/** The printer for `-o`; undefined if the output is a table. */
export async function foundPrinter(
  session: Session,
  flags: GetFlags,
): Promise<FoundPrinter | undefined> {
  const { output } = flags;
  if (output === 'wide' || (output === '' && flags.template === '')) return undefined;
  if (output === 'name') {
    return { print: (found) => found.forEach((one) => session.print(titleOf(one))) };
  }
  const { format, argument = flags.template } = splitFormat(output);
  if (format === 'custom-columns' || format === 'custom-columns-file') {
    return columnsPrinter(session, format, { argument, noHeaders: flags['no-headers'] });
  }
  const print = await objectPrinter(session.files, flags);
  if (print === undefined) throw noPrinter(output, getFormats);
  return {
    print(found, single) {
      const objects = found.map(({ object }) => object);
      const list = { apiVersion: 'v1', items: objects, kind: 'List', metadata: emptyListMeta };
      session.output.out(print(single ? objects[0] : list));
    },
  };
}

const emptyListMeta = { resourceVersion: '' };

async function columnsPrinter(
  session: Session,
  format: string,
  { argument, noHeaders }: { argument: string; noHeaders: boolean },
): Promise<FoundPrinter> {
  const { parseColumns, printColumns, readColumns } = await import('../printers/custom-columns.ts');
  const columns =
    format === 'custom-columns'
      ? parseColumns(argument)
      : await readColumns(session.files, argument);
  let headers = !noHeaders;
  return {
    print(found) {
      const objects = found.map(({ object }) => object);
      for (const line of printColumns(columns, objects, headers)) session.print(line);
      headers = false;
    },
  };
}

export async function readObjects(
  session: Session,
  target: Target,
  flags: GetFlags,
): Promise<readonly Located[]> {
  const { type, name } = target;
  const namespace = namespaceOf(session, target, flags);
  const path = pathOf(type, namespace, name) + (flags.subresource && `/${flags.subresource}`);
  if (name !== undefined) {
    const object = (await session.api.send({ method: 'GET', path })) as KubernetesObject;
    return [{ type, namespace, name, object }];
  }
  const items = await listItems(session, {
    path,
    labelSelector: flags.selector,
    fieldSelector: flags['field-selector'],
    limit: flags['sort-by'] === '' ? flags['chunk-size'] : 0,
  });
  return items.map((item) => itemOf(type, item));
}
