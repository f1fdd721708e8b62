/** OpenAPI v2 as `explain --output=plaintext-openapiv2` reads it: what a schema says it is. */
import type { GroupVersionKind } from './schema.ts';

export interface SchemaV2 {
  readonly description?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaV2>>;
  readonly required?: readonly string[];
  readonly items?: SchemaV2;
  readonly additionalProperties?: SchemaV2 | boolean;
  readonly $ref?: string;
  readonly 'x-kubernetes-group-version-kind'?: readonly GroupVersionKind[];
}

export type ShapeV2 =
  | { readonly is: 'reference'; readonly name: string; readonly to: SchemaV2 }
  | { readonly is: 'array' | 'map'; readonly of: SchemaV2 }
  | { readonly is: 'kind'; readonly fields: readonly (readonly [string, SchemaV2])[] }
  | { readonly is: 'primitive'; readonly type: string }
  | { readonly is: 'arbitrary' };

const PREFIX = '#/definitions/';

export class DefinitionsV2 {
  readonly #definitions: Readonly<Record<string, SchemaV2>>;

  constructor(document: { readonly definitions?: Readonly<Record<string, SchemaV2>> }) {
    this.#definitions = document.definitions ?? {};
  }

  ofKind({ group, version, kind }: GroupVersionKind): SchemaV2 | undefined {
    return Object.values(this.#definitions).find((schema) =>
      schema['x-kubernetes-group-version-kind']?.some(
        (one) => one.group === group && one.version === version && one.kind === kind,
      ),
    );
  }

  shape(schema: SchemaV2): ShapeV2 {
    const { $ref, type, properties, items, additionalProperties } = schema;
    if ($ref !== undefined) {
      const name = $ref.replace(PREFIX, '');
      return { is: 'reference', name, to: this.#definitions[name] ?? {} };
    }
    if (properties !== undefined && (type === undefined || type === 'object')) {
      const fields = Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1));
      return { is: 'kind', fields };
    }
    if (type === 'object') {
      return {
        is: 'map',
        of: typeof additionalProperties === 'object' ? additionalProperties : {},
      };
    }
    if (type === 'array') return { is: 'array', of: items ?? {} };
    return type === undefined ? { is: 'arbitrary' } : { is: 'primitive', type };
  }

  /** "string", "[]Object", "map[string]string"; what can be anything has no name. */
  typeName(schema: SchemaV2): string {
    const shape = this.shape(schema);
    switch (shape.is) {
      case 'reference':
        return this.typeName(shape.to);
      case 'array':
        return `[]${this.typeName(shape.of)}`;
      case 'map':
        return `map[string]${this.typeName(shape.of)}`;
      case 'kind':
        return 'Object';
      case 'primitive':
        return shape.type;
      case 'arbitrary':
        return '';
    }
  }

  /** What is inside, through references, lists and maps. */
  inside(schema: SchemaV2): SchemaV2 | undefined {
    const shape = this.shape(schema);
    if (shape.is === 'reference') return shape.to;
    return shape.is === 'array' || shape.is === 'map' ? shape.of : undefined;
  }
}
