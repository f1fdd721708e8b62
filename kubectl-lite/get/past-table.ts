import { exactly } from '../history/past.ts';
import type { Table } from '../printers/table.ts';
import { pathOf } from '../resource/resources.ts';
import type { Target } from '../resource/words.ts';
import type { Session } from '../session.ts';
import type { GetFlags } from './flags.ts';
import { namespaceOf } from './namespace.ts';
import { notThereThen, pastFailure } from './past.ts';
import { AS_TABLE, tableOf } from './tables.ts';

/** A collection, or one object of it, as it was; in one piece, whatever --chunk-size says. */
export async function tableFromThePast(
  session: Session,
  target: Target,
  flags: GetFlags,
): Promise<Table> {
  const { type, name } = target;
  const revision = flags.revision!;
  let table: Table;
  try {
    const answer = await session.api.send({
      method: 'GET',
      path: pathOf(type, namespaceOf(session, target, flags)),
      accept: flags['server-print'] ? AS_TABLE : 'application/json',
      query: {
        ...exactly(revision),
        labelSelector: flags.selector,
        fieldSelector: name === undefined ? flags['field-selector'] : `metadata.name=${name}`,
        includeObject: flags['sort-by'] === '' ? undefined : 'Object',
      },
    });
    table = tableOf(session, answer);
  } catch (error) {
    throw pastFailure(error, revision);
  }
  if (name !== undefined && table.rows.length === 0) throw notThereThen(target, revision);
  return table;
}
