/**
 * OpenAPI v2 (Swagger) made from our v3 documents, for clients that know nothing newer: kubectl
 * 1.27 and 1.28 refuse to apply without it.
 */
import { isObject } from '../../api/deep.ts';
import { freeName, withNames } from './remote-swagger.ts';

type Json = Readonly<Record<string, unknown>>;

const objectOf = (value: unknown): Json => (isObject(value) ? value : {});

function mapped(value: unknown, change: (item: Json) => Json): Json {
  const entries = Object.entries(objectOf(value));
  return Object.fromEntries(entries.map(([name, item]) => [name, change(objectOf(item))]));
}

/** v2 has no null: a value that may be one may be anything. */
function withoutNull(schema: Json): Json {
  if (schema['nullable'] !== true) return schema;
  const { nullable: _nullable, type: _type, properties: _properties, ...rest } = schema;
  const { items: _items, ...said } = rest;
  return said;
}

const KINDS = 'x-kubernetes-group-version-kind';

/** kubectl refuses what is beside the fields that are told of, so that none may be. */
function withoutFields(schema: Json): Json {
  if (schema['x-kubernetes-preserve-unknown-fields'] !== true) return schema;
  const kinds = schema[KINDS];
  if (kinds !== undefined) return { type: 'object', [KINDS]: kinds };
  const { type: _type, properties: _properties, items: _items, ...rest } = schema;
  if (schema['x-kubernetes-embedded-resource'] !== true) return rest;
  const { required: _required, ...embedded } = rest;
  return embedded;
}

/**
 * v3 wraps a reference in `allOf` to put a text beside it; v2 lets it stand beside. A value of
 * two types is a string with a format of its own.
 */
export function swaggerSchema(schema: Json): Json {
  const { allOf, oneOf, anyOf: _any, not: _not, default: _default, ...said } = schema;
  const { properties, items, additionalProperties, $ref, ...rest } = withoutFields(
    withoutNull(said),
  );
  const [only, ...others] = Array.isArray(allOf) ? (allOf as Json[]) : [];
  const reference = only !== undefined && others.length === 0 ? only['$ref'] : $ref;
  if (typeof reference === 'string') {
    return { ...rest, $ref: reference.replace('#/components/schemas/', '#/definitions/') };
  }
  return {
    ...rest,
    ...(Array.isArray(oneOf) && rest['type'] === undefined ? { type: 'string' } : {}),
    ...(properties === undefined ? {} : { properties: mapped(properties, swaggerSchema) }),
    ...(items === undefined ? {} : { items: swaggerSchema(objectOf(items)) }),
    ...(isObject(additionalProperties)
      ? { additionalProperties: swaggerSchema(additionalProperties) }
      : {}),
  };
}

function swaggerParameter(parameter: Json): Json {
  const { schema, ...rest } = parameter;
  return { ...rest, ...objectOf(schema) };
}

function schemaOfContent(content: unknown): Json | undefined {
  const [first] = Object.values(objectOf(content));
  const { schema } = objectOf(first);
  return schema === undefined ? undefined : swaggerSchema(objectOf(schema));
}

function bodyParameter(requestBody: unknown): Json[] {
  const { content, required } = objectOf(requestBody);
  const schema = schemaOfContent(content);
  if (schema === undefined) return [];
  return [{ name: 'body', in: 'body', ...(required === true ? { required } : {}), schema }];
}

function swaggerResponse({ content, ...rest }: Json): Json {
  const schema = schemaOfContent(content);
  return schema === undefined ? rest : { ...rest, schema };
}

function parametersOf(value: unknown): Json[] {
  return Array.isArray(value) ? (value as Json[]).map(swaggerParameter) : [];
}

function swaggerOperation(operation: Json): Json {
  const { parameters, requestBody, responses, ...rest } = operation;
  const consumes = Object.keys(objectOf(objectOf(requestBody)['content']));
  return {
    ...rest,
    ...(consumes.length === 0 ? {} : { consumes }),
    produces: ['application/json'],
    parameters: [...bodyParameter(requestBody), ...parametersOf(parameters)],
    responses: mapped(responses, swaggerResponse),
  };
}

function swaggerPath({ parameters, ...operations }: Json): Json {
  return { ...mapped(operations, swaggerOperation), parameters: parametersOf(parameters) };
}

/** The kind that a definition describes, unless it is one of many groups, like DeleteOptions. */
function kindOf(definition: Json | undefined): string | undefined {
  const kinds = definition?.[KINDS];
  if (!Array.isArray(kinds) || kinds.length !== 1) return undefined;
  const { group, version, kind } = objectOf(kinds[0]) as Readonly<Record<string, string>>;
  return `${group}/${version}/${kind}`;
}

/** Names of definitions under which others have another kind, and those they get instead. */
function renamedIn(definitions: Json, taken: Readonly<Record<string, Json>>): Map<string, string> {
  const names = new Map<string, string>();
  for (const [name, definition] of Object.entries(definitions)) {
    const kind = kindOf(objectOf(definition));
    const isFree = (candidate: string): boolean =>
      taken[candidate] === undefined || kindOf(taken[candidate]) === kind;
    const free = kind === undefined ? name : freeName(name, isFree);
    if (free !== name) names.set(name, free);
  }
  return names;
}

/** One document for all group versions. A name that several kinds would have is the first's. */
export function swagger(info: Json, documents: readonly Json[]): Json {
  const paths: Record<string, Json> = {};
  const definitions: Record<string, Json> = {};
  for (const document of documents) {
    let own = mapped(document['paths'], swaggerPath);
    let described = mapped(objectOf(document['components'])['schemas'], swaggerSchema);
    const names = renamedIn(described, definitions);
    if (names.size > 0) {
      own = withNames(own, names) as Json;
      described = Object.fromEntries(
        Object.entries(described).map(([name, definition]) => [
          names.get(name) ?? name,
          withNames(definition, names),
        ]),
      );
    }
    Object.assign(paths, own);
    Object.assign(definitions, described);
  }
  return { swagger: '2.0', info, paths, definitions };
}
