import { isObject } from '../api/deep.ts';
import { type Descriptions, openApiSchemas, schemaName } from '../api/schema/openapi.ts';
import type { GroupVersionKind } from '../api/schema/table.ts';
import type { Disk } from '../platform/files/disk.ts';
import type { SchemaSource } from './discovery/openapi.ts';
import type { CustomSchema } from './extensions/definitions.ts';

/** The texts of `kubectl explain`, or undefined where none were built. */
export type ReadDescriptions = () => Promise<Descriptions | undefined>;

/** Where the build puts them, seen from the compiled sources and from the sources themselves. */
const places = ['../api/schema/descriptions.json', '../dist/api/schema/descriptions.json'];

/** Reads what scripts/build-descriptions.mjs made. A damaged file counts as none. */
export function readDescriptions(disk: Disk): ReadDescriptions {
  return async () => {
    for (const place of places) {
      const { pathname } = new URL(place, import.meta.url);
      const bytes = await disk.read(decodeURIComponent(pathname)).catch(() => undefined);
      if (bytes === undefined) continue;
      try {
        return JSON.parse(Buffer.from(bytes).toString('utf8')) as Descriptions;
      } catch {
        return undefined;
      }
    }
    return undefined;
  };
}

type Json = Readonly<Record<string, unknown>>;

/** Undefined if there is no custom resource of this kind. */
export type CustomSchemas = (kind: GroupVersionKind) => CustomSchema | undefined;

const CONVENTIONS =
  'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';
/** Kubernetes' texts of fields that refer to a type of their own, which the package leaves out. */
const OBJECT_METADATA = `Standard object's metadata. More info: ${CONVENTIONS}#metadata`;
/** Of an embedded resource. */
const EMBEDDED_API_VERSION =
  'apiVersion defines the versioned schema of this representation of an object. ' +
  `More info: ${CONVENTIONS}#resources`;
const EMBEDDED_KIND =
  'kind is a string value representing the type of this object. In CamelCase. ' +
  `More info: ${CONVENTIONS}#types-kinds`;
const LIST_METADATA = `Standard list metadata. More info: ${CONVENTIONS}#types-kinds`;

/** Schemas from the tables, with texts that are read when the first document is asked for. */
export function openApiSource(read: ReadDescriptions, custom?: CustomSchemas): SchemaSource {
  let descriptions: Descriptions | undefined;
  let reading: Promise<void> | undefined;
  return {
    nameOf: schemaName,
    prepare() {
      reading ??= read().then((found) => {
        descriptions = found;
      });
      return reading;
    },
    schemas(kinds) {
      const own = customSchemas(kinds, { custom, texts: descriptions?.['core-v1.ConfigMap'] });
      const meta = own.length === 0 ? [] : [metaKind('ObjectMeta'), metaKind('ListMeta')];
      return { ...openApiSchemas([...kinds, ...meta], descriptions), ...Object.fromEntries(own) };
    },
  };
}

/**
 * A schema as it is told of: without what is nothing to a server, and with what embedded
 * resources (x-kubernetes-embedded-resource) have beyond what is said of them.
 */
function published(whole: Json, meta: Json): Json {
  const inner = (part: unknown): unknown => (isObject(part) ? published(part, meta) : part);
  const { example: _example, externalDocs: _docs, ...schema } = whole;
  const { properties, items, additionalProperties } = schema;
  const parts = isObject(properties)
    ? Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, inner(part)]))
    : undefined;
  const deep = {
    ...schema,
    ...(parts === undefined ? {} : { properties: parts }),
    ...(items === undefined ? {} : { items: inner(items) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: inner(additionalProperties) }),
  };
  if (schema['x-kubernetes-embedded-resource'] !== true) return deep;
  const required = (schema['required'] as readonly string[] | undefined) ?? [];
  const missing = ['kind', 'apiVersion'].filter((name) => !required.includes(name));
  return { ...deep, properties: { ...parts, ...meta }, required: [...required, ...missing] };
}

const metaKind = (kind: string): GroupVersionKind => ({ group: '', version: 'meta/v1', kind });

/** Custom resources and their lists, with the fields that every object has. */
function customSchemas(
  kinds: readonly GroupVersionKind[],
  of: {
    readonly custom: CustomSchemas | undefined;
    readonly texts: Readonly<Record<string, string>> | undefined;
  },
): [name: string, schema: object][] {
  const { custom, texts } = of;
  if (custom === undefined) return [];
  const described = (name: string, schema: object): object => {
    const description = texts?.[name];
    return description === undefined ? schema : { description, ...schema };
  };
  const toKind = (kind: GroupVersionKind): object => ({
    $ref: `#/components/schemas/${schemaName(kind)}`,
  });
  const toMeta = (kind: string, description: string): object => ({
    description,
    allOf: [toKind(metaKind(kind))],
  });
  const identity = {
    apiVersion: described('apiVersion', { type: 'string' }),
    kind: described('kind', { type: 'string' }),
  };
  const embedded = {
    apiVersion: { type: 'string', description: EMBEDDED_API_VERSION },
    kind: { type: 'string', description: EMBEDDED_KIND },
  };
  const metadata = toMeta('ObjectMeta', OBJECT_METADATA);
  return kinds.flatMap((kind) => {
    const found = custom(kind);
    if (found === undefined) return [];
    const whole = published(found.schema, { ...embedded, metadata });
    const { properties = {}, ...rest } = whole as { properties?: object };
    const fields = found.selectable.map((fieldPath) => ({ fieldPath }));
    const selectable = fields.length === 0 ? {} : { 'x-kubernetes-selectable-fields': fields };
    const list = { ...kind, kind: `${kind.kind}List` };
    const items = {
      description: `List of ${found.plural}. More info: ${CONVENTIONS}`,
      type: 'array',
      items: toKind(kind),
    };
    return [
      [
        schemaName(kind),
        {
          ...rest,
          properties: { ...properties, ...identity, metadata },
          'x-kubernetes-group-version-kind': [kind],
          ...selectable,
        },
      ],
      [
        schemaName(list),
        {
          description: `${list.kind} is a list of ${kind.kind}`,
          type: 'object',
          required: ['items'],
          properties: { ...identity, items, metadata: toMeta('ListMeta', LIST_METADATA) },
          'x-kubernetes-group-version-kind': [list],
          ...selectable,
        },
      ],
    ] as [string, object][];
  });
}
