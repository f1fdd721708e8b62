import { parseJson } from '../../api/json.ts';
import { LAST_APPLIED, withLastApplied } from '../apply/last-applied.ts';
import { command } from '../command.ts';
import { boolean, text } from '../flags/flag.ts';
import { ChangePrinter, missingKeysFlag } from '../printers/change-printer.ts';
import { sortKeys } from '../../api/go-json.ts';
import { objectPrinter } from '../printers/printer.ts';
import { locate } from '../resource/builder.ts';
import { filenameFlags } from '../resource/flags.ts';
import { type Located, quotedTitle, readLive } from '../resource/located.ts';
import { sendPatch } from '../resource/patch.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { editLoop, type Refusal } from './edit-loop.ts';
import { objectsIn, otherIdentity, refusalOf } from './edit.ts';

const header = [
  "Please edit the 'last-applied-configuration' annotations below.",
  "Lines beginning with a '#' will be ignored, and an empty file will abort the edit.",
  '',
];

/** `apply edit-last-applied`: the annotation's configuration in an editor. */
export const editLastApplied = command({
  usage: '(RESOURCE/NAME | -f FILENAME) [options]',
  flags: {
    ...filenameFlags,
    'field-manager': text('Name under which the server records the change', {
      value: 'kubectl-client-side-apply',
    }),
    ...missingKeysFlag,
    output: text('"yaml" or "json": what the editor gets', { shorthand: 'o', value: 'yaml' }),
    'show-managed-fields': boolean('Accepted for compatibility: configurations have none'),
    template: text('Accepted for compatibility: editors get YAML or JSON'),
    validate: text('"strict", "warn" or "ignore" what the kind has no field for', {
      value: 'strict',
      alone: 'strict',
    }),
    'windows-line-endings': boolean('Line endings of the file are those of Windows'),
  },
  async run(session, { words, flags }) {
    const found = await locate(session, { ...flags, words, all: true });
    if (found.failures.length > 0) throw found.failures[0];
    const subjects: { located: Located; configuration: unknown }[] = [];
    for (const located of found.located) {
      const live = await readLive(session, located);
      const annotation = live.metadata.annotations?.[LAST_APPLIED];
      if (annotation === undefined) continue;
      subjects.push({ located, configuration: sortKeys(parseJson(annotation).value) });
    }
    if (subjects.length === 0) {
      throw new UsageError(
        'no last-applied-configuration annotation found on resource: ' +
          found.located.map(({ name }) => name).join(', '),
      );
    }
    const print = await objectPrinter(session.files, { output: flags.output });
    if (print === undefined) throw new UsageError(`The flag 'output' must be one of yaml|json`);
    const items = subjects.map(({ configuration }) => configuration);
    const content = print(
      items.length === 1 ? items[0] : { apiVersion: 'v1', items, kind: 'List', metadata: {} },
    );
    const all = subjects.map(({ located }) => located);
    return editLoop(session, {
      content,
      title: quotedTitle(all[0]!),
      header,
      ending: flags.output,
      windowsLineEndings: flags['windows-line-endings'],
      save: (edited) => save(session, { all, manager: flags['field-manager'] }, edited),
    });
  },
});

async function save(
  session: Session,
  { all, manager }: { readonly all: readonly Located[]; readonly manager: string },
  edited: string,
): Promise<readonly Refusal[]> {
  const refusals: Refusal[] = [];
  const printer = await ChangePrinter.of(session, { output: '' });
  for (const object of objectsIn(edited)) {
    const located = all.find(
      ({ type, name }) => type.kind === object.kind && name === object.metadata.name,
    );
    if (located === undefined) throw otherIdentity();
    const annotation = withLastApplied(object, { bare: true }).metadata.annotations![LAST_APPLIED];
    try {
      const after = await sendPatch(session, located, {
        body: { metadata: { annotations: { [LAST_APPLIED]: annotation } } },
        contentType: 'application/merge-patch+json',
        fieldManager: manager,
      });
      printer.print(located, 'edited', after);
    } catch (error) {
      refusals.push(refusalOf(located, error));
    }
  }
  return refusals;
}
