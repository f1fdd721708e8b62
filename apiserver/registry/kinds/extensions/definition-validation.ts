/** Field errors of CustomResourceDefinitions: what kube-apiserver says, where it says it. */
import { deepEqual } from '../../../../api/deep.ts';
import {
  type FieldError,
  forbidden,
  invalid,
  invalidUnshown,
  required,
} from '../../../../api/field-errors.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames as Names,
  CustomResourceDefinitionSpec as Spec,
  CustomResourceDefinitionVersion as Version,
} from '../../../../api/types/apiextensions-v1.ts';
import { MAX_PATTERNS_SIZE, patternsSize } from '../../../../api/structural/patterns.ts';
import { dns1035Label, dns1123Subdomain } from '../../../../api/validation/names.ts';
import { validateImmutable } from '../../../../api/validation/object-meta.ts';
import { oneOf } from '../checks.ts';
import { type DefaultRules, defaultErrors } from './default-rules.ts';
import { goSchema, goVersion, type Hoisted } from './go-print.ts';
import { eachSchema, type Schema, schemaOf, structureFault, textOf } from './schema-parts.ts';
import { schemaErrors } from './schema-rules.ts';
import { structuralErrors } from './structural-rules.ts';
import {
  columnErrors,
  conversionErrors,
  deprecationErrors,
  selectableFieldErrors,
  subresourceErrors,
} from './version-rules.ts';

const APPROVAL = 'api-approved.kubernetes.io';

export function validateDefinition(
  crd: CustomResourceDefinition,
  old?: CustomResourceDefinition,
): FieldError[] {
  const { spec, metadata } = crd;
  // Go's spec is there even if nobody wrote it.
  if (spec === undefined) return validateDefinition({ ...crd, spec: {} as Spec }, old);
  // Before any of them is compiled.
  if (patternsSize(spec.versions) > MAX_PATTERNS_SIZE) {
    const detail = `must have patterns of at most ${MAX_PATTERNS_SIZE} instructions in all`;
    return [forbidden('spec.versions', detail)];
  }
  const errors: FieldError[] = [];
  const named = `${spec.names?.plural ?? ''}.${spec.group ?? ''}`;
  for (const field of old === undefined ? (['generateName', 'name'] as const) : []) {
    const name = metadata[field];
    if (name === named || !name) continue;
    errors.push(invalid(`metadata.${field}`, name, 'must be spec.names.plural+"."+spec.group'));
  }
  errors.push(...specErrors(spec, old));
  if (old !== undefined) errors.push(...fixedErrors(spec, old));
  errors.push(...storedVersionErrors(crd.status?.storedVersions ?? undefined, spec.versions ?? []));
  errors.push(...approvalErrors(crd, old));
  if (spec.preserveUnknownFields === true && old?.spec.preserveUnknownFields !== true) {
    const detail =
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in ' +
      'spec.versions[*].schema instead';
    errors.push(invalid('spec.preserveUnknownFields', true, detail));
  }
  return errors;
}

/** What may not change once the names are in use, and what never may. */
function fixedErrors({ names, ...spec }: Spec, old: CustomResourceDefinition): FieldError[] {
  const before = old.spec;
  const established = old.status?.conditions?.some(
    ({ type, status }) => type === 'Established' && status === 'True',
  );
  return [
    ...(established === true
      ? [
          ...validateImmutable(spec.scope ?? '', before.scope, 'spec.scope'),
          ...validateImmutable(names?.kind ?? '', before.names.kind, 'spec.names.kind'),
        ]
      : []),
    ...validateImmutable(spec.group ?? '', before.group, 'spec.group'),
    ...validateImmutable(names?.plural ?? '', before.names.plural, 'spec.names.plural'),
  ];
}

function specErrors(spec: Spec, old: CustomResourceDefinition | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const { group = '', versions = [], names } = spec;
  const faults = dns1123Subdomain(group);
  if (group === '') errors.push(required('spec.group'));
  else if (faults.length > 0) errors.push(invalid('spec.group', group, faults.join(',')));
  else if (!group.includes('.'))
    errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'));
  errors.push(...oneOf(spec.scope, ['Cluster', 'Namespaced'], { field: 'spec.scope' }));
  const hoisted = hoistedOf(versions);
  for (const [i, { schema }] of versions.entries())
    if (schemaOf(schema?.openAPIV3Schema) === undefined)
      errors.push(required(`spec.versions[${i}].schema.openAPIV3Schema`));
  for (const [i, version] of versions.entries())
    errors.push(...versionErrors(version, { at: `spec.versions[${i}]`, hoisted, old: old?.spec }));
  errors.push(...versionListErrors(spec, hoisted));
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const)
    if (!names?.[field]) errors.push(required(`spec.names.${field}`));
  if (names !== undefined) errors.push(...nameErrors(names, 'spec.names'));
  errors.push(...hoistedErrors(versions, hoisted, old?.spec));
  const { strategy } = spec.conversion ?? {};
  if (strategy !== undefined && strategy !== 'None' && spec.preserveUnknownFields === true) {
    const detail = 'must be None if spec.preserveUnknownFields is true';
    errors.push(invalid('spec.conversion.strategy', strategy, detail));
  }
  errors.push(...conversionErrors(spec.conversion, old));
  return errors;
}

/** The versions as a whole: their names, and which of them is stored. */
function versionListErrors({ versions: list }: Spec, hoisted: Hoisted): FieldError[] {
  const versions = list ?? [];
  const errors: FieldError[] = [];
  const shown = list?.map((version) => goVersion(version, hoisted)) ?? null;
  if (new Set(versions.map(({ name }) => name)).size < versions.length)
    errors.push(invalid('spec.versions', shown, 'must contain unique version names'));
  if (versions.filter(({ storage }) => storage).length !== 1) {
    const detail = 'must have exactly one version marked as storage version';
    errors.push(invalid('spec.versions', shown, detail));
  }
  const [first] = versions;
  const wrong = first?.name ? dns1035Label(first.name) : [];
  if (wrong.length > 0) errors.push(invalid('spec.version', first!.name, wrong.join(',')));
  return errors;
}

export function nameErrors(names: Names, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const label = (name: string | undefined, at: string, prefix = ''): void => {
    if (name === undefined) return;
    const faults = dns1035Label(prefix === '' ? name : name.toLowerCase());
    if (faults.length > 0) errors.push(invalid(at, name, prefix + faults.join(',')));
  };
  const mixed = 'may have mixed case, but should otherwise match: ';
  label(names.plural || undefined, `${field}.plural`);
  label(names.singular || undefined, `${field}.singular`);
  label(names.kind || undefined, `${field}.kind`, mixed);
  label(names.listKind || undefined, `${field}.listKind`, mixed);
  for (const [i, name] of (names.shortNames ?? []).entries())
    label(name, `${field}.shortNames[${i}]`);
  if (names.kind && names.kind === names.listKind)
    errors.push(
      invalid(`${field}.listKind`, names.listKind, 'kind and listKind may not be the same'),
    );
  for (const [i, name] of (names.categories ?? []).entries())
    label(name, `${field}.categories[${i}]`);
  return errors;
}

/**
 * Kubernetes reports what all versions say alike (one version always does) as if it stood at the
 * definition's top, where v1beta1 had it.
 */
function hoistedOf(versions: readonly Version[]): Hoisted {
  const alike = (part: (version: Version) => unknown): boolean =>
    versions.every((version) => deepEqual(part(version), part(versions[0]!)));
  return {
    schema: alike(({ schema }) => schema),
    subresources: alike(({ subresources }) => subresources),
    columns: alike(({ additionalPrinterColumns: columns = [] }) => columns),
    selectable: alike(({ selectableFields = [] }) => selectableFields),
  };
}

/** What a version says for itself alone. */
function versionErrors(
  version: Version,
  of: { readonly at: string; readonly hoisted: Hoisted; readonly old: Spec | undefined },
): FieldError[] {
  const { at, hoisted, old } = of;
  const errors: FieldError[] = [];
  const faults = dns1035Label(version.name ?? '');
  if (faults.length > 0) errors.push(invalid(`${at}.name`, version.name, faults.join(',')));
  const { deprecated, deprecationWarning, subresources, selectableFields = [] } = version;
  const warningAt = `${at}.deprecationWarning`;
  errors.push(...deprecationErrors(deprecated === true, deprecationWarning, warningAt));
  if (!hoisted.schema) {
    const status = subresources?.status !== undefined;
    errors.push(...schemaErrorsOf(version, { field: `${at}.schema`, status, old }));
  }
  if (!hoisted.subresources) errors.push(...subresourceErrors(subresources, `${at}.subresources`));
  if (!hoisted.columns) {
    const columns = version.additionalPrinterColumns ?? [];
    errors.push(...columnErrors(columns, `${at}.additionalPrinterColumns`));
  }
  if (hoisted.selectable || selectableFields.length === 0) return errors;
  const schema = schemaOf(version.schema?.openAPIV3Schema);
  if (schema === undefined || hoisted.schema) {
    // Where the schema is that of all versions, kube-apiserver finds none here.
    const detail = 'may only be set when `version.schema.openAPIV3Schema` is not included';
    return [...errors, invalid(`${at}.selectableFields`, '', detail)];
  }
  return [...errors, ...selectableFieldErrors(selectableFields, schema, `${at}.selectableFields`)];
}

/** What all versions say. */
function hoistedErrors(
  versions: readonly Version[],
  hoisted: Hoisted,
  old: Spec | undefined,
): FieldError[] {
  const [first] = versions;
  if (first === undefined) return [];
  const errors: FieldError[] = [];
  const schema = schemaOf(first.schema?.openAPIV3Schema);
  const { subresources, additionalPrinterColumns: columns = [], selectableFields = [] } = first;
  if (hoisted.schema) {
    const status = versions.some((version) => version.subresources?.status !== undefined);
    errors.push(...schemaErrorsOf(first, { field: 'spec.validation', status, old }));
  }
  if (hoisted.subresources) errors.push(...subresourceErrors(subresources, 'spec.subresources'));
  if (hoisted.columns) errors.push(...columnErrors(columns, 'spec.additionalPrinterColumns'));
  if (!hoisted.selectable || selectableFields.length === 0) return errors;
  if (!hoisted.schema || schema === undefined) {
    const detail = 'may only be set when validations.schema is included';
    return [...errors, invalid('spec.selectableFields', '', detail)];
  }
  return [...errors, ...selectableFieldErrors(selectableFields, schema, 'spec.selectableFields')];
}

const ROOT_FIELDS = [
  ...['Description', 'Type', 'Format', 'Title', 'Maximum', 'ExclusiveMaximum', 'Minimum'],
  ...['ExclusiveMinimum', 'MaxLength', 'MinLength', 'Pattern', 'MaxItems', 'MinItems'],
  ...['UniqueItems', 'MultipleOf', 'Required', 'Items', 'Properties', 'ExternalDocs', 'Example'],
  ...['XPreserveUnknownFields', 'XValidations'],
];

/** "x-kubernetes-validations" → "XValidations", "type" → "Type": Go's names of the fields. */
function goField(name: string): string {
  const words = name.replace(/^x-kubernetes-/, 'x-').split('-');
  return words.map((word) => `${word[0]?.toUpperCase() ?? ''}${word.slice(1)}`).join('');
}

/** Schemas this deep are refused: recursion over them has an end. */
const MAX_DEPTH = 200;

function depthOf(schema: Schema): number {
  let deepest = 0;
  const visit = (part: unknown, depth: number): void => {
    if (depth > deepest) deepest = depth;
    if (depth > MAX_DEPTH || typeof part !== 'object' || part === null) return;
    for (const child of Object.values(part)) visit(child, depth + 1);
  };
  visit(schema, 0);
  return deepest;
}

/** A schema that is as it was has been judged, but for what a status forbids at its root. */
function schemaErrorsOf(
  version: Version,
  of: { readonly field: string; readonly status: boolean; readonly old: Spec | undefined },
): FieldError[] {
  const { field, status, old } = of;
  const schema = schemaOf(version.schema?.openAPIV3Schema);
  if (schema === undefined) return [];
  const path = `${field}.openAPIV3Schema`;
  if (depthOf(schema) > MAX_DEPTH)
    return [invalidUnshown(path, `must not be nested deeper than ${MAX_DEPTH} levels`)];
  const errors = status ? rootErrors(schema, path) : [];
  const before = old?.versions.find(({ name }) => name === version.name);
  const unchanged = before !== undefined && deepEqual(before.schema, version.schema);
  return unchanged ? errors : wholeSchemaErrors(schema, path, errors);
}

/** The status is judged by itself, so the root may say nothing about the whole. */
function rootErrors(schema: Schema, path: string): FieldError[] {
  const type = textOf(schema['type']);
  if (type !== '' && type !== 'object') {
    const detail =
      'only "object" is allowed as the type at the root of the schema if the status ' +
      'subresource is enabled';
    return [invalid(`${path}.type`, type, detail)];
  }
  if (Object.keys(schema).every((name) => ROOT_FIELDS.includes(goField(name)))) return [];
  const detail =
    `only [${ROOT_FIELDS.join(' ')}] fields are allowed at the root of the schema if the ` +
    'status subresource is enabled';
  return [invalid(path, goSchema(schema), detail)];
}

function wholeSchemaErrors(schema: Schema, path: string, errors: FieldError[]): FieldError[] {
  if (schema['nullable'] === true)
    errors.push(forbidden(`${path}.nullable`, 'nullable cannot be true at the root'));
  const unstructured = structureFault(schema);
  const structural = unstructured === undefined ? structuralErrors(schema, path) : [];
  errors.push(...structural);
  const uses = usesOf(schema);
  if (uses.defaults && structural.length === 0 && unstructured === undefined)
    errors.push(...defaultErrors(schema, path, rules!.onDefaults()));
  errors.push(...schemaErrors(schema, path));
  if (errors.length === 0 && unstructured !== undefined)
    errors.push(invalid(path, '', unstructured));
  // Types of a schema that is wrong say nothing helpful about its rules.
  if (errors.length === 0 && uses.rules) errors.push(...rules!.ofSchema(schema, path));
  return errors;
}

function usesOf(schema: Schema): { readonly defaults: boolean; readonly rules: boolean } {
  const uses = { defaults: false, rules: false };
  eachSchema(schema, (part) => {
    if (part['default'] !== undefined && part['default'] !== null) uses.defaults = true;
    if (part['x-kubernetes-validations'] !== undefined) uses.rules = true;
  });
  return uses;
}

function storedVersionErrors(
  stored: readonly string[] | undefined,
  versions: readonly Version[],
): FieldError[] {
  const field = 'status.storedVersions';
  if (stored === undefined || stored.length === 0)
    return [invalid(field, stored, 'must have at least one stored version')];
  const errors: FieldError[] = [];
  const left = new Set(stored);
  for (const { name, storage } of versions) {
    if (storage && !left.has(name))
      errors.push(invalid(field, stored, `must have the storage version ${name}`));
    left.delete(name);
  }
  for (const [i, name] of stored.entries()) {
    if (!left.has(name)) continue;
    const detail =
      `missing from spec.versions; ${name} was previously a storage version, and must remain in ` +
      `spec.versions until a storage migration ensures no data remains persisted in ${name} and ` +
      `removes ${name} from status.storedVersions`;
    errors.push(invalid(`${field}[${i}]`, name, detail));
  }
  return errors;
}

interface Rules {
  ofSchema(schema: Schema, path: string): FieldError[];
  /** For the defaults of one schema, whose rules share a budget. */
  onDefaults(): DefaultRules;
}

let rules: Rules | undefined;

/** CEL is large: it is loaded with the first definition that is written. */
export async function loadRules(): Promise<void> {
  if (rules !== undefined) return;
  const [{ ruleSchemaErrors }, { defaultRules }] = await Promise.all([
    import('../../../rules/rule-costs.ts'),
    import('../../../rules/default-rules.ts'),
  ]);
  rules = { ofSchema: ruleSchemaErrors, onDefaults: defaultRules };
}

type Approval = 'missing' | 'bypassed' | 'approved' | 'invalid';

function approvalOf({ metadata }: CustomResourceDefinition): Approval {
  const text = metadata.annotations?.[APPROVAL] ?? '';
  if (text === '') return 'missing';
  if (text.startsWith('unapproved')) return 'bypassed';
  return URL.canParse(text) && new URL(text).host !== '' ? 'approved' : 'invalid';
}

/** True for groups that belong to the Kubernetes community. */
function isProtectedGroup(group: string): boolean {
  return ['k8s.io', 'kubernetes.io'].some((own) => group === own || group.endsWith(`.${own}`));
}

function approvalErrors(
  crd: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
): FieldError[] {
  if (!isProtectedGroup(crd.spec.group ?? '')) return [];
  const state = approvalOf(crd);
  if (old !== undefined && approvalOf(old) === state) return [];
  const field = `metadata.annotations[${APPROVAL}]`;
  const see = 'see https://github.com/kubernetes/enhancements/pull/1111';
  const must = `protected groups must have approval annotation "${APPROVAL}"`;
  if (state === 'missing') return [required(field, `${must}, ${see}`)];
  if (state !== 'invalid') return [];
  const detail = `${must} with either a URL or a reason starting with "unapproved", ${see}`;
  return [invalid(field, crd.metadata.annotations?.[APPROVAL], detail)];
}
