/** The functions of text/template, and kubectl's own: exists, base64decode. */
import { UsageError } from '../usage-error.ts';
import { goText, goTypeName } from './go-text.ts';

type TemplateFunction = (...args: unknown[]) => unknown;

const truth = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.length > 0
    : typeof value === 'object' && value !== null
      ? Object.keys(value).length > 0
      : Boolean(value);

/** Go compares only what is of one kind; structures not at all. */
function equal(a: unknown, b: unknown): boolean {
  const [x, y] = [a ?? undefined, b ?? undefined];
  if (x === undefined || y === undefined) return x === y;
  if (typeof x === 'object' || typeof y === 'object') {
    throw new UsageError('error calling eq: non-comparable type');
  }
  if (typeof x !== typeof y) {
    throw new UsageError('error calling eq: incompatible types for comparison');
  }
  return x === y;
}

/** Below 0, 0 or above as the first comes before the second. `name`: of the function. */
function compared(name: string, a: unknown, b: unknown): number {
  const comparable = typeof a === typeof b && (typeof a === 'number' || typeof a === 'string');
  if (!comparable) {
    throw new UsageError(`error calling ${name}: incompatible types for comparison`);
  }
  return a === b ? 0 : (a as number) < (b as number) ? -1 : 1;
}

export const templateFunctions: Readonly<Record<string, TemplateFunction>> = {
  not: (value) => !truth(value),
  eq: (first, ...others) => others.some((other) => equal(first, other)),
  ne: (a, b) => !equal(a, b),
  lt: (a, b) => compared('lt', a, b) < 0,
  le: (a, b) => compared('le', a, b) <= 0,
  gt: (a, b) => compared('gt', a, b) > 0,
  ge: (a, b) => compared('ge', a, b) >= 0,
  len: lengthOf,
  index: (value, ...keys) => keys.reduce(elementOf, value),
  slice: (value, from, to) =>
    (value as string | unknown[]).slice(from as number | undefined, to as number | undefined),
  print: (...args) => joined(args),
  println: (...args) => `${args.map(goText).join(' ')}\n`,
  printf: (format, ...args) => formatted(String(format), args),
  html: (...args) =>
    joined(args).replaceAll(/[&<>"']/g, (c) => `&${htmlNames[c] ?? `#${c.charCodeAt(0)}`};`),
  js: (...args) => joined(args).replaceAll(/[\\'"<>&=\p{Cc}]/gu, escapedForScript),
  urlquery: (...args) => encodeURIComponent(joined(args)).replaceAll('%20', '+'),
  base64decode: (text) => decoded(String(text)),
  exists: (value, ...keys) => doesExist(value, keys),
};

/** False where something is not there, or is not of a type that has such a key. */
function doesExist(value: unknown, keys: readonly unknown[]): boolean {
  try {
    return (keys.reduce(indexOf, value) ?? undefined) !== undefined;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

const htmlNames: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt' };

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length;
  throw new UsageError(`error calling len: len of type ${goTypeName(value)}`);
}

/** Throws UsageError at the first byte that base64 does not allow where it is. */
function decoded(text: string): string {
  const [whole = ''] = /^(?:[A-Za-z0-9+/\r\n]{4})*/.exec(text) ?? [];
  const padded = /^(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\s*$/.test(text.slice(whole.length));
  if (padded) return Buffer.from(text, 'base64').toString();
  const wrong = /[^A-Za-z0-9+/=\r\n]/.exec(text)?.index ?? whole.length;
  const why = `base64 decode failed: illegal base64 data at input byte ${wrong}`;
  throw new UsageError(`error calling base64decode: ${why}`);
}

const scriptNames: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '"': '\\"' };

const escapedForScript = (c: string): string =>
  scriptNames[c] ?? `\\u${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;

/** As {@link indexOf}, of what is there. */
function elementOf(value: unknown, key: unknown): unknown {
  if (value !== undefined && value !== null) return indexOf(value, key);
  throw new UsageError('error calling index: index of untyped nil');
}

function indexOf(value: unknown, key: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) {
    if (typeof key !== 'number') {
      const type = goTypeName(key);
      throw new UsageError(`error calling index: cannot index slice/array with type ${type}`);
    }
    const at = key;
    if (at >= 0 && at < value.length) return value[at];
    throw new UsageError(`error calling index: index out of range: ${goText(key)}`);
  }
  if (typeof value === 'object') {
    if (typeof key === 'string') return (value as Record<string, unknown>)[key];
    throw new UsageError(
      `error calling index: value has type ${goTypeName(key)}; should be string`,
    );
  }
  throw new UsageError(`error calling index: can't index item of type ${goTypeName(value)}`);
}

/** fmt.Sprint: a blank only between operands of which neither is a text. */
function joined(args: readonly unknown[]): string {
  return args
    .map((arg, i) => {
      const blank = i > 0 && typeof arg !== 'string' && typeof args[i - 1] !== 'string';
      return (blank ? ' ' : '') + goText(arg);
    })
    .join('');
}

/** The verbs that make sense for JSON values: v s d q t x f %, with width, `-`, `0`, precision. */
function formatted(format: string, args: readonly unknown[]): string {
  let next = 0;
  const verb = /%([-+0 #]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g;
  const text = format.replaceAll(verb, (...groups: (string | undefined)[]) => {
    const [, flags = '', width = '0', precision, letter = ''] = groups;
    if (letter === '%') return '%';
    if (next >= args.length) return `%!${letter}(MISSING)`;
    const value = args[next++];
    const shown = shownAs(letter, value, precision);
    const size = Number(width);
    if (flags.includes('-')) return shown.padEnd(size);
    return shown.padStart(size, flags.includes('0') && typeof value === 'number' ? '0' : ' ');
  });
  if (next >= args.length) return text;
  const extra = args.slice(next).map((arg) => `${typeof arg}=${goText(arg)}`);
  return `${text}%!(EXTRA ${extra.join(', ')})`;
}

function shownAs(letter: string, value: unknown, precision: string | undefined): string {
  switch (letter) {
    case 'T':
      return goTypeName(value);
    case 'q':
      return JSON.stringify(goText(value));
    case 'f':
      return Number(value).toFixed(precision === undefined ? 6 : Number(precision));
    case 'x':
      return typeof value === 'number'
        ? value.toString(16)
        : Buffer.from(goText(value)).toString('hex');
    case 's':
      return precision === undefined ? goText(value) : goText(value).slice(0, Number(precision));
    default:
      return goText(value);
  }
}
