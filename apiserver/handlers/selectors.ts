import type { KubernetesObject } from '../../api/meta.ts';
import { statusError } from '../../api/status.ts';
import {
  type FieldRequirement,
  matchesFields,
  parseFieldSelector,
  requiredFieldValue,
} from '../../api/selector/field.ts';
import { matchesLabels } from '../../api/selector/label.ts';
import { parseLabelSelector } from '../../api/selector/label-parser.ts';
import type { ResourceDeclaration, SelectableField } from '../registry/declaration.ts';
import type { Scope, Selectable } from '../registry/resource-store.ts';
import { namespaceOf, type Target } from './target.ts';

const NAME = 'metadata.name';
const NAMESPACE = 'metadata.namespace';

export interface Selectors {
  readonly labels: ReturnType<typeof parseLabelSelector>;
  readonly fields: readonly FieldRequirement[];
}

/** Whether the kind knows the fields is not asked yet. */
export function selectorsOf(query: URLSearchParams): Selectors {
  return {
    labels: parseLabelSelector(query.get('labelSelector') ?? ''),
    fields: parseFieldSelector(query.get('fieldSelector') ?? ''),
  };
}

/** The part of a collection that path and selectors of a list or watch describe. */
export function scopeOf(target: Target, { labels, fields: asked }: Selectors): Scope {
  const { request, store } = target;
  const fields = fieldsOf(store.declaration, asked);
  // The deprecated watch path of one object.
  const { name } = request.info;
  if (name !== '') {
    if (fields.length > 0 && requiredFieldValue(fields, NAME) !== name)
      throw statusError('BadRequest', `fieldSelector ${NAME} doesn't match requested name`);
    fields.push({ field: NAME, operator: '=', value: name });
  }
  const namespace = namespaceOf(target) || namespaceRequired(store.declaration, fields);
  if (labels.length === 0 && fields.length === 0) return { namespace };
  const { selectableFields } = store.declaration;
  const matches = (object: Selectable): boolean =>
    (labels.length === 0 || matchesLabels(labels, object.ask('metadata.labels', labelsOf))) &&
    (fields.length === 0 ||
      matchesFields(fields, (field) =>
        object.ask(field, (value) => valueOf(value, field, selectableFields)),
      ));
  return { namespace, predicate: { matches, name: requiredFieldValue(fields, NAME) } };
}

const labelsOf = ({ metadata }: KubernetesObject) => metadata.labels;

/** Throws BadRequest for a field that objects of this kind cannot be selected by. */
function fieldsOf(
  declaration: ResourceDeclaration,
  asked: readonly FieldRequirement[],
): FieldRequirement[] {
  // That no field is nothing says nothing, to Kubernetes.
  const fields = asked.filter(({ field, value }) => field !== '' || value !== '');
  for (const { field } of fields) {
    const known =
      field === NAME ||
      (field === NAMESPACE && declaration.type.namespaced) ||
      Object.hasOwn(declaration.selectableFields ?? {}, field);
    if (!known) throw statusError('BadRequest', unknownField(declaration, field));
  }
  return fields;
}

/** Kinds with fields of their own are told apart by what Kubernetes says of others. */
function unknownField({ selectableFields }: ResourceDeclaration, field: string): string {
  if (selectableFields !== undefined) return `field label not supported: ${field}`;
  const known = `only "${NAME}", "${NAMESPACE}"`;
  return `${JSON.stringify(field)} is not a known field selector: ${known}`;
}

function valueOf(
  object: KubernetesObject,
  field: string,
  selectable: Readonly<Record<string, SelectableField<KubernetesObject>>> | undefined,
): string | undefined {
  if (field === NAME) return object.metadata.name;
  if (field === NAMESPACE) return object.metadata.namespace;
  return selectable?.[field]?.(object);
}

/** A list across namespaces that asks for one of them need not look at the others. */
function namespaceRequired(
  { type }: ResourceDeclaration,
  fields: readonly FieldRequirement[],
): string {
  return type.namespaced ? (requiredFieldValue(fields, NAMESPACE) ?? '') : '';
}
