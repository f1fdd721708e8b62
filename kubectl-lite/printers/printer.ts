/**
 * The output formats that print whole objects, chosen by `-o` as everywhere in kubectl. Tables
 * are laid out by the commands that have them.
 */
import { fileTrouble } from '../manifest/file-trouble.ts';
import type { Files } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { goJson, sortKeys } from '../../api/go-json.ts';
import { withoutManagedFields } from './managed-fields.ts';

/** Text for a value, newline included where the format has one. Several values: several calls. */
export type ObjectPrinter = (value: unknown) => string;

export const objectFormats = [
  'go-template',
  'go-template-file',
  'json',
  'jsonpath',
  'jsonpath-as-json',
  'jsonpath-file',
  'name',
  'template',
  'templatefile',
  'yaml',
];

/** "jsonpath={.a}" is "jsonpath" and "{.a}". */
export function splitFormat(output: string): { format: string; argument: string | undefined } {
  const equals = output.indexOf('=');
  if (equals < 0) return { format: output, argument: undefined };
  return { format: output.slice(0, equals), argument: output.slice(equals + 1) };
}

export function noPrinter(output: string, allowed: readonly string[]): UsageError {
  return new UsageError(
    `unable to match a printer suitable for the output format ${JSON.stringify(output)}, ` +
      `allowed formats are: ${[...allowed].sort().join(',')}`,
  );
}

/** How -o and its companions choose a printer. */
export interface FormatFlags {
  readonly output: string;
  readonly template?: string;
  /** False: a template that names what is not there fails. */
  readonly 'allow-missing-template-keys'?: boolean;
  /** JSON and YAML leave managedFields out otherwise; templates see them always. */
  readonly 'show-managed-fields'?: boolean;
}

/** A printer for every format but name and tables; undefined if the format is another. */
export async function objectPrinter(
  files: Files,
  flags: FormatFlags,
): Promise<ObjectPrinter | undefined> {
  const { output, template = '' } = flags;
  const { format, argument = template } =
    output === '' && template !== '' ? { format: 'go-template' } : splitFormat(output);
  const strict = flags['allow-missing-template-keys'] === false;
  const shown = flags['show-managed-fields'] ? (value: unknown) => value : withoutManagedFields;
  if (format === 'json') return (value) => `${goJson(shown(value), '    ')}\n`;
  if (format === 'yaml') return yamlPrinter(shown);
  const source = await templateOf(files, format, argument);
  if (source === undefined) return undefined;
  if (source === '') throw new UsageError(`template format specified but no template given`);
  if (format.startsWith('jsonpath')) {
    const { JsonPath } = await import('./jsonpath.ts');
    const path = new JsonPath(source, strict);
    if (format === 'jsonpath-as-json')
      return (value) =>
        path
          .find(value)
          .map((found) => `${goJson(found, '    ')}\n`)
          .join('');
    return (value) => path.print(value);
  }
  const { GoTemplate } = await import('./go-template.ts');
  const parsed = new GoTemplate(source, strict);
  return (value) => parsed.print(value);
}

async function templateOf(
  files: Files,
  format: string,
  argument: string,
): Promise<string | undefined> {
  switch (format) {
    case 'jsonpath':
    case 'jsonpath-as-json':
    case 'go-template':
    case 'template':
      return argument;
    case 'jsonpath-file':
    case 'go-template-file':
    case 'templatefile':
      return templateIn(files, argument, '--template ');
    default:
      return undefined;
  }
}

/** The text of a template's file, read when the command begins. */
export async function templateIn(files: Files, path: string, flag: string): Promise<string> {
  if (path === '') return '';
  try {
    return await files.read(path);
  } catch (error) {
    throw new UsageError(`error reading ${flag}${path}, open ${path}: ${fileTrouble(error)}`);
  }
}

/** Documents after the first are set apart by "---". */
async function yamlPrinter(shown: (value: unknown) => unknown): Promise<ObjectPrinter> {
  const { stringifyYaml } = await import('../../api/yaml-text.ts');
  let first = true;
  return (value) => {
    const separator = first ? '' : '---\n';
    first = false;
    return separator + stringifyYaml(sortKeys(shown(value)));
  };
}
