import { withLastApplied } from '../apply/last-applied.ts';
import { fieldValidation } from '../apply/flags.ts';
import { command } from '../command.ts';
import { type SourcedFailure, sourcedFailuresText } from '../failure.ts';
import { boolean, duration, integer, text } from '../flags/flag.ts';
import { ChangePrinter, dryRunOf, dryRunQuery, outputFlags } from '../printers/change-printer.ts';
import { deleteObject } from '../resource/delete-object.ts';
import { locate } from '../resource/builder.ts';
import { dryRunFlag, fieldManagerFlag, filenameFlags } from '../resource/flags.ts';
import { type Located, objectPath, titleOf } from '../resource/located.ts';
import { displayKind, pathOf } from '../resource/resources.ts';
import { unversioned } from '../resource/unversioned.ts';
import { propagationOf } from '../resource/propagation.ts';
import { timeoutError } from './delete.ts';
import { limited, states } from '../resource/watch-one.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';

export const replace = command({
  usage: '-f FILENAME [options]',
  flags: {
    ...filenameFlags,
    ...dryRunFlag,
    ...outputFlags,
    ...fieldManagerFlag('kubectl-replace'),
    cascade: text('With --force: what becomes of the dependents', {
      value: 'background',
      alone: 'background',
    }),
    raw: text('A path to send the file to, as it is'),
    force: boolean('Delete the object and create it anew'),
    'grace-period': integer('With --force: seconds for the object to end', { value: -1 }),
    'save-config': boolean('Keep the configuration in an annotation, for a later apply'),
    subresource: text('Replace this subresource (status, scale)'),
    timeout: duration('With --force: how long to wait for the old object to go; 0: for ever'),
    wait: boolean('With --force: wait until the old object is gone'),
    validate: text('"strict", "warn" or "ignore" what the kind has no field for', {
      value: 'strict',
      alone: 'strict',
    }),
  },
  async run(session, { words, flags }) {
    if (flags.filename.length === 0 && flags.kustomize === '') {
      throw new UsageError('must specify one of -f and -k');
    }
    if (flags.raw !== '') {
      const { sendRaw } = await import('../resource/raw.ts');
      return sendRaw(session, { method: 'PUT', ...flags });
    }
    checkFlags(flags);
    const dryRun = dryRunOf(flags);
    const printer = await ChangePrinter.of(session, flags, dryRun);
    const found = await locate(session, { ...flags, words });
    const failures: SourcedFailure[] = found.failures.map((error) => ({ error }));
    const query = {
      fieldManager: flags['field-manager'],
      fieldValidation: fieldValidation(flags.validate),
      ...dryRunQuery(dryRun),
    };
    if (flags.force) for (const one of found.located) await removed(session, one, flags);
    for (const located of found.located) {
      const body = flags['save-config'] ? withLastApplied(located.object!) : located.object!;
      try {
        const subresource = flags.subresource === '' ? undefined : flags.subresource;
        const replaced =
          dryRun === 'client'
            ? body
            : flags.force
              ? await session.api.send({
                  method: 'POST',
                  path: pathOf(located.type, located.namespace),
                  query,
                  body: unversioned(body),
                })
              : await session.api.send({
                  method: 'PUT',
                  path: objectPath(located, subresource),
                  query,
                  body,
                });
        printer.print(located, 'replaced', replaced);
      } catch (error) {
        failures.push({ error, about: `error when replacing ${located.place}` });
      }
    }
    if (failures.length === 0) return 0;
    session.complain(sourcedFailuresText(failures));
    return 1;
  },
});

interface ForceFlags {
  readonly cascade: string;
  readonly force: boolean;
  readonly 'grace-period': number;
  readonly output: string;
  readonly timeout: number;
}

function checkFlags(flags: ForceFlags & { readonly 'dry-run': string; validate: string }): void {
  fieldValidation(flags.validate);
  propagationOf(flags.cascade);
  if (flags['grace-period'] >= 0 && !flags.force) {
    throw new UsageError('--grace-period must have --force specified');
  }
  if (flags.timeout !== 0 && !flags.force) {
    throw new UsageError('--timeout must have --force specified');
  }
  if (flags.force && dryRunOf(flags) !== 'none') {
    throw new UsageError('--dry-run can not be used when --force is set');
  }
}

async function removed(session: Session, located: Located, flags: ForceFlags): Promise<void> {
  const { cascade, 'grace-period': graceSeconds } = flags;
  if (!(await deleteObject(session, located, { cascade, graceSeconds }))) return;
  const { type, name } = located;
  if (flags.output === 'name') session.print(titleOf(located));
  else session.print(`${displayKind(type)} ${JSON.stringify(name)} deleted`);
  const limit = limited(session.clock, session.signal, flags.timeout);
  try {
    for await (const state of states(session, located, limit.signal)) if (!state) return;
  } finally {
    limit.done();
  }
  if (limit.timedOut()) throw timeoutError(located);
}
