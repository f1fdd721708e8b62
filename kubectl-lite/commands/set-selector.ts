import type { KubernetesObject } from '../../api/meta.ts';
import { command } from '../command.ts';
import { text } from '../flags/flag.ts';
import { parsePairs } from '../generate/pairs.ts';
import { ChangePrinter, dryRunOf } from '../printers/change-printer.ts';
import { locate, visit, visitLive } from '../resource/builder.ts';
import { deepFilenameFlags } from '../resource/flags.ts';
import type { Located } from '../resource/located.ts';
import { sendPatch } from '../resource/patch.ts';
import { UsageError } from '../usage-error.ts';
import { setFlags } from './set-change.ts';

export const setSelector = command({
  usage: '(-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]',
  flags: {
    ...setFlags,
    ...deepFilenameFlags,
    'resource-version': text('Refuse unless this is the present version'),
  },
  async run(session, { words, flags }) {
    const expression = words.at(-1);
    if (expression === undefined || !expression.includes('=')) {
      throw new UsageError('setting a selector requires a selector expression: key=value');
    }
    const selector = parsePairs(expression, 'selector');
    const dryRun = dryRunOf(flags);
    const printer = await ChangePrinter.of(session, flags, flags.local ? 'none' : dryRun);
    const found = await locate(session, { ...flags, words: words.slice(0, -1) });
    const each = async (located: Located, live: KubernetesObject): Promise<void> => {
      if (located.type.kind !== 'Service') {
        throw new UsageError('setting a selector is only supported for Services');
      }
      const { spec } = live as unknown as { spec: object };
      const version = flags['resource-version'];
      const after =
        dryRun === 'client' || flags.local
          ? { ...live, spec: { ...spec, selector } }
          : await sendPatch(session, located, {
              // A map is merged: only "replace" takes the old keys away.
              body: [
                ...(version === ''
                  ? []
                  : [{ op: 'replace', path: '/metadata/resourceVersion', value: version }]),
                { op: 'add', path: '/spec/selector', value: selector },
              ],
              contentType: 'application/json-patch+json',
              dryRun,
              fieldManager: flags['field-manager'],
            });
      printer.print(located, 'selector updated', after);
    };
    if (flags.local) return visit(session, found, (located) => each(located, located.object!));
    return visitLive(session, found, each);
  },
});
