/** What expressions of webhooks and policies know beforehand: the request, and its namespace. */
import { schemaType, type Schema } from './schema-type.ts';
import { type CelType, DYN, type ObjectField } from './types.ts';

const text: Schema = { type: 'string' };
const time: Schema = { type: 'string', format: 'date-time' };
const integer: Schema = { type: 'integer' };
const list = (items: Schema): Schema => ({ type: 'array', items });
const map = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });
const object = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  properties,
});
const kind = object({ group: text, version: text, kind: text });
const resource = object({ group: text, version: text, resource: text });

/** admission.k8s.io/v1 AdmissionRequest, without the objects. */
const requestSchema = object({
  kind,
  resource,
  subResource: text,
  requestKind: kind,
  requestResource: resource,
  requestSubResource: text,
  name: text,
  namespace: text,
  operation: text,
  userInfo: object({ username: text, uid: text, groups: list(text), extra: map(list(text)) }),
  dryRun: { type: 'boolean' },
});

const namespaceSchema = object({
  metadata: object({
    name: text,
    generateName: text,
    namespace: text,
    labels: map(text),
    annotations: map(text),
    UID: text,
    creationTimestamp: time,
    deletionGracePeriodSeconds: integer,
    deletionTimestamp: time,
    generation: integer,
    resourceVersion: text,
    finalizers: list(text),
  }),
  spec: object({ finalizers: list(text) }),
  status: object({
    conditions: list(
      object({ status: text, type: text, lastTransitionTime: time, message: text, reason: text }),
    ),
    phase: text,
  }),
});

/** Fields by their own names: not escaped, as those of custom resources are. */
function fieldsOf(schema: Schema, name: string): ReadonlyMap<string, ObjectField> {
  const typed = schemaType(schema, { name })!;
  const fields = typed.kind === 'object' ? [...typed.fields().values()] : [];
  return new Map(fields.map((field) => [field.property, field]));
}

const REQUEST_NAME = 'kubernetes.AdmissionRequest';
const requestFields: ReadonlyMap<string, ObjectField> = new Map([
  ...fieldsOf(requestSchema, REQUEST_NAME),
  ['options', { type: DYN, property: 'options' }],
]);

export const REQUEST: CelType = { kind: 'object', name: REQUEST_NAME, fields: () => requestFields };

export const NAMESPACE: CelType = schemaType(namespaceSchema, { name: 'kubernetes.Namespace' })!;
