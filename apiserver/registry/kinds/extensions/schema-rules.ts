/** What a schema of a CustomResourceDefinition may not say, structural or not. */
import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import { fieldAt } from '../../../rules/field-path.ts';
import {
  isSet,
  listOf,
  propertiesOf,
  property,
  type Schema,
  schemaOf,
  schemasOf,
  structureFault,
  textOf,
} from './schema-parts.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const META = new Set(['metadata', 'kind', 'apiVersion']);

interface Place {
  readonly path: string;
  readonly root: boolean;
  /** Within apiVersion, kind or metadata of a resource. */
  readonly inMeta: boolean;
  /** Why defaults are not allowed here; undefined where they are. */
  readonly noDefaults: string | undefined;
}

export function schemaErrors(schema: Schema, path: string): FieldError[] {
  const errors: FieldError[] = [];
  visit(schema, { path, root: true, inMeta: false, noDefaults: undefined }, errors);
  return errors;
}

function visit(schema: Schema, place: Place, errors: FieldError[]): void {
  forbiddenParts(schema, place, errors);
  const { path, root, inMeta } = place;
  const below = (part: Schema | undefined, at: string, change: Partial<Place> = {}): void => {
    if (part !== undefined)
      visit(part, { ...place, root: false, path: `${path}${at}`, ...change }, errors);
  };
  const { additionalProperties: additional } = schema;
  const parts = propertiesOf(schema);
  if (isSet(additional)) {
    if (parts.length > 0 && additional !== true) {
      const detail = 'additionalProperties and properties are mutual exclusive';
      errors.push(forbidden(`${path}.additionalProperties`, detail));
    }
    const noDefaults = 'inside additionalProperties applying to object metadata';
    below(schemaOf(additional), '.additionalProperties', inMeta ? { noDefaults } : {});
  }
  for (const [name, part] of parts) {
    const isMeta = (root || schema['x-kubernetes-embedded-resource'] === true) && META.has(name);
    below(part, `.properties[${name}]`, {
      ...(isMeta ? { inMeta: true } : {}),
      ...(isMeta && root ? { noDefaults: `in top-level ${name}` } : {}),
    });
  }
  below(schemaOf(schema['not']), '.not');
  for (const key of ['allOf', 'oneOf', 'anyOf'])
    for (const [i, part] of schemasOf(schema[key]).entries()) below(part, `.${key}[${i}]`);
  below(schemaOf(schema['items']), '.items');
  extensionErrors(schema, path, errors);
  listTypeErrors(schema, path, errors);
  ruleErrors(schema, path, errors);
}

function forbiddenParts(schema: Schema, place: Place, errors: FieldError[]): void {
  const { path, noDefaults, inMeta } = place;
  const type = textOf(schema['type']);
  if (type !== '' && !TYPES.includes(type)) errors.push(notSupported(`${path}.type`, type, TYPES));
  if (isSet(schema['default']) && noDefaults !== undefined)
    errors.push(forbidden(`${path}.default`, `must not be set ${noDefaults}`));
  for (const name of ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies'])
    if (isSet(schema[name]) && schema[name] !== '')
      errors.push(forbidden(`${path}.${name}`, `${name} is not supported`));
  if (isSet(schema['$ref'])) errors.push(forbidden(`${path}.$ref`, '$ref is not supported'));
  if (type === 'null') {
    const detail = 'type cannot be set to null, use nullable as an alternative';
    errors.push(forbidden(`${path}.type`, detail));
  }
  if (Array.isArray(schema['items']))
    errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'));
  if (inMeta && schema['x-kubernetes-embedded-resource'] === true) {
    const at = `${path}.x-kubernetes-embedded-resource`;
    errors.push(forbidden(at, 'must not be used inside of resource meta'));
  }
  if (schema['uniqueItems'] === true) {
    const detail =
      'uniqueItems cannot be set to true since the runtime complexity becomes quadratic';
    errors.push(forbidden(`${path}.uniqueItems`, detail));
  }
}

/** An extension that belongs to one type, and the words it may have. */
function typedExtension(
  schema: Schema,
  of: { readonly path: string; readonly name: string; readonly type: string; words: string[] },
  errors: FieldError[],
): void {
  const { path, name, words } = of;
  const value = schema[name];
  if (!isSet(value)) return;
  const type = textOf(schema['type']);
  if (type !== of.type) {
    const detail = `must be ${of.type} if ${name} is specified`;
    errors.push(
      type === '' ? required(`${path}.type`, detail) : invalid(`${path}.type`, type, detail),
    );
  }
  if (!words.includes(textOf(value))) errors.push(notSupported(`${path}.${name}`, value, words));
}

function extensionErrors(schema: Schema, path: string, errors: FieldError[]): void {
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    const at = `${path}.x-kubernetes-preserve-unknown-fields`;
    errors.push(invalid(at, false, 'must be true or undefined'));
  }
  const map = { name: 'x-kubernetes-map-type', type: 'object', words: ['atomic', 'granular'] };
  typedExtension(schema, { path, ...map }, errors);
  const list = { name: 'x-kubernetes-list-type', type: 'array', words: ['atomic', 'set', 'map'] };
  typedExtension(schema, { path, ...list }, errors);
}

function listTypeErrors(schema: Schema, path: string, errors: FieldError[]): void {
  const listType = schema['x-kubernetes-list-type'];
  const keys = listOf(schema['x-kubernetes-list-map-keys']) as readonly string[];
  const at = `${path}.x-kubernetes-list-type`;
  if (keys.length > 0 && listType !== 'map') {
    const detail = 'must be map if x-kubernetes-list-map-keys is non-empty';
    errors.push(isSet(listType) ? invalid(at, listType, detail) : required(at, detail));
  }
  const items = schemaOf(schema['items']);
  if (listType === 'set' && items !== undefined && schema['type'] === 'array')
    setErrors(items, path, errors);
  if (listType === 'map') mapErrors({ schema, items, keys }, path, errors);
  if ((listType === 'set' || listType === 'map') && items?.['nullable'] === true) {
    const detail = `cannot be nullable when x-kubernetes-list-type is ${listType}`;
    errors.push(forbidden(`${path}.items.nullable`, detail));
  }
}

function setErrors(items: Schema, path: string, errors: FieldError[]): void {
  const detail = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const own = items['x-kubernetes-list-type'];
  if (items['type'] === 'array' && isSet(own) && own !== 'atomic')
    errors.push(invalid(`${path}.items.x-kubernetes-list-type`, own, detail));
  if (items['type'] === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
    errors.push(invalid(`${path}.items.x-kubernetes-map-type`, null, detail));
}

function mapErrors(
  of: { readonly schema: Schema; readonly items: Schema | undefined; keys: readonly string[] },
  path: string,
  errors: FieldError[],
): void {
  const { schema, items, keys } = of;
  const keysAt = `${path}.x-kubernetes-list-map-keys`;
  if (keys.length === 0) {
    errors.push(required(keysAt, 'must not be empty if x-kubernetes-list-type is map'));
  }
  if (!isSet(schema['items'])) {
    errors.push(required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'));
  }
  if (items === undefined) return;
  if (items['type'] !== 'object') {
    const detail = "must be object if parent array's x-kubernetes-list-type is map";
    errors.push(invalid(`${path}.items.type`, textOf(items['type']), detail));
    return;
  }
  const parts = new Map(propertiesOf(items));
  const seen = new Set<string>();
  for (const key of keys) {
    const part = parts.get(key);
    const at = property(`${path}.items`, key);
    if (part === undefined) {
      errors.push(invalid(keysAt, keys, 'entries must all be names of item properties'));
    } else {
      if (part['type'] === 'array' || part['type'] === 'object') {
        const detail = "must be a scalar type if parent array's x-kubernetes-list-type is map";
        errors.push(invalid(`${at}.type`, 'object', detail));
      }
      keyErrors(part, { at, required: listOf(items['required']).includes(key) }, errors);
    }
    if (seen.has(key)) errors.push(invalid(keysAt, keys, 'must not contain duplicate entries'));
    seen.add(key);
  }
}

function keyErrors(
  part: Schema,
  of: { readonly at: string; readonly required: boolean },
  errors: FieldError[],
): void {
  const why = 'this property is in x-kubernetes-list-map-keys, so it';
  if (!of.required && !isSet(part['default']))
    errors.push(
      required(`${of.at}.default`, `${why} must have a default or be a required property`),
    );
  if (part['nullable'] === true)
    errors.push(forbidden(`${of.at}.nullable`, `${why} cannot be nullable`));
}

const REASONS = [
  'FieldValueDuplicate',
  'FieldValueForbidden',
  'FieldValueInvalid',
  'FieldValueRequired',
];
const hasNewline = (text: string): boolean => /[\r\n]/.test(text);

/** The form of CEL rules; what they say is judged elsewhere. */
function ruleErrors(schema: Schema, path: string, errors: FieldError[]): void {
  for (const [i, value] of listOf(schema['x-kubernetes-validations']).entries()) {
    const at = `${path}.x-kubernetes-validations[${i}]`;
    const rule = schemaOf(value) ?? {};
    const expression = textOf(rule['rule']).trim();
    const message = textOf(rule['message']);
    if (expression === '') errors.push(required(`${at}.rule`, 'rule is not specified'));
    else if (message !== '' && message.trim() === '')
      errors.push(invalid(`${at}.message`, message, 'must be non-empty if specified'));
    else if (hasNewline(message.trim()))
      errors.push(invalid(`${at}.message`, message, 'must not contain line breaks'));
    else if (hasNewline(expression) && message === '') {
      const detail = 'message must be specified if rule contains line breaks';
      errors.push(required(`${at}.message`, detail));
    }
    const messageExpression = textOf(rule['messageExpression']);
    if (messageExpression !== '' && messageExpression.trim() === '') {
      const detail = 'messageExpression must be non-empty if specified';
      errors.push(required(`${at}.messageExpression`, detail));
    }
    const { reason } = rule;
    if (isSet(reason) && !REASONS.includes(textOf(reason)))
      errors.push(notSupported(`${at}.reason`, reason, REASONS));
    fieldPathErrors(textOf(rule['fieldPath']), { at: `${at}.fieldPath`, schema }, errors);
  }
}

function fieldPathErrors(
  path: string,
  { at, schema }: { readonly at: string; readonly schema: Schema },
  errors: FieldError[],
): void {
  if (path === '') return;
  if (path.trim() === '') errors.push(invalid(at, path, 'must be non-empty if specified'));
  if (hasNewline(path)) errors.push(invalid(at, path, 'must not contain line breaks'));
  if (!structureFault(schema) && 'fault' in fieldAt(path, schema, true))
    errors.push(invalid(at, path, 'must be a valid path'));
}
