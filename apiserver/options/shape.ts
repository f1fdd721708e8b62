/** The form of a configuration file: what it may say, and of which type. */
import { ConfigurationError, type Fields } from './config-document.ts';

export type Shape = 'string' | 'boolean' | readonly [Shape] | { readonly [name: string]: Shape };

/**
 * The document without what is null. Throws {@link ConfigurationError} for other types, and for
 * names that there are not: a mistyped one must not go unnoticed.
 */
export function shaped(document: Fields, shape: Shape): Fields {
  const unknown: string[] = [];
  const value = shapedValue(document, shape, { at: '', unknown }) as Fields;
  if (unknown.length > 0) {
    const names = unknown.map((name) => `unknown field ${JSON.stringify(name)}`);
    throw new ConfigurationError(`strict decoding error: ${names.join(', ')}`);
  }
  return value;
}

interface Reading {
  /** "jwt[0].issuer". */
  readonly at: string;
  readonly unknown: string[];
}

function shapedValue(value: unknown, shape: Shape, { at, unknown }: Reading): unknown {
  if (typeof shape === 'string') {
    if (typeof value === shape) return value;
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

const empty = (shape: Shape): unknown =>
  shape === 'string' ? '' : shape === 'boolean' ? false : {};

function mistyped(value: unknown, at: string, wanted: string): ConfigurationError {
  const given = Array.isArray(value) ? 'list' : typeof value === 'object' ? 'map' : typeof value;
  return new ConfigurationError(
    `json: cannot unmarshal ${given} into field ${at} of type ${wanted}`,
  );
}
