/**
 * Typed access to the schema tables: which fields a kind has, their types, list and merge keys
 * and protobuf numbers. Decoding, strategic merge, OpenAPI and protobuf are all driven by it.
 *
 * A table (`tables/<group>-<version>.json`, generated) maps a type's short name to its fields.
 * A field's type is an expression: a scalar ("string", "int32", "Quantity", …), "[]X" (list),
 * "{}X" (map from string), or a message: "PodSpec" of the same module, "meta-v1.ObjectMeta" of
 * another. Expressions are parsed on first use of a definition and kept.
 */
import { assert } from '../../platform/assert.ts';
import {
  type RawDefinition,
  type RawField,
  rawResources,
  rawTables,
  type ResourceFacts,
} from './modules.ts';

export type { ResourceFacts };

/** The full name of a kind. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const scalars = [
  'string',
  'bytes',
  'bool',
  'int32',
  'int64',
  'double',
  'Time',
  'MicroTime',
  'Quantity',
  'IntOrString',
  'RawExtension',
  'FieldsV1',
  'object',
  'any',
] as const;

/** One JSON value with a meaning of its own. `object` is a struct without fields. */
export type Scalar = (typeof scalars)[number];

export interface ScalarType {
  readonly shape: 'scalar';
  readonly scalar: Scalar;
}
export interface ListType {
  readonly shape: 'list';
  readonly of: TypeRef;
}
export interface MapType {
  readonly shape: 'map';
  readonly of: TypeRef;
}
export interface MessageType {
  readonly shape: 'message';
  /** "core-v1.PodSpec". */
  readonly name: string;
}
export type TypeRef = ScalarType | ListType | MapType | MessageType;

export interface Field {
  readonly name: string;
  readonly type: TypeRef;
  /** True if Go's type writes it even when empty and OpenAPI lists it as required. */
  readonly required: boolean;
  /** A scalar that is a pointer in Go's type: its zero value differs from its absence. */
  readonly pointer: boolean;
  /** What Go writes as JSON where the field is not set; undefined: nothing. */
  readonly written?: unknown;
  /** Protobuf number; absent for apiVersion and kind, and for fields of an inline message. */
  readonly proto?: number;
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly listMapKeys?: readonly string[];
  readonly mapType?: 'atomic' | 'granular';
  /** Strategic merge: the key that identifies an element of a list of objects. */
  readonly mergeKey?: string;
  /** Strategic merge: comma separated "merge", "replace", "retainKeys". */
  readonly patchStrategy?: string;
  /** Belongs to a message that exists only on the wire: see {@link InlineMessage}. */
  readonly inline: boolean;
  readonly wire: WireForm | undefined;
}

/**
 * How protobuf writes a value whose JSON type does not tell: `itemsMessage` (a list of strings in
 * a message `{ repeated string items = 1 }`), `json` (JSON text in a message), and the alternatives
 * of JSONSchemaProps: a schema or a list of schemas, a boolean, a list of strings.
 */
export type WireForm =
  'itemsMessage' | 'json' | 'schemaOrArray' | 'schemaOrBool' | 'schemaOrStrings';

/** A Go struct embedded in another: flat in JSON, a message of its own in protobuf. */
export interface InlineMessage {
  readonly name: string;
  readonly proto: number;
  /** JSON name → number inside this message. */
  readonly fields: ReadonlyMap<string, number>;
  readonly inlineMessages: readonly InlineMessage[];
}

export interface Definition {
  /** "core-v1": the table it stands in. */
  readonly module: string;
  /** "PodSpec": Go's name of the struct. */
  readonly name: string;
  /** Set if objects of this type carry apiVersion and kind. */
  readonly kind?: GroupVersionKind;
  readonly mapType?: 'atomic' | 'granular';
  readonly fields: ReadonlyMap<string, Field>;
  readonly inlineMessages: readonly InlineMessage[];
}

/** Table modules use short group names; these are the ones that differ from the API group. */
const fullGroups: Readonly<Record<string, string>> = {
  core: '',
  meta: '',
  admissionregistration: 'admissionregistration.k8s.io',
  apiextensions: 'apiextensions.k8s.io',
  apiregistration: 'apiregistration.k8s.io',
  apiserverinternal: 'internal.apiserver.k8s.io',
  authentication: 'authentication.k8s.io',
  authorization: 'authorization.k8s.io',
  certificates: 'certificates.k8s.io',
  coordination: 'coordination.k8s.io',
  discovery: 'discovery.k8s.io',
  events: 'events.k8s.io',
  metrics: 'metrics.k8s.io',
  flowcontrol: 'flowcontrol.apiserver.k8s.io',
  networking: 'networking.k8s.io',
  node: 'node.k8s.io',
  rbac: 'rbac.authorization.k8s.io',
  resource: 'resource.k8s.io',
  scheduling: 'scheduling.k8s.io',
  storage: 'storage.k8s.io',
  storagemigration: 'storagemigration.k8s.io',
};

/** "rbac-v1" → { group: "rbac.authorization.k8s.io", version: "v1" }. */
export function groupVersionOfModule(module: string): { group: string; version: string } {
  const dash = module.lastIndexOf('-');
  const short = module.slice(0, dash);
  return { group: fullGroups[short] ?? short, version: module.slice(dash + 1) };
}

const modulesByGroupVersion = new Map<string, string>();
for (const module of rawTables.keys()) {
  if (module === 'meta-v1') continue;
  const { group, version } = groupVersionOfModule(module);
  modulesByGroupVersion.set(`${group}/${version}`, module);
}

/** The inverse of {@link groupVersionOfModule}; undefined for a group-version without a table. */
function moduleOf(group: string, version: string): string | undefined {
  return modulesByGroupVersion.get(`${group}/${version}`);
}

/** All modules, "meta-v1" included. */
export function moduleNames(): readonly string[] {
  return [...rawTables.keys()];
}

const definitions = new Map<string, Definition>();

/** The definition called `name` in `module`; undefined if there is none. */
export function definitionNamed(module: string, name: string): Definition | undefined {
  const key = `${module}.${name}`;
  const known = definitions.get(key);
  if (known !== undefined) return known;
  const table = rawTables.get(module);
  if (table === undefined || !Object.hasOwn(table, name)) return undefined;
  const raw = table[name]!;
  const definition: Definition = {
    module,
    name,
    ...(raw.kind === undefined ? {} : { kind: parseKind(raw.kind) }),
    ...(raw.mapType === undefined ? {} : { mapType: raw.mapType as 'atomic' }),
    fields: new Map(
      Object.entries(raw.fields).map(([field, facts]) => [field, parseField(field, facts, module)]),
    ),
    inlineMessages: parseInlineMessages(raw.inlineMessages),
  };
  definitions.set(key, definition);
  return definition;
}

/** Every definition of a module, in the order of the table. */
export function definitionsOf(module: string): readonly Definition[] {
  return Object.keys(rawTables.get(module) ?? {}).map((name) => definitionNamed(module, name)!);
}

/** The definition a message type refers to. */
export function resolve(type: MessageType): Definition {
  const known = definitions.get(type.name);
  if (known !== undefined) return known;
  const dot = type.name.indexOf('.');
  const definition = definitionNamed(type.name.slice(0, dot), type.name.slice(dot + 1));
  assert(definition !== undefined, `the tables have no type ${type.name}`);
  return definition;
}

/** Kinds that every group serves under its own apiVersion. */
const everyGroup = new Set(['DeleteOptions', 'WatchEvent']);

/** The definition of a kind; undefined if the tables do not know it. */
export function definitionOf(gvk: GroupVersionKind): Definition | undefined {
  if (everyGroup.has(gvk.kind)) return definitionNamed('meta-v1', gvk.kind);
  const module = moduleOf(gvk.group, gvk.version);
  const own = module === undefined ? undefined : definitionNamed(module, gvk.kind);
  if (own?.kind !== undefined) return own;
  if (gvk.version !== 'v1' || (gvk.group !== '' && gvk.group !== 'meta.k8s.io')) return undefined;
  const meta = definitionNamed('meta-v1', gvk.kind);
  return meta?.kind === undefined ? undefined : meta;
}

/** The resources Kubernetes 1.34 serves, with verbs and subresources. */
export function resourceFacts(): readonly ResourceFacts[] {
  return rawResources;
}

function parseInlineMessages(raw: RawDefinition['inlineMessages']): readonly InlineMessage[] {
  return Object.entries(raw ?? {}).map(([name, facts]) => ({
    name,
    proto: facts.proto,
    fields: new Map(Object.entries(facts.fields)),
    inlineMessages: parseInlineMessages(facts.inlineMessages),
  }));
}

function parseKind(text: string): GroupVersionKind {
  const [group, version, kind] = text.split('/');
  assert(kind !== undefined, `malformed kind ${text}`);
  return { group: group!, version: version!, kind };
}

const scalarTypes = new Map<string, ScalarType>(
  scalars.map((scalar) => [scalar, { shape: 'scalar', scalar }]),
);

function parseType(expression: string, module: string): TypeRef {
  if (expression.startsWith('[]')) {
    return { shape: 'list', of: parseType(expression.slice(2), module) };
  }
  if (expression.startsWith('{}')) {
    return { shape: 'map', of: parseType(expression.slice(2), module) };
  }
  const scalar = scalarTypes.get(expression);
  if (scalar !== undefined) return scalar;
  const name = expression.includes('.') ? expression : `${module}.${expression}`;
  return { shape: 'message', name };
}

function parseField(name: string, raw: RawField, module: string): Field {
  const { type, required, pointer, wire, inline, ...rest } = raw;
  return {
    ...(rest as Pick<
      Field,
      'written' | 'proto' | 'listType' | 'listMapKeys' | 'mapType' | 'mergeKey'
    >),
    name,
    type: parseType(type, module),
    required: required === true,
    pointer: pointer === true,
    inline: inline === true,
    wire: wire as WireForm | undefined,
  };
}
