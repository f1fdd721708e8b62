/**
 * What merging and ownership need to know of a value's type: is it owned whole or in parts, and
 * what tells the parts apart. Read from the schema tables on first use and kept.
 */
import { jsonText } from '../../platform/json-text.ts';
import { isObject } from '../deep.ts';
import {
  type Definition,
  definitionNamed,
  type Field,
  resolve,
  type Scalar,
  type TypeRef,
} from '../schema/table.ts';
import { fieldElement, keyElement, valueElement } from './path-element.ts';

export interface ScalarMergeType {
  readonly shape: 'scalar';
  readonly scalar: 'numeric' | 'string' | 'boolean' | 'untyped';
}

/** Owned whole. */
export interface AtomicList {
  readonly shape: 'list';
  readonly relation: 'atomic';
  readonly of: MergeType;
}

/** Scalars, each owned by itself. */
export interface SetList {
  readonly shape: 'list';
  readonly relation: 'set';
  readonly of: MergeType;
}

/** Objects, told apart by the values of some of their fields. */
export interface KeyedList {
  readonly shape: 'list';
  readonly relation: 'map';
  readonly of: MergeType;
  /** Sorted. */
  readonly keys: readonly string[];
  /** As the schema declares them, for messages. */
  readonly declaredKeys: readonly string[];
  /** What stands for keys that an element leaves out, where the schema of the list says it. */
  readonly defaults?: Readonly<Record<string, unknown>>;
}

export type ListMergeType = AtomicList | SetList | KeyedList;

export interface MapMergeType {
  readonly shape: 'map';
  readonly atomic: boolean;
  readonly of: MergeType;
}

export interface StructMergeType {
  readonly shape: 'struct';
  readonly atomic: boolean;
  readonly fields: ReadonlyMap<string, MergeField>;
  /** Fields that Go writes even when they are empty. */
  readonly always: readonly MergeField[];
}

/** No schema: maps are owned key by key, lists and scalars whole. */
export interface DeducedType {
  readonly shape: 'deduced';
}

/** Any JSON, owned whole. */
export interface OpaqueType {
  readonly shape: 'opaque';
}

export type MergeType =
  ScalarMergeType | ListMergeType | MapMergeType | StructMergeType | DeducedType | OpaqueType;

export interface MergeField {
  /** Of a struct that takes any field: whoever sets it owns it, not only what is below. */
  readonly undeclared?: boolean;
  readonly name: string;
  /** "f:name". */
  readonly element: string;
  readonly type: MergeType;
  /**
   * What Go's type holds where the field is absent; undefined where it leaves the field out. Such
   * a field is always there: nobody adds or removes it.
   */
  readonly zero: unknown;
}

export const DEDUCED: DeducedType = { shape: 'deduced' };
const OPAQUE: OpaqueType = { shape: 'opaque' };

/** Fields are read when first asked for: types refer to themselves. */
class LazyStruct implements StructMergeType {
  readonly shape = 'struct';
  readonly atomic: boolean;
  readonly #definition: Definition;
  readonly #hides: (name: string) => boolean;
  #fields: ReadonlyMap<string, MergeField> | undefined;
  #always: readonly MergeField[] | undefined;

  constructor(definition: Definition, atomic: boolean, hides: (name: string) => boolean) {
    this.#definition = definition;
    this.atomic = atomic;
    this.#hides = hides;
  }

  get fields(): ReadonlyMap<string, MergeField> {
    if (this.#fields === undefined) {
      const shown = [...this.#definition.fields.values()].filter(({ name }) => !this.#hides(name));
      this.#fields = new Map(shown.map((field) => [field.name, this.#read(field)]));
    }
    return this.#fields;
  }

  get always(): readonly MergeField[] {
    this.#always ??= [...this.fields.values()].filter(({ zero }) => zero !== undefined);
    return this.#always;
  }

  #read(field: Field): MergeField {
    const { name } = field;
    return {
      name,
      element: fieldElement(name),
      type: typeOf(field.type, field),
      zero: field.written,
    };
  }
}

const structs = new Map<Definition, { granular?: StructMergeType; atomic?: StructMergeType }>();
const hidesNothing = (): boolean => false;

function structOf(definition: Definition, atomic: boolean): StructMergeType {
  let known = structs.get(definition);
  if (known === undefined) structs.set(definition, (known = {}));
  const form = atomic ? 'atomic' : 'granular';
  return (known[form] ??= new LazyStruct(definition, atomic, hidesNothing));
}

const SCALARS: Readonly<Record<Scalar, MergeType>> = {
  string: { shape: 'scalar', scalar: 'string' },
  bytes: { shape: 'scalar', scalar: 'string' },
  bool: { shape: 'scalar', scalar: 'boolean' },
  int32: { shape: 'scalar', scalar: 'numeric' },
  int64: { shape: 'scalar', scalar: 'numeric' },
  double: { shape: 'scalar', scalar: 'numeric' },
  Time: { shape: 'scalar', scalar: 'untyped' },
  MicroTime: { shape: 'scalar', scalar: 'untyped' },
  Quantity: { shape: 'scalar', scalar: 'untyped' },
  IntOrString: { shape: 'scalar', scalar: 'untyped' },
  RawExtension: OPAQUE,
  FieldsV1: OPAQUE,
  object: OPAQUE,
  any: OPAQUE,
};

/** `field` says how the outermost list or map merges. */
function typeOf(type: TypeRef, field?: Field): MergeType {
  switch (type.shape) {
    case 'scalar':
      return SCALARS[type.scalar];
    case 'message': {
      const definition = resolve(type);
      return structOf(definition, (field?.mapType ?? definition.mapType) === 'atomic');
    }
    case 'map':
      return { shape: 'map', atomic: field?.mapType === 'atomic', of: typeOf(type.of) };
    case 'list':
      return listOf(type.of, field);
  }
}

function listOf(element: TypeRef, field: Field | undefined): ListMergeType {
  const of = typeOf(element);
  switch (field?.listType) {
    case 'set':
      return { shape: 'list', relation: 'set', of };
    case 'map': {
      const declaredKeys = field.listMapKeys ?? [];
      return { shape: 'list', relation: 'map', of, declaredKeys, keys: [...declaredKeys].sort() };
    }
    default:
      return { shape: 'list', relation: 'atomic', of };
  }
}

/** The whole type of a kind: what a configuration may say and a merge goes by. */
export function mergeTypeOf(definition: Definition): StructMergeType {
  return structOf(definition, false);
}

const tracked = new Map<Definition, StructMergeType>();

/** Fields of the metadata that identify the object or belong to the server: nobody owns them. */
const UNOWNED = new Set([
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
]);

/** The type of a kind without what nobody can own. */
export function trackedTypeOf(definition: Definition): StructMergeType {
  let type = tracked.get(definition);
  if (type === undefined) {
    const whole = new LazyStruct(definition, false, (name) => isTypeMeta(name));
    const metadata = definition.fields.get('metadata');
    type = metadata?.type.shape === 'message' ? withMetadata(whole, resolve(metadata.type)) : whole;
    tracked.set(definition, type);
  }
  return type;
}

/** The metadata of a kind without a table: all of it, and without what nobody can own. */
export function metadataTypes(): { readonly whole: MergeField; readonly tracked: MergeField } {
  const definition = definitionNamed('meta-v1', 'ObjectMeta')!;
  const field = (type: StructMergeType): MergeField => ({
    name: 'metadata',
    element: fieldElement('metadata'),
    zero: {},
    type,
  });
  return {
    whole: field(structOf(definition, false)),
    tracked: field(new LazyStruct(definition, false, (name) => UNOWNED.has(name))),
  };
}

const isTypeMeta = (name: string): boolean => name === 'apiVersion' || name === 'kind';

function withMetadata(whole: StructMergeType, metadata: Definition): StructMergeType {
  const fields = new Map(whole.fields);
  const type = new LazyStruct(metadata, false, (name) => UNOWNED.has(name));
  fields.set('metadata', { name: 'metadata', element: 'f:metadata', type, zero: {} });
  const always = [...fields.values()].filter(({ zero }) => zero !== undefined);
  return { shape: 'struct', atomic: false, fields, always };
}

/** An element that cannot stand in its list: the message says why. */
export class UnfitElement extends Error {
  override readonly name = 'UnfitElement';
}

/** What stands for a key that an element leaves out: the schema's default. */
function defaultOf({ of, defaults }: KeyedList, key: string): unknown {
  if (defaults !== undefined) return defaults[key];
  if (key === 'protocol') return 'TCP';
  return of.shape === 'struct' ? of.fields.get(key)?.zero : undefined;
}

/** What tells `element` from the others of its list. Throws {@link UnfitElement}. */
export function elementOf(list: SetList | KeyedList, element: unknown): string {
  return list.relation === 'set' ? setElement(element) : keyedElement(list, element);
}

function setElement(element: unknown): string {
  if (element === null)
    throw new UnfitElement("associative list without keys has an element that's an explicit null");
  if (Array.isArray(element))
    throw new UnfitElement('not supported: associative list with lists as elements');
  if (typeof element === 'object')
    throw new UnfitElement("associative list without keys has an element that's a map type");
  return valueElement(element);
}

function keyedElement(list: KeyedList, element: unknown): string {
  if (element === null)
    throw new UnfitElement('associative list with keys may not have a null element');
  if (!isObject(element))
    throw new UnfitElement('associative list with keys may not have non-map elements');
  if (list.keys.length === 1) {
    const key = list.keys[0]!;
    const value = element[key] ?? defaultOf(list, key);
    if (value !== undefined) return `k:{"${key}":${jsonText(value)}}`;
  }
  const present: (readonly [string, unknown])[] = [];
  for (const key of list.keys) {
    const value = element[key] ?? defaultOf(list, key);
    if (value !== undefined) present.push([key, value]);
  }
  if (present.length > 0) return keyElement(present);
  const keys = list.declaredKeys.map((key) => JSON.stringify(key)).join(' ');
  throw new UnfitElement(
    `associative list with keys has an element that omits all key fields [${keys}] ` +
      "(and doesn't have default values for any key fields)",
  );
}

/** The type that a value without a schema has. */
export function deducedTypeOf(value: unknown): MergeType {
  return isObject(value) ? DEDUCED_MAP : OPAQUE;
}

const DEDUCED_MAP: MapMergeType = { shape: 'map', atomic: false, of: DEDUCED };

/** The type of a field or of a key of a map; undefined if there is none. */
export function typeBelow(type: MergeType | undefined, key: string): MergeType | undefined {
  switch (type?.shape) {
    case 'struct':
      return type.fields.get(key)?.type;
    case 'map':
      return type.of;
    case 'deduced':
      return type;
    default:
      return undefined;
  }
}

/** The type of a part, by its path element. */
export function typeAtElement(type: MergeType | undefined, element: string): MergeType | undefined {
  if (type?.shape === 'list') return type.of;
  return typeBelow(type, element.slice(2));
}
