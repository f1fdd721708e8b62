/** Schemas and versions as Kubernetes prints them in messages: its internal types as JSON. */
import { isObject } from '../../../../api/deep.ts';
import type * as v1 from '../../../../api/types/apiextensions-v1.ts';
import type { Schema } from './schema-parts.ts';

const list = (value: unknown): unknown => (Array.isArray(value) ? value.map(goSchema) : null);

function map(value: unknown): unknown {
  if (!isObject(value)) return null;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, goSchema(value[name])]));
}

function orBool(value: unknown): unknown {
  if (isObject(value)) return { Allows: true, Schema: goSchema(value) };
  return typeof value === 'boolean' ? { Allows: value, Schema: null } : null;
}

type Version = v1.CustomResourceDefinitionVersion;

/** Fields in the order of Go's struct; pointers and lists that are not there are null. */
export function goSchema(value: unknown): unknown {
  if (!isObject(value)) return null;
  const text = (name: string): unknown => value[name] ?? '';
  const flag = (name: string): unknown => value[name] ?? false;
  const any = (name: string): unknown => value[name] ?? null;
  const { items, dependencies } = value;
  return {
    ID: text('id'),
    Schema: text('$schema'),
    Ref: any('$ref'),
    Description: text('description'),
    Type: text('type'),
    Nullable: flag('nullable'),
    Format: text('format'),
    Title: text('title'),
    Default: any('default'),
    Maximum: any('maximum'),
    ExclusiveMaximum: flag('exclusiveMaximum'),
    Minimum: any('minimum'),
    ExclusiveMinimum: flag('exclusiveMinimum'),
    MaxLength: any('maxLength'),
    MinLength: any('minLength'),
    Pattern: text('pattern'),
    MaxItems: any('maxItems'),
    MinItems: any('minItems'),
    UniqueItems: flag('uniqueItems'),
    MultipleOf: any('multipleOf'),
    Enum: any('enum'),
    MaxProperties: any('maxProperties'),
    MinProperties: any('minProperties'),
    Required: any('required'),
    Items: items === undefined ? null : { Schema: goSchema(items), JSONSchemas: list(items) },
    AllOf: list(value['allOf']),
    OneOf: list(value['oneOf']),
    AnyOf: list(value['anyOf']),
    Not: goSchema(value['not']),
    Properties: map(value['properties']),
    AdditionalProperties: orBool(value['additionalProperties']),
    PatternProperties: map(value['patternProperties']),
    Dependencies: isObject(dependencies) ? dependenciesOf(dependencies) : null,
    AdditionalItems: orBool(value['additionalItems']),
    Definitions: map(value['definitions']),
    ExternalDocs: docs(value['externalDocs']),
    Example: any('example'),
    XPreserveUnknownFields: any('x-kubernetes-preserve-unknown-fields'),
    XEmbeddedResource: flag('x-kubernetes-embedded-resource'),
    XIntOrString: flag('x-kubernetes-int-or-string'),
    XListMapKeys: any('x-kubernetes-list-map-keys'),
    XListType: any('x-kubernetes-list-type'),
    XMapType: any('x-kubernetes-map-type'),
    XValidations: rules(value['x-kubernetes-validations']),
  };
}

function dependenciesOf(value: Schema): unknown {
  const one = (part: unknown): unknown =>
    Array.isArray(part)
      ? { Schema: null, Property: part }
      : { Schema: goSchema(part), Property: null };
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, one(value[name])]));
}

function docs(value: unknown): unknown {
  if (!isObject(value)) return null;
  return { Description: value['description'] ?? '', URL: value['url'] ?? '' };
}

function rules(value: unknown): unknown {
  if (!Array.isArray(value)) return null;
  return value.map((rule: Schema) => ({
    Rule: rule['rule'],
    Message: rule['message'] ?? '',
    MessageExpression: rule['messageExpression'] ?? '',
    Reason: rule['reason'] ?? null,
    FieldPath: rule['fieldPath'] ?? '',
    OptionalOldSelf: rule['optionalOldSelf'] ?? null,
  }));
}

/** What all versions have alike; Kubernetes holds it once, beside the versions. */
export interface Hoisted {
  readonly schema: boolean;
  readonly subresources: boolean;
  readonly columns: boolean;
  readonly selectable: boolean;
}

export function goVersion(version: Version, hoisted: Hoisted): unknown {
  const { schema, subresources, additionalPrinterColumns, selectableFields } = version;
  return {
    Name: version.name,
    Served: version.served,
    Storage: version.storage,
    Deprecated: version.deprecated ?? false,
    DeprecationWarning: version.deprecationWarning ?? null,
    Schema:
      hoisted.schema || schema === undefined
        ? null
        : { OpenAPIV3Schema: goSchema(schema.openAPIV3Schema) },
    Subresources: hoisted.subresources ? null : goSubresources(subresources),
    AdditionalPrinterColumns: hoisted.columns ? null : goColumns(additionalPrinterColumns),
    SelectableFields: hoisted.selectable
      ? null
      : (selectableFields?.map(({ jsonPath }) => ({ JSONPath: jsonPath })) ?? null),
  };
}

function goSubresources(value: Version['subresources']): unknown {
  if (value === undefined) return null;
  const { status, scale } = value;
  return {
    Status: status === undefined ? null : {},
    Scale:
      scale === undefined
        ? null
        : {
            SpecReplicasPath: scale.specReplicasPath,
            StatusReplicasPath: scale.statusReplicasPath,
            LabelSelectorPath: scale.labelSelectorPath ?? null,
          },
  };
}

function goColumns(columns: Version['additionalPrinterColumns']): unknown {
  if (columns === undefined || columns.length === 0) return null;
  return columns.map((column) => ({
    Name: column.name,
    Type: column.type,
    Format: column.format ?? '',
    Description: column.description ?? '',
    Priority: column.priority ?? 0,
    JSONPath: column.jsonPath,
  }));
}
