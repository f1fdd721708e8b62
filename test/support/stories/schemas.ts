/** Schemas of the objects that the stories are about, and where these are. */
type Json = Readonly<Record<string, unknown>>;

export const string = { type: 'string' };
export const integer = { type: 'integer' };
export const object = (properties: Json, more: Json = {}): Json => ({
  type: 'object',
  properties,
  ...more,
});
export const list = (items: Json, more: Json = {}): Json => ({ type: 'array', items, ...more });
export const ruled = (schema: Json, ...rules: readonly Json[]): Json => ({
  ...schema,
  'x-kubernetes-validations': rules,
});

const item = object(
  {
    name: string,
    port: { ...integer, default: 80 },
    value: string,
    tags: list(string, { 'x-kubernetes-list-type': 'set' }),
  },
  { required: ['name'] },
);

/** Of the spec. */
export const fields: Json = {
  size: { ...integer, minimum: 1, maximum: 5 },
  even: { ...integer, multipleOf: 2 },
  name: { ...string, pattern: '^[a-z]+$', minLength: 2, maxLength: 5 },
  color: { ...string, enum: ['red', 'green'], default: 'red' },
  when: { ...string, format: 'date-time' },
  day: { ...string, format: 'date' },
  bytes: { ...string, format: 'byte' },
  address: { ...string, format: 'ipv4' },
  id: { ...string, format: 'uuid' },
  mail: { ...string, format: 'email' },
  lasts: { ...string, format: 'duration' },
  small: { ...integer, format: 'int32' },
  ratio: { type: 'number', exclusiveMinimum: true, minimum: 0 },
  flag: { type: 'boolean' },
  nothing: { ...string, nullable: true, default: 'some' },
  either: { 'x-kubernetes-int-or-string': true },
  percent: {
    'x-kubernetes-int-or-string': true,
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    pattern: '^[0-9]+%$',
  },
  free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  any: { 'x-kubernetes-preserve-unknown-fields': true },
  inner: {
    type: 'object',
    'x-kubernetes-embedded-resource': true,
    'x-kubernetes-preserve-unknown-fields': true,
  },
  pod: object(
    { spec: object({ size: integer }) },
    { 'x-kubernetes-embedded-resource': true, required: ['spec'] },
  ),
  map: { type: 'object', additionalProperties: { ...string, maxLength: 2 }, maxProperties: 2 },
  ports: list(item, {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name', 'port'],
  }),
  tags: list({ ...string, minLength: 1 }, { 'x-kubernetes-list-type': 'set', maxItems: 3 }),
  plain: list(item, { minItems: 1 }),
  choice: object(
    { a: string, b: string, c: string },
    {
      oneOf: [{ required: ['a'] }, { required: ['b'] }],
      not: { required: ['c'] },
    },
  ),
  some: object({ a: string, b: string }, { anyOf: [{ required: ['a'] }, { required: ['b'] }] }),
  full: object(
    { a: { ...integer, default: 1 }, b: object({ c: { ...string, default: 'd' } }) },
    { default: {} },
  ),
  needy: object({ must: string }, { required: ['must', 'also'] }),
  ruled: ruled(
    object({ low: integer, high: integer, kept: string, text: string }),
    {
      rule: '!has(self.low) || !has(self.high) || self.low <= self.high',
      message: 'low above high',
      fieldPath: '.low',
    },
    {
      rule: '!has(self.low) || self.low >= 0',
      messageExpression: '"low is " + (self.low < -5 ? "deep" : "shallow")',
      reason: 'FieldValueForbidden',
    },
    {
      rule: '!has(self.kept) || !has(oldSelf.kept) || self.kept == oldSelf.kept',
      message: 'kept is kept',
      reason: 'FieldValueInvalid',
    },
    {
      rule: '!has(self.text) || self.text != "bad"',
      reason: 'FieldValueRequired',
      fieldPath: '.text',
    },
    {
      rule: '!has(self.text) || self.text != "dup"',
      reason: 'FieldValueDuplicate',
      messageExpression: '""',
      message: 'plain',
    },
    { rule: '!has(self.text) || int(self.text) < 100' },
  ),
  once: ruled(string, {
    rule: 'oldSelf.hasValue() ? self == oldSelf.value() : self != "no"',
    optionalOldSelf: true,
  }),
};

export const schema = object({
  spec: object(fields),
  status: object({ ready: { type: 'boolean' }, phase: { ...string, enum: ['On', 'Off'] } }),
});

const API = '/apis/story.example.com/v1';
export const at = (plural: string): string => `${API}/namespaces/default/${plural}`;
export const TRY = '?dryRun=All&fieldValidation=Warn';

export const objectOf = (kind: string, name: string, more: Json): Json => ({
  apiVersion: 'story.example.com/v1',
  kind,
  metadata: { name },
  ...more,
});
