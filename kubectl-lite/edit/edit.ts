import { deepEqual } from '../../api/deep.ts';
import { patchBetween } from '../resource/patch.ts';
import type { KubernetesObject } from '../../api/meta.ts';
import { isStatus, StatusError } from '../../api/status.ts';
import { parseYamlDocuments } from '../../api/yaml.ts';
import { withLastApplied } from '../apply/last-applied.ts';
import { command } from '../command.ts';
import { boolean, text } from '../flags/flag.ts';
import { fieldValidation } from '../apply/flags.ts';
import { ChangePrinter, missingKeysFlag } from '../printers/change-printer.ts';
import { goJson, sortKeys } from '../../api/go-json.ts';
import { withoutManagedFields } from '../printers/managed-fields.ts';
import { noPrinter, objectPrinter } from '../printers/printer.ts';
import { locate } from '../resource/builder.ts';
import { fieldManagerFlag, filenameFlags } from '../resource/flags.ts';
import { type Located, readLive, objectPath, quotedTitle } from '../resource/located.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { editLoop, MalformedEdit, type Refusal } from './edit-loop.ts';

const editFlags = {
  ...filenameFlags,
  ...fieldManagerFlag('kubectl-edit'),
  ...missingKeysFlag,
  template: text('Accepted for compatibility: editors get YAML or JSON'),
  output: text('"yaml" or "json": what the editor gets', { shorthand: 'o', value: 'yaml' }),
  'output-patch': boolean('Print the patch that was sent'),
  'save-config': boolean('Keep the configuration in an annotation, for a later apply'),
  'show-managed-fields': boolean('Keep managedFields in what the editor gets'),
  subresource: text('Edit this subresource (status, scale)'),
  validate: text('"strict", "warn" or "ignore" what the kind has no field for', {
    value: 'strict',
    alone: 'strict',
  }),
  'windows-line-endings': boolean('Line endings of the file are those of Windows'),
} as const;

interface Editing {
  readonly session: Session;
  readonly printer: ChangePrinter;
  readonly flags: {
    readonly 'field-manager': string;
    readonly 'output-patch': boolean;
    readonly 'save-config': boolean;
    readonly subresource: string;
    readonly validate: string;
  };
  /** What the editor was given, with what it was read as. */
  readonly subjects: readonly Subject[];
}

interface Subject {
  readonly located: Located;
  before: KubernetesObject;
}

export const edit = command({
  usage: '(RESOURCE/NAME | -f FILENAME) [options]',
  flags: editFlags,
  async run(session, { words, flags, given }) {
    const { output } = flags;
    if (output !== 'yaml' && output !== 'json') {
      throw noPrinter(output, ['json', 'yaml']);
    }
    const found = await locate(session, { ...flags, words, all: true });
    if (found.failures.length > 0) throw found.failures[0];
    if (found.located.length === 0) {
      session.complain('edit cancelled, no objects found.');
      return 1;
    }
    const subjects: Subject[] = [];
    for (const located of found.located) {
      const live = await liveOf(session, located, flags.subresource);
      const before = flags['show-managed-fields'] ? live : withoutManagedFields(live);
      subjects.push({ located, before: before as KubernetesObject });
    }
    const printer = await ChangePrinter.of(session, {
      output: given.has('output') ? output : '',
    });
    const editing: Editing = { session, printer, flags, subjects };
    return editLoop(session, {
      content: await contentOf(session, subjects, output),
      title: quotedTitle(subjects[0]!.located),
      ending: output,
      windowsLineEndings: flags['windows-line-endings'],
      save: (edited) => save(editing, edited),
    });
  },
});

async function liveOf(session: Session, located: Located, sub: string): Promise<KubernetesObject> {
  if (sub === '') return readLive(session, located);
  const path = objectPath(located, sub);
  return (await session.api.send({ method: 'GET', path })) as KubernetesObject;
}

async function contentOf(
  session: Session,
  subjects: readonly Subject[],
  output: string,
): Promise<string> {
  const print = (await objectPrinter(session.files, { output, 'show-managed-fields': true }))!;
  const objects = subjects.map(({ before }) => before);
  if (objects.length === 1) return print(objects[0]);
  return print(sortKeys({ apiVersion: 'v1', items: objects, kind: 'List', metadata: {} }));
}

async function save(editing: Editing, edited: string): Promise<readonly Refusal[]> {
  const refusals: Refusal[] = [];
  for (const object of objectsIn(edited)) {
    const subject = editing.subjects.find(({ before }) => sameIdentity(before, object));
    if (subject === undefined) throw otherIdentity();
    try {
      await saveOne(editing, subject, object);
    } catch (error) {
      refusals.push(refusalOf(subject.located, error));
    }
  }
  return refusals;
}

export const otherIdentity = (): UsageError =>
  new UsageError('At least one of apiVersion, kind and name was changed');

/** What the server had against an object; throws what was none of its answers. */
export function refusalOf(located: Located, error: unknown): Refusal {
  const title = quotedTitle(located);
  if (isStatus(error, 'Invalid')) {
    const causes = error.status.details?.causes ?? [];
    const texts = causes.map(({ field, message }) => `${field}: ${message}`);
    return { why: 'invalid', title, causes: texts };
  }
  if (isStatus(error, 'NotFound')) return { why: 'gone', title };
  if (error instanceof StatusError) return { why: 'refused', title, reason: error.message };
  throw error;
}

/** The documents of the file; a `List` stands for its items. */
export function objectsIn(edited: string): readonly KubernetesObject[] {
  const objects: KubernetesObject[] = [];
  for (const document of parseYamlDocuments(edited)) {
    if ('error' in document) throw new MalformedEdit(document.error);
    const value = document.value as (KubernetesObject & { items?: KubernetesObject[] }) | null;
    if (value === null || value === undefined) continue;
    if (typeof value !== 'object' || typeof value.kind !== 'string') {
      throw new MalformedEdit("Object 'Kind' is missing");
    }
    if (value.kind === 'List' && Array.isArray(value.items)) objects.push(...value.items);
    else objects.push(value);
  }
  return objects;
}

const sameIdentity = (a: KubernetesObject, b: KubernetesObject): boolean =>
  a.apiVersion === b.apiVersion &&
  a.kind === b.kind &&
  a.metadata.name === b.metadata?.name &&
  a.metadata.namespace === b.metadata?.namespace;

async function saveOne(
  { session, printer, flags }: Editing,
  subject: Subject,
  object: KubernetesObject,
): Promise<void> {
  const { located, before } = subject;
  if (deepEqual(before, object)) {
    printer.print(located, 'skipped', before);
    return;
  }
  const after = flags['save-config'] ? withLastApplied(object) : object;
  const { body, contentType } = await patchBetween(located, before, after);
  if (flags['output-patch']) session.print(`Patch: ${goJson(body)}`);
  const saved = (await session.api.send({
    method: 'PATCH',
    path: objectPath(located, flags.subresource || undefined),
    query: {
      fieldManager: flags['field-manager'],
      fieldValidation: fieldValidation(flags.validate),
    },
    body,
    contentType,
  })) as KubernetesObject;
  // What was saved must not be sent again when another object of the file was refused.
  subject.before = object;
  printer.print(located, 'edited', saved);
}
