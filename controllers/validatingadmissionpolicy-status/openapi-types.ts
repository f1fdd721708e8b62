/**
 * Types of what a policy is about, from the server's OpenAPI v3: every kind that is served, custom
 * and aggregated ones too.
 */
import { isStatus } from '../../api/status.ts';
import { type Schema, schemaType } from '../../api/cel/schema-type.ts';
import type { CelType } from '../../api/cel/types.ts';
import type { RestClient } from '../../client/rest.ts';
import { kindText, type Kind } from './matched.ts';

/** Documents kept: a policy asks for few, and many policies for the same. */
const MAX_DOCUMENTS = 8;

type Json = Readonly<Record<string, unknown>>;

interface Document {
  readonly components?: { readonly schemas?: Readonly<Record<string, Json>> };
}

interface Index {
  readonly paths?: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
}

export class OpenApiTypes {
  readonly #client: RestClient;
  /** By URL, which has the hash of what it leads to; the latest used last. */
  readonly #documents = new Map<string, Document>();

  constructor(client: RestClient) {
    this.#client = client;
  }

  /** Undefined for a kind that nobody describes. */
  async typeOf(kind: Kind): Promise<CelType | undefined> {
    const schemas = (await this.#document(kind))?.components?.schemas ?? {};
    const own = Object.values(schemas).find((schema) => describes(schema, kind));
    if (own === undefined) return undefined;
    const schema = resolved(own, schemas);
    const resource = schema.properties?.['metadata']?.properties === undefined;
    return schemaType(schema, { name: kind.kind, resource });
  }

  async #document({ group, version }: Kind): Promise<Document | undefined> {
    const index = (await this.#client.getPath('/openapi/v3')) as Index;
    const path = group === '' ? `api/${version}` : `apis/${group}/${version}`;
    const url = index.paths?.[path]?.serverRelativeURL;
    if (url === undefined) return undefined;
    const document = this.#documents.get(url) ?? (await this.#fetched(url));
    this.#documents.delete(url);
    if (document !== undefined) this.#documents.set(url, document);
    for (const oldest of this.#documents.keys()) {
      if (this.#documents.size <= MAX_DOCUMENTS) break;
      this.#documents.delete(oldest);
    }
    return document;
  }

  async #fetched(url: string): Promise<Document | undefined> {
    try {
      return (await this.#client.getPath(url)) as Document;
    } catch (error) {
      // Its group has gone since the index was read.
      if (isStatus(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}

function describes(schema: Json, kind: Kind): boolean {
  const kinds = schema['x-kubernetes-group-version-kind'];
  return Array.isArray(kinds) && kinds.some((one: Kind) => kindText(one) === kindText(kind));
}

const PREFIX = '#/components/schemas/';

/** A schema whose references are followed when they are come to: they may lead in a circle. */
function resolved(json: Json, schemas: Readonly<Record<string, Json>>): Schema {
  const { properties, items, additionalProperties, ...own } = target(json, schemas);
  const part = (below: unknown): Schema => resolved(below as Json, schemas);
  const schema = {
    ...own,
    'x-kubernetes-int-or-string':
      own['format'] === 'int-or-string' || own['x-kubernetes-int-or-string'] === true,
  };
  const lazily = (name: keyof Schema, get: () => unknown): unknown =>
    Object.defineProperty(schema, name, { get });
  if (properties !== undefined)
    lazily('properties', () =>
      Object.fromEntries(Object.entries(properties as Json).map(([name, of]) => [name, part(of)])),
    );
  if (items !== undefined) lazily('items', () => part(items));
  if (typeof additionalProperties === 'object' && additionalProperties !== null)
    lazily('additionalProperties', () => part(additionalProperties));
  else Object.assign(schema, { additionalProperties });
  return schema;
}

/** What a schema refers to, also where a description beside it made it a list of one. */
function target(json: Json, schemas: Readonly<Record<string, Json>>): Json {
  const all = (json['allOf'] ?? []) as readonly Json[];
  const reference = [json, ...all].map((each) => each['$ref']).find((each) => each !== undefined);
  return (reference && schemas[(reference as string).slice(PREFIX.length)]) || json;
}
