import type { KubernetesObject } from '../../api/meta.ts';
import { withLastApplied } from '../apply/last-applied.ts';
import type { ChangePrinter } from '../printers/change-printer.ts';
import { sortKeys } from '../printers/json.ts';
import { objectPrinter } from '../printers/printer.ts';
import type { Found } from '../resource/builder.ts';
import { locateDocument } from '../resource/builder.ts';
import { pathOf } from '../resource/resources.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { editLoop } from './edit-loop.ts';
import { objectsIn, refusalOf } from './edit.ts';

export interface EditedCreation {
  readonly printer: ChangePrinter;
  readonly windowsLineEndings: boolean;
  readonly saveConfig: boolean;
  readonly query: Readonly<Record<string, string | undefined>>;
}

/** `create --edit`: what the editor makes of the manifests is created. */
export async function createEdited(
  session: Session,
  { located }: Found,
  creation: EditedCreation,
): Promise<number> {
  const print = (await objectPrinter(session.files, { output: 'yaml' }))!;
  const objects = located.map(({ object }) => object);
  return editLoop(session, {
    content: print(
      objects.length === 1
        ? objects[0]
        : sortKeys({ apiVersion: 'v1', items: objects, kind: 'List', metadata: {} }),
    ),
    ending: 'yaml',
    windowsLineEndings: creation.windowsLineEndings,
    save: async (edited) => {
      const refusals: string[] = [];
      let made: readonly KubernetesObject[];
      try {
        made = objectsIn(edited);
      } catch (error) {
        if (error instanceof UsageError) return { refusals: [error.message], code: 1 };
        throw error;
      }
      for (const object of made) {
        const at = { file: 'edited-file', document: 1, line: 1 };
        const one = await locateDocument(session, { object, ...at });
        try {
          const body = creation.saveConfig ? withLastApplied(one.object!) : one.object;
          const { type, namespace } = one;
          const created = await session.api.send({
            method: 'POST',
            path: pathOf(type, namespace),
            query: creation.query,
            body,
          });
          const { metadata } = created as KubernetesObject;
          creation.printer.print({ ...one, name: metadata.name ?? '' }, 'created', created);
        } catch (error) {
          refusals.push(refusalOf(one, error));
        }
      }
      return { refusals, code: 0 };
    },
  });
}
