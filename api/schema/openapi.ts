/**
 * The tables as OpenAPI v3 schemas, named and shaped as kube-apiserver's: `kubectl explain` walks
 * them, and client-side apply reads merge keys and strategies from them.
 */
import {
  type Definition,
  definitionNamed,
  definitionOf,
  type Field,
  groupVersionOfModule,
  type GroupVersionKind,
  moduleNames,
  resolve,
  type Scalar,
  type TypeRef,
} from './table.ts';

type Schema = Record<string, unknown>;

/**
 * Texts for people by definition and field; "" is the definition itself:
 * `{ "apps-v1.DeploymentSpec": { "": "…", "replicas": "…" } }`.
 */
export type Descriptions = Readonly<Record<string, Readonly<Record<string, string>>>>;

const META_PACKAGE = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const EXTENSIONS_PACKAGE = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

const packages: Readonly<Record<string, string>> = {
  'meta-v1': META_PACKAGE,
  'apiextensions-v1': EXTENSIONS_PACKAGE,
  'apiregistration-v1': 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1',
};

/** "io.k8s.api.apps.v1.DeploymentSpec". */
function definitionSchemaName({ module, name }: Pick<Definition, 'module' | 'name'>): string {
  if (name === 'VersionInfo') return 'io.k8s.apimachinery.pkg.version.Info';
  const dash = module.lastIndexOf('-');
  const known = packages[module];
  return `${known ?? `io.k8s.api.${module.slice(0, dash)}.${module.slice(dash + 1)}`}.${name}`;
}

/**
 * The schema name of a kind. The kinds that belong to no group of their own (DeleteOptions, Patch,
 * Status) are found under version "meta/v1". A kind that no table has gets a name of its own form.
 */
export function schemaName(kind: GroupVersionKind): string {
  const definition = definitionOfKind(kind);
  if (definition !== undefined) return definitionSchemaName(definition);
  if (kind.version === META_VERSION) return `${META_PACKAGE}.${kind.kind}`;
  const reversed = kind.group.split('.').reverse().join('.');
  return [reversed, kind.version, kind.kind].filter((part) => part !== '').join('.');
}

const META_VERSION = 'meta/v1';

function definitionOfKind(kind: GroupVersionKind): Definition | undefined {
  return kind.version === META_VERSION ? definitionNamed('meta-v1', kind.kind) : definitionOf(kind);
}

/** The schemas of these kinds and of everything they refer to, by name, sorted. */
export function openApiSchemas(
  kinds: Iterable<GroupVersionKind>,
  descriptions: Descriptions = {},
): Readonly<Record<string, Schema>> {
  const schemas = new SchemaSet(descriptions);
  for (const kind of kinds) {
    const definition = definitionOfKind(kind);
    if (definition !== undefined) schemas.add(definition);
    else if (kind.version === META_VERSION && kind.kind === 'Patch') schemas.addPatch();
  }
  return schemas.sorted();
}

interface ScalarSchema {
  /** Set where kube-apiserver has a named schema for the scalar. */
  readonly name?: string;
  readonly schema: Schema;
}

const scalars: Readonly<Record<Exclude<Scalar, 'any'>, ScalarSchema>> = {
  string: { schema: { type: 'string' } },
  bytes: { schema: { type: 'string', format: 'byte' } },
  bool: { schema: { type: 'boolean' } },
  int32: { schema: { type: 'integer', format: 'int32' } },
  int64: { schema: { type: 'integer', format: 'int64' } },
  double: { schema: { type: 'number', format: 'double' } },
  Time: { name: `${META_PACKAGE}.Time`, schema: { type: 'string', format: 'date-time' } },
  MicroTime: { name: `${META_PACKAGE}.MicroTime`, schema: { type: 'string', format: 'date-time' } },
  Quantity: {
    name: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
    schema: { oneOf: [{ type: 'string' }, { type: 'number' }] },
  },
  IntOrString: {
    name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    schema: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  },
  RawExtension: {
    name: 'io.k8s.apimachinery.pkg.runtime.RawExtension',
    schema: { type: 'object' },
  },
  FieldsV1: { name: `${META_PACKAGE}.FieldsV1`, schema: { type: 'object' } },
  object: { schema: { type: 'object' } },
};

/** The free-form types of JSONSchemaProps. */
const anySchemas: Readonly<Record<string, string>> = {
  json: `${EXTENSIONS_PACKAGE}.JSON`,
  schemaOrArray: `${EXTENSIONS_PACKAGE}.JSONSchemaPropsOrArray`,
  schemaOrBool: `${EXTENSIONS_PACKAGE}.JSONSchemaPropsOrBool`,
  schemaOrStrings: `${EXTENSIONS_PACKAGE}.JSONSchemaPropsOrStringArray`,
};

/** What kube-apiserver gives as the default of a value that is no pointer. */
const defaults: Partial<Record<Scalar, unknown>> = {
  string: '',
  bool: false,
  int32: 0,
  int64: 0,
  double: 0,
};

class SchemaSet {
  readonly #descriptions: Descriptions;
  readonly #schemas = new Map<string, Schema>();

  constructor(descriptions: Descriptions) {
    this.#descriptions = descriptions;
  }

  sorted(): Record<string, Schema> {
    return Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** A patch is any object: there is no table of it. */
  addPatch(): void {
    const name = `${META_PACKAGE}.Patch`;
    if (!this.#schemas.has(name)) this.#schemas.set(name, { type: 'object' });
  }

  add(definition: Definition): void {
    const name = definitionSchemaName(definition);
    if (this.#schemas.has(name)) return;
    const texts = this.#descriptions[`${definition.module}.${definition.name}`] ?? {};
    const schema = described({ type: 'object' }, texts, '');
    this.#schemas.set(name, schema);
    const fields = [...definition.fields.values()];
    const required = fields.filter((field) => field.required).map((field) => field.name);
    if (required.length > 0) schema['required'] = required;
    schema['properties'] = Object.fromEntries(
      fields.map((field) => [field.name, described(this.#property(field), texts, field.name)]),
    );
    if (definition.mapType !== undefined) schema['x-kubernetes-map-type'] = definition.mapType;
    const kinds = kindsOf(definition);
    if (kinds.length > 0) schema['x-kubernetes-group-version-kind'] = kinds;
  }

  #property(field: Field): Schema {
    const schema = this.#value(field.type, field, false);
    const extensions: Schema = {
      'x-kubernetes-list-map-keys': field.listMapKeys,
      'x-kubernetes-list-type': field.listType,
      'x-kubernetes-map-type': field.mapType,
      'x-kubernetes-patch-merge-key': field.mergeKey,
      'x-kubernetes-patch-strategy': field.patchStrategy,
    };
    for (const [key, value] of Object.entries(extensions)) {
      if (value !== undefined) schema[key] = value;
    }
    return schema;
  }

  /** Elements of lists and maps are never absent, so they have a default. */
  #value(type: TypeRef, field: Field, isElement: boolean): Schema {
    switch (type.shape) {
      case 'list':
        return { type: 'array', items: this.#value(type.of, field, true) };
      case 'map':
        return { type: 'object', additionalProperties: this.#value(type.of, field, true) };
      case 'message': {
        const definition = resolve(type);
        this.add(definition);
        const reference = referenceTo(definitionSchemaName(definition));
        return isElement ? { ...reference, default: {} } : reference;
      }
      case 'scalar': {
        const schema = this.#scalar(type.scalar, field);
        const zero = defaults[type.scalar];
        return isElement && zero !== undefined ? { ...schema, default: zero } : schema;
      }
    }
  }

  #scalar(scalar: Scalar, field: Field): Schema {
    if (scalar === 'any') return this.#named(anySchemas[field.wire ?? 'json']!, {});
    const { name, schema } = scalars[scalar];
    return name === undefined ? { ...schema } : this.#named(name, schema);
  }

  #named(name: string, schema: Schema): Schema {
    if (!this.#schemas.has(name)) this.#schemas.set(name, schema);
    return referenceTo(name);
  }
}

function described(schema: Schema, texts: Readonly<Record<string, string>>, of: string): Schema {
  const description = texts[of];
  return description === undefined ? schema : { description, ...schema };
}

/** In `allOf`, because OpenAPI 3.0 ignores what stands beside a `$ref`. */
function referenceTo(name: string): Schema {
  return { allOf: [{ $ref: `#/components/schemas/${name}` }] };
}

function kindsOf(definition: Definition): GroupVersionKind[] {
  if (definition.kind !== undefined) return [definition.kind];
  if (definition.module !== 'meta-v1') return [];
  if (definition.name !== 'DeleteOptions' && definition.name !== 'WatchEvent') return [];
  return moduleNames()
    .filter((module) => module !== 'meta-v1')
    .map((module) => ({ ...groupVersionOfModule(module), kind: definition.name }));
}
