import type { FieldError } from '../../api/field-errors.ts';
import { isObject } from '../../api/deep.ts';
import { parseYaml } from '../../api/yaml.ts';

/** A configuration file that cannot be used. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

export type Fields = Readonly<Record<string, unknown>>;

/** A file of the server's own configuration, of the kind and one of the versions of its group. */
export function configDocument(text: string, kind: string, versions: readonly string[]): Fields {
  if (text === '') throw new ConfigurationError('empty config data');
  const document = parseYaml(text);
  for (const name of ['kind', 'apiVersion'])
    if (isObject(document) && !document[name]) {
      const what = name === 'kind' ? 'Kind' : name;
      throw new ConfigurationError(`Object '${what}' is missing in '${text}'`);
    }
  return configFields(document, kind, versions);
}

/** The same of what stands within another document. */
export function configFields(document: unknown, kind: string, versions: readonly string[]): Fields {
  if (typeof document !== 'object' || document === null)
    throw new ConfigurationError('the file holds no object');
  const fields = document as Fields;
  if (fields['kind'] !== kind || !versions.includes(String(fields['apiVersion'])))
    throw new ConfigurationError(
      `no kind "${String(fields['kind'])}" is registered for version "${String(fields['apiVersion'])}"`,
    );
  return fields;
}

export function refuseErrors(errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  const texts = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))];
  throw new ConfigurationError(texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`);
}

/** Names that a configuration does not have: a mistyped one must not go unnoticed. */
export function unknownFields(value: unknown, known: readonly string[], field: string): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ConfigurationError(`${field}: an object is needed`);
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new ConfigurationError(`strict decoding error: unknown field "${field}.${unknown}"`);
}
