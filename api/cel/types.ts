/** Static types. */

export interface ObjectField {
  readonly type: CelType;
  /** Its name in JSON, which may not be a name in CEL. */
  readonly property: string;
}

export interface ObjectType {
  readonly kind: 'object';
  readonly name: string;
  /** By their names in CEL. Made when first asked for: schemas may be deep. */
  readonly fields: () => ReadonlyMap<string, ObjectField>;
}

export type SimpleKind =
  | 'null'
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'timestamp'
  | 'duration'
  | 'dyn';

export interface Bounds {
  /** Most characters, items or properties, as far as the schema says. For cost estimates. */
  readonly maxSize?: number;
}

export type CelType =
  | ({
      readonly kind: SimpleKind;
      /** Of `dyn`: google.protobuf.Any, which no comprehension goes through. */
      readonly any?: true;
    } & Bounds)
  | ({
      readonly kind: 'list';
      readonly element: CelType;
      /** x-kubernetes-list-type: a set, or a map by these keys. In order otherwise. */
      readonly keys?: 'set' | readonly string[];
    } & Bounds)
  | ({ readonly kind: 'map'; readonly key: CelType; readonly value: CelType } & Bounds)
  | (ObjectType & Bounds)
  /** A library's type, or `optional_type` of its parameter. */
  | ({ readonly kind: 'opaque'; readonly name: string; readonly of?: CelType } & Bounds)
  | ({ readonly kind: 'type'; readonly of: CelType } & Bounds)
  /** A parameter of a generic function. */
  | ({ readonly kind: 'parameter'; readonly name: string } & Bounds);

const simple = (kind: SimpleKind): CelType => ({ kind });

export const NULL = simple('null');
export const BOOL = simple('bool');
export const INT = simple('int');
export const UINT = simple('uint');
export const DOUBLE = simple('double');
export const STRING = simple('string');
export const BYTES = simple('bytes');
export const TIMESTAMP = simple('timestamp');
export const DURATION = simple('duration');
export const DYN = simple('dyn');
export const ANY: CelType = { kind: 'dyn', any: true };

export const listOf = (
  element: CelType,
  maxSize?: number,
): CelType & { readonly kind: 'list' } => ({
  kind: 'list',
  element,
  ...(maxSize === undefined ? {} : { maxSize }),
});

export const mapOf = (key: CelType, value: CelType, maxSize?: number): CelType => ({
  kind: 'map',
  key,
  value,
  ...(maxSize === undefined ? {} : { maxSize }),
});

export const OPTIONAL = 'optional_type';
export const optionalOf = (of: CelType): CelType => ({ kind: 'opaque', name: OPTIONAL, of });
export const opaque = (name: string): CelType => ({ kind: 'opaque', name });
export const parameter = (name: string): CelType => ({ kind: 'parameter', name });

export function isOptional(type: CelType): type is CelType & { of: CelType } {
  return type.kind === 'opaque' && type.name === OPTIONAL;
}

const shown: Partial<Record<CelType['kind'], string>> = {
  null: 'null',
  timestamp: 'timestamp',
  duration: 'duration',
};

/** As cel-go prints it. */
export function formatType(type: CelType): string {
  switch (type.kind) {
    case 'list':
      return `list(${formatType(type.element)})`;
    case 'map':
      return `map(${formatType(type.key)}, ${formatType(type.value)})`;
    case 'object':
      return type.name;
    case 'opaque':
      return type.of === undefined ? type.name : `${type.name}(${formatType(type.of)})`;
    case 'type':
      return `type(${formatType(type.of)})`;
    case 'parameter':
      return type.name;
    default:
      return type.any === true ? 'any' : (shown[type.kind] ?? type.kind);
  }
}

/** What parameters stand for, while a call is resolved. */
export type Substitution = Map<string, CelType>;

export function substitute(type: CelType, by: Substitution): CelType {
  switch (type.kind) {
    case 'parameter': {
      const found = by.get(type.name);
      return found === undefined ? DYN : substitute(found, by);
    }
    case 'list':
      return { ...type, element: substitute(type.element, by) };
    case 'map':
      return { ...type, key: substitute(type.key, by), value: substitute(type.value, by) };
    case 'opaque':
      return type.of === undefined ? type : { ...type, of: substitute(type.of, by) };
    case 'type':
      return { ...type, of: substitute(type.of, by) };
    default:
      return type;
  }
}

/** True if a value of type `from` may stand where `to` is wanted; binds the parameters of `to`. */
export function assignable(to: CelType, from: CelType, by: Substitution): boolean {
  if (to.kind === 'parameter') {
    const bound = by.get(to.name);
    if (bound === undefined) {
      by.set(to.name, from);
      return true;
    }
    if (assignable(bound, from, by)) return true;
    // An empty list is a list of whatever the next one is.
    if (!assignable(from, bound, by)) return false;
    by.set(to.name, from);
    return true;
  }
  if (to.kind === 'dyn' || from.kind === 'dyn') return true;
  if (from.kind === 'parameter') return true;
  if (from.kind === 'null') return acceptsNull(to);
  switch (to.kind) {
    case 'list':
      return from.kind === 'list' && assignable(to.element, from.element, by);
    case 'map':
      return (
        from.kind === 'map' &&
        assignable(to.key, from.key, by) &&
        assignable(to.value, from.value, by)
      );
    case 'object':
      return from.kind === 'object' && to.name === from.name;
    case 'opaque':
      if (from.kind !== 'opaque' || from.name !== to.name) return false;
      return to.of === undefined || from.of === undefined || assignable(to.of, from.of, by);
    case 'type':
      return from.kind === 'type';
    default:
      return to.kind === from.kind;
  }
}

function acceptsNull({ kind }: CelType): boolean {
  return kind === 'null' || kind === 'object' || kind === 'timestamp' || kind === 'duration';
}

/** One type for both, or undefined. */
export function joined(a: CelType, b: CelType): CelType | undefined {
  if (a.kind === 'dyn' || b.kind === 'dyn') return a.kind === 'dyn' ? a : b;
  if (assignable(a, b, new Map())) return a.kind === 'null' ? b : a;
  return assignable(b, a, new Map()) ? b : undefined;
}
