/** CustomResourceDefinitions of the size that operators generate from their Go types. */

type Schema = Record<string, unknown>;

const words = [
  ...['affinity', 'backup', 'cache', 'claim', 'cluster', 'config', 'container', 'endpoint'],
  ...['engine', 'health', 'image', 'limit', 'metrics', 'network', 'policy', 'probe', 'replica'],
  ...['resource', 'secret', 'selector', 'service', 'storage', 'template', 'timeout', 'volume'],
];

/** Texts as long as those of generated definitions. */
function description(of: string, seed: number): string {
  const sentences = [
    `${of} configures how the operator manages this part of the deployment.`,
    'If not specified, a sensible default is chosen based on the size of the cluster.',
    'This field is immutable once the resource has been reconciled for the first time.',
    'More info: https://example.com/docs/concepts/overview/working-with-objects/names/',
  ];
  return sentences.slice(0, 1 + (seed % sentences.length)).join(' ');
}

class Generator {
  lines = 0;
  #seed = 7;

  next(below: number): number {
    this.#seed = (Math.imul(this.#seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (this.#seed >>> 8) % below;
  }

  /** What YAML makes of a schema: a line per key, and one for its own name. */
  #counted(schema: Schema): Schema {
    this.lines += Object.keys(schema).length + 1;
    return schema;
  }

  object(depth: number, fields: number): Schema {
    const properties: Record<string, Schema> = {};
    for (let i = 0; i < fields; i++) {
      const name = `${words[this.next(words.length)]!}${i}`;
      properties[name] = this.field(name, depth);
    }
    const schema = { description: description('It', this.next(9)), type: 'object', properties };
    return this.#counted(schema);
  }

  field(name: string, depth: number): Schema {
    const text = description(name, this.next(9));
    const kind = this.next(depth > 0 ? 10 : 6);
    switch (kind) {
      case 0:
        return this.#counted({ description: text, type: 'integer', format: 'int32', minimum: 0 });
      case 1:
        return this.#counted({ description: text, type: 'boolean', default: false });
      case 2:
        return this.#counted({ description: text, type: 'string', enum: ['Always', 'Never'] });
      case 3:
        return this.#counted({
          description: text,
          type: 'object',
          additionalProperties: { type: 'string' },
        });
      case 4:
        return this.#counted({ description: text, 'x-kubernetes-int-or-string': true });
      case 5:
        return this.#counted({ description: text, type: 'string', maxLength: 253 });
      case 6:
        return this.#counted({
          description: text,
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            ...this.object(depth - 1, 3 + this.next(4)),
            required: ['name'],
            properties: {
              ...(this.object(depth - 1, 3 + this.next(4))['properties'] as object),
              name: { type: 'string' },
            },
          },
        });
      default:
        return this.object(depth - 1, 3 + this.next(6));
    }
  }
}

/** Properties that fill at least so many lines of YAML. */
export function largeProperties(lines: number): Record<string, Schema> {
  const generator = new Generator();
  const properties: Record<string, Schema> = {};
  for (let i = 0; generator.lines < lines; i++)
    properties[`${words[i % words.length]!}Group${i}`] = generator.object(3, 6);
  return properties;
}

/** `spec` has the given fields beside the large ones. */
export function largeDefinition(of: {
  readonly plural: string;
  readonly group: string;
  readonly lines: number;
  readonly properties?: Record<string, Schema>;
}): object {
  const { plural, group, lines } = of;
  const kind = `${plural[0]!.toUpperCase()}${plural.slice(1, -1)}`;
  const spec = { type: 'object', properties: { ...largeProperties(lines), ...of.properties } };
  const status = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      ...{ group, scope: 'Namespaced', names: { plural, kind } },
      versions: [
        {
          ...{ name: 'v1', served: true, storage: true, subresources: { status: {} } },
          schema: { openAPIV3Schema: { type: 'object', properties: { spec, status } } },
        },
      ],
    },
  };
}
