import type { FieldError } from '../../api/field-errors.ts';
import { isObject } from '../../api/deep.ts';
import { parseYaml } from '../../api/yaml.ts';

/** A configuration file that cannot be used. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

export type Fields = Readonly<Record<string, unknown>>;

/** The kind of a configuration, by each apiVersion in which it may be said. */
export type Forms = Readonly<Record<string, string>>;

export const formsOf = (kind: string, versions: readonly string[]): Forms =>
  Object.fromEntries(versions.map((version) => [version, kind]));

/** A configuration of one of the forms. Throws {@link ConfigurationError}. */
export function configDocument(text: string, forms: Forms): Fields {
  const document = parseYaml(text) ?? {};
  if (!isObject(document)) throw new ConfigurationError('the text holds no object');
  const { kind, apiVersion } = document as Fields;
  for (const [what, value] of Object.entries({ Kind: kind, apiVersion }))
    if (!value) throw new ConfigurationError(`Object '${what}' is missing in '${text}'`);
  const version = String(apiVersion);
  if (version.split('/').length > 2)
    throw new ConfigurationError(`unexpected GroupVersion string: ${version}`);
  if (!Object.hasOwn(forms, version) || forms[version] !== kind)
    throw new ConfigurationError(
      `no kind "${String(kind)}" is registered for version "${version}"`,
    );
  return document;
}

export function refuseErrors(errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  throw new ConfigurationError(errorsText(errors.map((each) => `${each.field}: ${each.message}`)));
}

/** Several in brackets, each once. */
export function errorsText(all: readonly string[]): string {
  const texts = [...new Set(all)];
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
}

/** What a configuration may say, and of which type. */
export type Shape = Plain | readonly [Shape] | { readonly [name: string]: Shape };
/** `any` is not looked at. */
type Plain = 'string' | 'boolean' | 'integer' | 'any';

/**
 * The document without what is null. Throws {@link ConfigurationError} for other types, and for
 * names that there are not: a mistyped one must not go unnoticed.
 */
export function shaped(document: Fields, shape: Shape): Fields {
  const { value, unknown } = shapedLoosely(document, shape);
  if (unknown !== undefined) throw new ConfigurationError(unknown);
  return value;
}

/** The same of documents in which Kubernetes passes over names that there are not. */
export function shapedLoosely(
  document: Fields,
  shape: Shape,
): { readonly value: Fields; readonly unknown: string | undefined } {
  const unknown: string[] = [];
  const value = shapedValue(document, shape, { at: '', unknown }) as Fields;
  const names = unknown.map((name) => `unknown field ${JSON.stringify(name)}`).join(', ');
  return { value, unknown: names === '' ? undefined : `strict decoding error: ${names}` };
}

interface Reading {
  /** "jwt[0].issuer". */
  readonly at: string;
  readonly unknown: string[];
}

function shapedValue(value: unknown, shape: Shape, { at, unknown }: Reading): unknown {
  if (typeof shape === 'string') {
    const fits = shape === 'integer' ? Number.isInteger(value) : typeof value === shape;
    if (fits || shape === 'any') return value;
    throw mistyped(value, at, shape);
  }
  if (isList(shape)) {
    if (!Array.isArray(value)) throw mistyped(value, at, 'list');
    return value.map((item, i) =>
      // An empty item of a list is the empty value of its type.
      item === null ? empty(shape[0]) : shapedValue(item, shape[0], { at: `${at}[${i}]`, unknown }),
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw mistyped(value, at, 'map');
  const fields = Object.entries(value).flatMap(([name, each]) => {
    const path = at === '' ? name : `${at}.${name}`;
    if (!Object.hasOwn(shape, name)) unknown.push(path);
    else if (each !== null) return [[name, shapedValue(each, shape[name]!, { at: path, unknown })]];
    return [];
  });
  return Object.fromEntries(fields) as Fields;
}

/** Array.isArray does not tell readonly lists from maps. */
const isList = (shape: Shape): shape is readonly [Shape] => Array.isArray(shape);

function empty(shape: Shape): unknown {
  const plain = { string: '', boolean: false, integer: 0, any: undefined };
  return typeof shape === 'string' ? plain[shape] : {};
}

function mistyped(value: unknown, at: string, wanted: string): ConfigurationError {
  const given = Array.isArray(value) ? 'list' : typeof value === 'object' ? 'map' : typeof value;
  return new ConfigurationError(
    `json: cannot unmarshal ${given} into field ${at} of type ${wanted}`,
  );
}
