/** One version of a custom resource as a declaration: from then on it is a kind like any other. */
import { compareVersions } from '../../api/api-version.ts';
import { type FieldError, invalid } from '../../api/field-errors.ts';
import type { KubernetesObject, Mutable } from '../../api/meta.ts';
import type { ResourceType } from '../../api/resource.ts';
import { decodeCustomObject } from '../../api/structural/custom-object.ts';
import { applySchemaDefaults } from '../../api/structural/defaulting.ts';
import { validateEmbedded } from '../../api/structural/embedded.ts';
import { validateListTypes } from '../../api/structural/list-types.ts';
import { validateBySchema } from '../../api/structural/validate.ts';
import { qualifiedName } from '../../api/validation/names.ts';
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
} from '../../api/types/apiextensions-v1.ts';
import type {
  ResourceDeclaration,
  SelectableField,
  Structure,
  Subresource,
} from '../registry/declaration.ts';
import type { Warn } from '../registry/warn.ts';
import { customPrinter } from './custom-printer.ts';
import { customScale, validateScale } from './custom-scale.ts';
import { stepsOf, valueAt } from './paths.ts';
import type { VersionSchema } from './version-schema.ts';

export type CustomResource = KubernetesObject & Readonly<Record<string, unknown>>;

const TERMINATING = 'create not allowed while custom resource definition is terminating';

const ALL_VERBS = [
  ...(['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'] as const),
];

/** Below /registry/. */
export function storagePrefixOf({ spec }: CustomResourceDefinition): string {
  return `${spec.group}/${spec.names.plural}`;
}

export function typeOfVersion(
  { spec, status }: CustomResourceDefinition,
  version: string,
): ResourceType {
  const names = status?.acceptedNames ?? spec.names;
  return {
    group: spec.group,
    version,
    resource: names.plural,
    kind: names.kind,
    namespaced: spec.scope === 'Namespaced',
  };
}

export function customKind(
  crd: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  schema: VersionSchema,
): ResourceDeclaration {
  const type = typeOfVersion(crd, version.name);
  const names = crd.status?.acceptedNames ?? crd.spec.names;
  const { scale, status } = version.subresources ?? {};
  const validate = (object: KubernetesObject, old?: KubernetesObject, warn?: Warn): FieldError[] =>
    withRules(schema, { value: object, old, warn }, [
      ...validateBySchema(schema.root, { value: object, old }),
      ...(scale === undefined ? [] : validateScale(object, scale, 'all')),
      ...(schema.features.embedded ? validateEmbedded(schema.root, object) : []),
      ...listTypeErrors(schema, object, old),
    ]);
  const subresources: Subresource<KubernetesObject>[] = [];
  if (status !== undefined) subresources.push(customStatus(schema, version));
  if (scale !== undefined) subresources.push(customScale(scale, validate));
  return {
    type,
    singular: names.singular ?? names.kind.toLowerCase(),
    listKind: names.listKind ?? `${names.kind}List`,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    verbs: ALL_VERBS,
    ...(crd.metadata.deletionTimestamp !== undefined && { takesNothingNew: TERMINATING }),
    storagePrefix: storagePrefixOf(crd),
    ...storedAs(crd),
    structure: structureOf(type, schema),
    ...deprecationOf(crd, version),
    anyFinalizer: true,
    allowUnconditionalUpdate: false,
    hasGeneration: true,
    hasStatus: status !== undefined,
    load: () => schema.load(),
    applyDefaults(object: Mutable<KubernetesObject>) {
      applySchemaDefaults(object, schema.root);
    },
    validate,
    warnings: finalizerWarnings,
    selectableFields: selectableFieldsOf(version),
    printer: customPrinter(version.additionalPrinterColumns),
    subresources,
  };
}

function storedAs(crd: CustomResourceDefinition): Pick<ResourceDeclaration, 'storedAs'> {
  const stored = crd.spec.versions.find(({ storage }) => storage);
  return stored === undefined ? {} : { storedAs: typeOfVersion(crd, stored.name) };
}

export function structureOf(kind: ResourceType, schema: VersionSchema): Structure {
  return {
    decode: (value, options) => decodeCustomObject({ kind, schema: schema.root }, value, options),
    get mergeTypes() {
      return schema.mergeTypes;
    },
  };
}

const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion'];

/** Finalizers that are new, and may be meant by somebody else too. */
function finalizerWarnings({ metadata }: KubernetesObject, old?: KubernetesObject): string[] {
  const before = new Set(old?.metadata.finalizers);
  const added = new Set(metadata.finalizers?.filter((name) => !before.has(name)));
  return [...added].sort().flatMap((name) => {
    const at = `metadata.finalizers: ${JSON.stringify(name)}: `;
    const faults = qualifiedName(name).map((fault) => at + fault);
    if (name.includes('/') || STANDARD_FINALIZERS.includes(name)) return faults;
    const path = name.includes('.') ? ' including a path (/)' : '';
    const advice =
      `prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other ` +
      'finalizer writers';
    return [...faults, at + advice];
  });
}

/** Errors after which rules cannot be asked: the object is not what they take it for. */
const BLOCKING: ReadonlySet<FieldError['type']> = new Set([
  ...(['FieldValueNotSupported', 'FieldValueRequired', 'FieldValueTooLong'] as const),
  ...(['FieldValueTooMany', 'FieldValueTypeInvalid'] as const),
]);
const NOT_CHECKED =
  'some validation rules were not checked because the object was invalid; ' +
  'correct the existing errors to complete validation';

function withRules(
  schema: VersionSchema,
  check: {
    readonly value: KubernetesObject;
    readonly old: KubernetesObject | undefined;
    readonly warn: Warn | undefined;
  },
  errors: FieldError[],
): FieldError[] {
  if (!schema.features.rules) return errors;
  const { value, old, warn } = check;
  // That an object has no name is told by those who judge metadata.
  if (!value.metadata.name || errors.some(({ type }) => BLOCKING.has(type)))
    return [...errors, invalid('<nil>', null, NOT_CHECKED)];
  const tolerated = ({ field, message }: FieldError): void => warn?.(`${field}: ${message}`);
  return [...errors, ...schema.ruleErrors({ value, old, tolerated })];
}

/** An object may keep what its lists had twice before. */
function listTypeErrors(
  { root, features }: VersionSchema,
  object: unknown,
  old: unknown,
): readonly FieldError[] {
  if (!features.listTypes) return [];
  const errors = validateListTypes(root, object);
  if (errors.length === 0 || old === undefined) return errors;
  return validateListTypes(root, old).length > 0 ? [] : errors;
}

/** `/status`: the status as sent, all else as stored. */
function customStatus(
  schema: VersionSchema,
  { subresources }: CustomResourceDefinitionVersion,
): Subresource<KubernetesObject> {
  const scale = subresources?.scale;
  return {
    name: 'status',
    verbs: ['get', 'update', 'patch'],
    owns: ['status'],
    write(sent, parent) {
      const { status } = sent as CustomResource;
      const { status: _replaced, ...rest } = parent as CustomResource;
      const { managedFields } = sent.metadata;
      const metadata = { ...parent.metadata, managedFields };
      const written = { ...rest, metadata, ...(status === undefined ? {} : { status }) };
      return written as unknown as Mutable<KubernetesObject>;
    },
    validateUpdate(object, old, warn) {
      const { status } = object as CustomResource;
      const node = schema.root.properties.get('status');
      const before = (old as CustomResource)['status'];
      return withRules(schema, { value: object, old, warn }, [
        ...(status === undefined || node === undefined
          ? []
          : validateBySchema(node, { value: status, old: before, field: 'status' })),
        ...(scale === undefined ? [] : validateScale(object, scale, 'status')),
        ...listTypeErrors(schema, object, old),
      ]);
    },
  };
}

function deprecationOf(
  { spec }: CustomResourceDefinition,
  { deprecated, deprecationWarning, name }: CustomResourceDefinitionVersion,
): { readonly deprecation?: string } {
  if (deprecated !== true) return {};
  if (deprecationWarning !== undefined) return { deprecation: deprecationWarning };
  const { group, names, versions } = spec;
  const text = `${group}/${name} ${names.kind} is deprecated`;
  const better = versions
    .filter((one) => one.served && one.deprecated !== true)
    .map((one) => one.name)
    .sort(compareVersions)[0];
  if (better === undefined || compareVersions(better, name) >= 0) return { deprecation: text };
  return { deprecation: `${text}; use ${group}/${better} ${names.kind}` };
}

function selectableFieldsOf({
  selectableFields = [],
}: CustomResourceDefinitionVersion): Readonly<Record<string, SelectableField<KubernetesObject>>> {
  return Object.fromEntries(
    selectableFields.map(({ jsonPath }) => {
      const steps = stepsOf(jsonPath);
      const select = (object: KubernetesObject): string => {
        const value = valueAt(object, steps);
        return value === undefined || value === null ? '' : `${value as string | number}`;
      };
      return [steps.join('.'), select];
    }),
  );
}
