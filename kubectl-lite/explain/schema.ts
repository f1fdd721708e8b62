/** OpenAPI v3 schemas as Kubernetes publishes them, as far as `explain` reads them. */
export interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly $ref?: string;
  readonly 'x-kubernetes-group-version-kind'?: readonly GroupVersionKind[];
}

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface OpenApiDocument {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

const PREFIX = '#/components/schemas/';

export class Schemas {
  readonly #schemas: Readonly<Record<string, Schema>>;

  constructor(document: OpenApiDocument) {
    this.#schemas = document.components?.schemas ?? {};
  }

  ofKind({ group, version, kind }: GroupVersionKind): Schema | undefined {
    return Object.values(this.#schemas).find((schema) =>
      schema['x-kubernetes-group-version-kind']?.some(
        (one) => one.group === group && one.version === version && one.kind === kind,
      ),
    );
  }

  referred(schema: Schema): Schema | undefined {
    const { $ref } = schema;
    return $ref?.startsWith(PREFIX) ? this.#schemas[$ref.slice(PREFIX.length)] : undefined;
  }

  /** The schemas that all say something about the same value, or about its elements. */
  #siblings(schema: Schema): readonly Schema[] {
    const { items, additionalProperties, allOf = [], anyOf = [], oneOf = [] } = schema;
    const referred = this.referred(schema);
    return [
      ...(items === undefined ? [] : [items]),
      ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
      ...allOf,
      ...anyOf,
      ...oneOf,
      ...(referred === undefined ? [] : [referred]),
    ];
  }

  /** The schema's own text, then those of what it refers to. */
  description(schema: Schema): string {
    const own = schema.description ? [schema.description] : [];
    const others = this.#siblings(schema).map((sibling) => this.description(sibling));
    return [...own, ...others].filter((text) => text !== '').join('\n');
  }

  /** Fields of an object, of the elements of a list, or of the values of a map. */
  fields(schema: Schema): Fields | undefined {
    const { properties, required = [] } = schema;
    if (properties !== undefined) return { properties, required };
    for (const sibling of this.#siblings(schema)) {
      const found = this.fields(sibling);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** "string", "[]Container", "map[string]Quantity". */
  typeName(schema: Schema): string {
    const { items, additionalProperties, allOf, $ref, type } = schema;
    if (items !== undefined) return `[]${this.typeName(items)}`;
    if (typeof additionalProperties === 'object') {
      return `map[string]${this.typeName(additionalProperties)}`;
    }
    // A type that is only a formatted text (Time) goes by what it is.
    const scalar = this.referred(schema)?.type;
    if (scalar !== undefined && scalar !== 'object') return scalar;
    if ($ref !== undefined) return $ref.split('.').at(-1)!.replace(PREFIX, '');
    const [first] = allOf ?? [];
    if (first !== undefined) return this.typeName(first);
    return type === undefined || type === 'object' ? 'Object' : type;
  }
}

export interface Fields {
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required: readonly string[];
}
