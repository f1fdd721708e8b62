/**
 * Values at run time. JSON is not converted: lists and maps of an object are wrapped where they
 * are met, with the type that the schema gives them, and hand out their parts on demand.
 *
 *     null, boolean, string     themselves
 *     int                       bigint
 *     double                    number
 *     bytes                     Uint8Array
 *     everything else           a class of this file, or an {@link Opaque}
 */
import type { CelType } from './types.ts';

export const MAX_INT = 2n ** 63n - 1n;
export const MIN_INT = -(2n ** 63n);
export const MAX_UINT = 2n ** 64n - 1n;

export class Uint {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/** Nanoseconds since the epoch. */
export class Timestamp {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export class Duration {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

export interface List {
  readonly size: number;
  at(index: number): CelValue;
  [Symbol.iterator](): Iterator<CelValue>;
}

export class ArrayList implements List {
  readonly #items: readonly CelValue[];

  constructor(items: readonly CelValue[]) {
    this.#items = items;
  }

  get size(): number {
    return this.#items.length;
  }

  at(index: number): CelValue {
    return this.#items[index]!;
  }

  [Symbol.iterator](): Iterator<CelValue> {
    return this.#items[Symbol.iterator]();
  }
}

/** A + B without a copy, so that it costs what Kubernetes says it costs: nothing. */
export class ConcatList implements List {
  readonly #left: List;
  readonly #right: List;
  readonly size: number;
  readonly depth: number;

  constructor(left: List, right: List) {
    this.#left = left;
    this.#right = right;
    this.size = left.size + right.size;
    this.depth = 1 + Math.max(depthOf(left), depthOf(right));
  }

  at(index: number): CelValue {
    const { size } = this.#left;
    return index < size ? this.#left.at(index) : this.#right.at(index - size);
  }

  *[Symbol.iterator](): Iterator<CelValue> {
    yield* this.#left;
    yield* this.#right;
  }
}

const depthOf = (list: List): number => (list instanceof ConcatList ? list.depth : 0);

export type ListType = CelType & { readonly kind: 'list' };

/** An array of JSON. */
export class JsonList implements List {
  readonly raw: readonly unknown[];
  readonly type: ListType;
  readonly #adapt: Adapt;

  constructor(raw: readonly unknown[], type: ListType, adapt: Adapt) {
    this.raw = raw;
    this.type = type;
    this.#adapt = adapt;
  }

  /** The same kind of list with other items. */
  with(raw: readonly unknown[]): JsonList {
    return new JsonList(raw, this.type, this.#adapt);
  }

  get size(): number {
    return this.raw.length;
  }

  at(index: number): CelValue {
    return this.#adapt(this.raw[index], this.type.element);
  }

  *[Symbol.iterator](): Iterator<CelValue> {
    for (const item of this.raw) yield this.#adapt(item, this.type.element);
  }
}

/** Lists of the kinds that tests ask for by class. */
export function isList(value: unknown): value is List {
  return value instanceof ArrayList || value instanceof JsonList || value instanceof ConcatList;
}

export interface CelMap {
  readonly size: number;
  /** Undefined if there is no such key. */
  get(key: CelValue): CelValue | undefined;
  /** Where `get` answers for keys too that are not there. */
  has?(key: CelValue): boolean;
  keys(): Iterable<CelValue>;
}

/** Made by a literal or a comprehension. */
export class BuiltMap implements CelMap {
  readonly #entries = new Map<unknown, { readonly key: CelValue; readonly value: CelValue }>();

  get size(): number {
    return this.#entries.size;
  }

  get(key: CelValue): CelValue | undefined {
    return this.#entries.get(normalKey(key))?.value;
  }

  has(key: CelValue): boolean {
    return this.#entries.has(normalKey(key));
  }

  set(key: CelValue, value: CelValue): void {
    this.#entries.set(normalKey(key), { key, value });
  }

  *keys(): Iterable<CelValue> {
    for (const { key } of this.#entries.values()) yield key;
  }
}

/** Numbers that are equal are one key. */
function normalKey(key: CelValue): unknown {
  if (key instanceof Uint) return key.value;
  if (typeof key === 'number' && Number.isInteger(key)) return BigInt(key);
  return key;
}

/** An object of JSON: a map, or an object whose fields have types of their own. */
export class JsonMap implements CelMap {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly type: CelType;
  readonly #adapt: Adapt;

  constructor(raw: Readonly<Record<string, unknown>>, type: CelType, adapt: Adapt) {
    this.raw = raw;
    this.type = type;
    this.#adapt = adapt;
  }

  get size(): number {
    return Object.keys(this.raw).length;
  }

  get(key: CelValue): CelValue | undefined {
    if (typeof key !== 'string') return undefined;
    return this.#adaptField(key);
  }

  *keys(): Iterable<CelValue> {
    yield* Object.keys(this.raw);
  }

  #adaptField(name: string): CelValue | undefined {
    const { type } = this;
    if (type.kind === 'object') {
      const field = type.fields().get(name);
      if (field === undefined || !Object.hasOwn(this.raw, field.property)) return undefined;
      return this.#adapt(this.raw[field.property], field.type);
    }
    if (!Object.hasOwn(this.raw, name)) return undefined;
    return this.#adapt(this.raw[name], type.kind === 'map' ? type.value : DYN);
  }
}

const DYN: CelType = { kind: 'dyn' };

/** An object literal: Object.spec{replicas: 3}. */
export class Struct {
  readonly typeName: string;
  readonly fields: ReadonlyMap<string, CelValue>;

  constructor(typeName: string, fields: ReadonlyMap<string, CelValue>) {
    this.typeName = typeName;
    this.fields = fields;
  }
}

export function isMap(value: unknown): value is CelMap {
  return value instanceof JsonMap || value instanceof BuiltMap;
}

export class Optional {
  static readonly none = new Optional(undefined);
  readonly value: CelValue | undefined;

  private constructor(value: CelValue | undefined) {
    this.value = value;
  }

  static of(value: CelValue): Optional {
    return new Optional(value);
  }
}

/** A value of one of Kubernetes' libraries: a quantity, a URL, an authorizer. */
export abstract class Opaque {
  abstract readonly typeName: string;

  abstract equals(other: CelValue): boolean;
}

/** What type(x) answers. */
export class TypeValue {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

export type CelValue =
  | null
  | boolean
  | string
  | bigint
  | number
  | Uint8Array
  | Uint
  | Timestamp
  | Duration
  | List
  | CelMap
  | Struct
  | Optional
  | Opaque
  | TypeValue;

/** JSON as a value of the type that its schema gives it. */
export type Adapt = (json: unknown, type: CelType) => CelValue;

/** Evaluation failed: division by zero, no such key. Absorbed by && and ||. */
export class CelError extends Error {
  override readonly name = 'CelError';
  #cost = 0;

  /** Of the run that it ended. */
  get cost(): number {
    return this.#cost;
  }

  set cost(units: number) {
    this.#cost = units;
  }
}

export const noSuchOverload = (): CelError => new CelError('no such overload');
export const noSuchKey = (key: string): CelError => new CelError(`no such key: ${key}`);
