import { deepEqual } from '../../api/deep.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { MalformedYaml, parseYaml } from '../../api/yaml.ts';
import { command } from '../command.ts';
import { boolean, text } from '../flags/flag.ts';
import { ChangePrinter, dryRunOf, outputFlags } from '../printers/change-printer.ts';
import { locate, visit } from '../resource/builder.ts';
import { dryRunFlag, fieldManagerFlag, filenameFlags } from '../resource/flags.ts';
import { type Located, objectPath } from '../resource/located.ts';
import { patchedLocally } from '../resource/local-patch.ts';
import { type PatchContent, sendPatch } from '../resource/patch.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

const types: Readonly<Record<string, PatchContent>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

export const patch = command({
  usage: '(-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE] [options]',
  flags: {
    ...filenameFlags,
    ...dryRunFlag,
    ...outputFlags,
    ...fieldManagerFlag('kubectl-patch'),
    local: boolean('Patch the manifest given by -f, and ask no server'),
    patch: text('The patch, as JSON or YAML', { shorthand: 'p' }),
    'patch-file': text('A file with the patch'),
    subresource: text('Patch this subresource (status, scale)'),
    type: text('"json", "merge" or "strategic"', { value: 'strategic' }),
  },
  async run(session, { words, flags }) {
    const contentType = types[flags.type.toLowerCase()];
    if (contentType === undefined) {
      throw new UsageError(
        `--type must be one of [json merge strategic], not ${JSON.stringify(flags.type)}`,
      );
    }
    const body = await bodyOf(session, flags);
    const dryRun = dryRunOf(flags);
    // kubectl does not say here that it was only tried.
    const printer = await ChangePrinter.of(session, flags);
    const found = await locate(session, { ...flags, words });
    return visit(session, found, async (located) => {
      if (flags.local) {
        const after = await patchedLocally(located.object!, body, contentType);
        return printPatched(printer, located, [located.object!, after]);
      }
      const path = objectPath(located, flags.subresource || undefined);
      const live = (await session.api.send({ method: 'GET', path })) as KubernetesObject;
      if (dryRun === 'client') {
        const after = await patchedLocally(live, body, contentType);
        return printPatched(printer, located, [live, after]);
      }
      const after = await sendPatch(session, located, {
        body,
        contentType,
        dryRun,
        fieldManager: flags['field-manager'],
        subresource: flags.subresource,
      });
      printPatched(printer, asKind(located, after), [live, after]);
    });
  },
});

function printPatched(
  printer: ChangePrinter,
  located: Located,
  [before, after]: readonly [KubernetesObject, KubernetesObject],
): void {
  const same = deepEqual(before, after);
  printer.print(located, same ? 'patched (no change)' : 'patched', after);
}

/** A subresource may be of a kind of its own: scale.autoscaling. */
function asKind(located: Located, { apiVersion, kind }: KubernetesObject): Located {
  const { type } = located;
  if (kind === type.kind) return located;
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0]! : '';
  return { ...located, type: { ...type, group, kind, singular: kind.toLowerCase() } };
}

async function bodyOf(
  session: Session,
  flags: { readonly patch: string; readonly 'patch-file': string },
): Promise<unknown> {
  const given = [flags.patch, flags['patch-file']].filter((value) => value !== '').length;
  if (given === 0) {
    throw new UsageError(
      'must specify --patch or --patch-file containing the contents of the patch',
    );
  }
  if (given === 2) throw new UsageError('cannot specify --patch and --patch-file together');
  const source = flags.patch === '' ? await session.files.read(flags['patch-file']) : flags.patch;
  try {
    return parseYaml(source);
  } catch (error) {
    if (!(error instanceof MalformedYaml)) throw error;
    throw new UsageError(`unable to parse ${JSON.stringify(source)}: ${error.message}`);
  }
}
