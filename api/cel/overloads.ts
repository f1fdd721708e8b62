/**
 * Functions as data: a signature, what it does, and what it costs. One table serves the type
 * checker, the evaluation, and the cost estimate.
 */
import {
  BOOL,
  BYTES,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  NULL,
  opaque,
  OPTIONAL,
  optionalOf,
  parameter,
  STRING,
  TIMESTAMP,
  UINT,
} from './types.ts';
import { characters } from './characters.ts';
import {
  type CelValue,
  Duration,
  isList,
  isMap,
  JsonMap,
  Opaque,
  Optional,
  Struct,
  Timestamp,
  TypeValue,
  Uint,
} from './values.ts';

export type Sizes = readonly number[];
/** Must not fall when a size grows: an estimate asks it with the smallest and the largest. */
export type CostRule = (sizes: Sizes) => number;

export interface Overload {
  readonly name: string;
  /** Called as target.name(…): the target is the first argument. */
  readonly member: boolean;
  readonly args: readonly CelType[];
  readonly result: CelType;
  readonly call: (...args: readonly never[]) => CelValue;
  /** Default: 1. */
  readonly cost?: CostRule | undefined;
  /** Of a run, where values and not their sizes tell it, or the result does. */
  readonly price?: Price | undefined;
  /** Of an estimate, where elements count too. Default: by `cost`. */
  readonly estimate?: EstimateRule | undefined;
  /** Of the result, for estimates. Default: by its type. */
  readonly size?: SizeRule | undefined;
  /** It walks through lists and maps, whatever it costs. */
  readonly walks?: boolean | undefined;
  /** After its arguments it gets what takes its work while it does it. */
  readonly carries?: boolean | undefined;
}

/** Takes work, in {@link ./weight.ts}'s units of about 25 ns; throws when it is too much. */
export type Carry = (weight: number) => void;

export type Price = (args: readonly CelValue[], result: CelValue) => number;

/** How large an argument is, and what it is a list of. */
export interface ArgumentSize {
  readonly min: number;
  readonly max: number;
  readonly element?: CelType | undefined;
}

export type EstimateRule = (args: readonly ArgumentSize[]) => number;
/** Of the result. */
export type SizeRule = (args: readonly ArgumentSize[]) => ArgumentSize;

export interface Pricing {
  readonly cost?: CostRule;
  readonly price?: Price;
  readonly estimate?: EstimateRule;
  readonly size?: SizeRule;
  readonly walks?: boolean;
  readonly carries?: boolean;
}

/** cel-go's factors. */
const TRAVERSAL = 0.1;
const REGEX = 0.25;

/** One pass over a string costs a tenth of its length. */
export const traversal = (size: number): number => Math.ceil(size * TRAVERSAL);
export const traverse: CostRule = ([size = 0]) => traversal(size);
/** One pass to read, and one to make the result. */
export const traverseTwice: CostRule = ([size = 0]) => traversal(2 * size);
export const traverseBoth: CostRule = ([a = 0, b = 0]) => traversal(a + b);
export const shorter: CostRule = ([a = 0, b = 0]) => traversal(Math.min(a, b));
/** Matching: an expression is taken to be a quarter as many states as characters. */
export const matching: CostRule = ([text = 0, pattern = 0]) =>
  Math.ceil((1 + text) * TRAVERSAL) * Math.ceil(pattern * REGEX);
export const sameSize: SizeRule = ([size]) => ({ min: size!.min, max: size!.max });
export const bothSizes: SizeRule = ([a, b]) => ({ min: a!.min + b!.min, max: a!.max + b!.max });
export const searching: CostRule = ([text = 0, part = 0]) => traversal(text) * traversal(part);

const simple: Readonly<Record<string, CelType>> = {
  bool: BOOL,
  int: INT,
  uint: UINT,
  double: DOUBLE,
  string: STRING,
  bytes: BYTES,
  null: NULL,
  dyn: DYN,
  timestamp: TIMESTAMP,
  duration: DURATION,
};

const libraryTypes: Readonly<Record<string, string>> = {
  Quantity: 'kubernetes.Quantity',
  URL: 'kubernetes.URL',
  IP: 'net.IP',
  CIDR: 'net.CIDR',
  Semver: 'kubernetes.Semver',
  Format: 'kubernetes.NamedFormat',
  Authorizer: 'kubernetes.authorization.Authorizer',
  PathCheck: 'kubernetes.authorization.PathCheck',
  GroupCheck: 'kubernetes.authorization.GroupCheck',
  ResourceCheck: 'kubernetes.authorization.ResourceCheck',
  Decision: 'kubernetes.authorization.Decision',
};

/** Splits at commas that are not within parentheses. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let last = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')') depth--;
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(last, i));
      last = i + 1;
    }
  }
  parts.push(text.slice(last));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/** "list(T)", "map(K, V)", "optional(T)", "Quantity", "T". */
function typeOf(text: string): CelType {
  const known = simple[text];
  if (known !== undefined) return known;
  const library = libraryTypes[text];
  if (library !== undefined) return opaque(library);
  const generic = /^(\w+)\((.*)\)$/.exec(text);
  if (generic !== null) {
    const [first, second] = partsOf(generic[2]!).map(typeOf);
    switch (generic[1]) {
      case 'list':
        return listOf(first!);
      case 'map':
        return mapOf(first!, second!);
      case 'optional':
        return optionalOf(first!);
      default:
        return { kind: 'type', of: first! };
    }
  }
  return parameter(text);
}

/** "optional.of(T): optional(T)": a function whose name has a dot. */
export function namespaced<A extends readonly (CelValue | undefined)[]>(
  namespace: string,
  signature: string,
  call: (...args: A) => CelValue,
): Overload {
  const plain = overload(signature, call);
  return { ...plain, name: `${namespace}.${plain.name}` };
}

/**
 * An overload by its signature: "size(string): int", "string.contains(string): bool",
 * "list(T).sum(): T". Operators are named as in {@link ./syntax.ts}.
 */
export function overload<A extends readonly (CelValue | Carry | undefined)[]>(
  signature: string,
  call: (...args: A) => CelValue,
  pricing: Pricing = {},
): Overload {
  const found = /^(?:(.+)\.)?([\w+\-*/%!<>=&|?:@[\]]+?)\((.*)\): (.+)$/.exec(signature);
  if (found === null) throw new Error(`not a signature: ${signature}`);
  const [, target, name = '', args = '', result = ''] = found;
  return {
    name,
    member: target !== undefined,
    args: [...(target === undefined ? [] : [target]), ...partsOf(args)].map(typeOf),
    result: typeOf(result),
    call: call as unknown as Overload['call'],
    ...pricing,
  };
}

/** What kind of value it is, for calls whose types are known at run time only. */
export function conforms(value: CelValue, type: CelType): boolean {
  switch (type.kind) {
    case 'dyn':
    case 'parameter':
      return true;
    case 'null':
      return value === null;
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
      return typeof value === 'bigint';
    case 'uint':
      return value instanceof Uint;
    case 'double':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'bytes':
      return value instanceof Uint8Array;
    case 'timestamp':
      return value instanceof Timestamp;
    case 'duration':
      return value instanceof Duration;
    case 'list':
      return isList(value);
    case 'map':
      return isMap(value);
    case 'object':
      return value instanceof JsonMap || value instanceof Struct;
    case 'type':
      return value instanceof TypeValue;
    case 'opaque':
      if (type.name === OPTIONAL) return value instanceof Optional;
      return value instanceof Opaque && value.typeName === type.name;
  }
}

/** The size by which calls are charged. */
export function sizeOf(value: CelValue): number {
  if (typeof value === 'string') return characters(value);
  if (value instanceof Uint8Array) return value.length;
  if (isList(value) || isMap(value)) return value.size;
  return 1;
}
