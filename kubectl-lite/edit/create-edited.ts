import type { KubernetesObject } from '../../api/meta.ts';
import { withLastApplied } from '../apply/last-applied.ts';
import type { ChangePrinter } from '../printers/change-printer.ts';
import { sortKeys } from '../../api/go-json.ts';
import { objectPrinter } from '../printers/printer.ts';
import type { Found } from '../resource/builder.ts';
import { locateDocument } from '../resource/builder.ts';
import { quotedTitle } from '../resource/located.ts';
import { pathOf } from '../resource/resources.ts';
import { unversioned } from '../resource/unversioned.ts';
import type { Session } from '../session.ts';
import { editLoop } from './edit-loop.ts';
import { objectsIn } from './edit.ts';

export interface EditedCreation {
  readonly printer: ChangePrinter;
  readonly windowsLineEndings: boolean;
  readonly saveConfig: boolean;
  readonly query: Readonly<Record<string, string | undefined>>;
}

/** `create --edit`: what the editor makes of the manifests is created; nothing is tried twice. */
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
    title: quotedTitle(located[0]!),
    ending: 'yaml',
    windowsLineEndings: creation.windowsLineEndings,
    save: async (edited) => {
      for (const object of objectsIn(edited)) {
        const at = { file: 'edited-file', document: 1, line: 1 };
        const one = await locateDocument(session, { object, ...at });
        const body = creation.saveConfig ? withLastApplied(one.object!) : one.object!;
        const { type, namespace } = one;
        const created = await session.api.send({
          method: 'POST',
          path: pathOf(type, namespace),
          query: creation.query,
          body: unversioned(body),
        });
        const { metadata } = created as KubernetesObject;
        creation.printer.print({ ...one, name: metadata.name ?? '' }, 'created', created);
      }
      return [];
    },
  });
}
