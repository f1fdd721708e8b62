import { decodeObject, unhandled } from '../../../../api/schema/decode.ts';
import { deepEqual, isObject } from '../../../../api/deep.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { isKnownFormat } from '../../../../api/structural/formats.ts';
import { loadPatterns } from '../../../../api/structural/patterns.ts';
import type { CustomResourceDefinition } from '../../../../api/types/apiextensions-v1.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { createdAtPrinter } from '../cells.ts';
import { statusSubresource } from '../status-subresource.ts';
import { type Finding, withCondition } from './conditions.ts';
import { loadRules, nameErrors, validateDefinition } from './definition-validation.ts';
import { eachSchema, schemaOf } from './schema-parts.ts';

/** Holds a deleted definition until its objects are gone: `apiserver/extensions` removes it. */
const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';

const deletionPending: Finding = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionPending',
  message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
};

type Definition = Mutable<CustomResourceDefinition>;

/** Each version that objects were ever stored in, until somebody says that none are left. */
function noteStorageVersion({ spec, status = {} }: Definition): Definition['status'] {
  const stored = spec?.versions?.find(({ storage }) => storage)?.name;
  const known = status.storedVersions ?? [];
  if (stored === undefined || known.includes(stored)) return status;
  return { ...status, storedVersions: [...known, stored] };
}

function applyDefaults(crd: Definition): void {
  const { spec } = crd;
  if (spec === undefined) return;
  if (crd.status !== undefined && !crd.status.storedVersions?.length) {
    const status = noteStorageVersion(crd)!;
    if (status !== crd.status) crd.status = status;
  }
  const { names } = spec;
  if (names?.kind) {
    names.singular ||= names.kind.toLowerCase();
    names.listKind ||= `${names.kind}List`;
  }
  spec.conversion ??= { strategy: 'None' };
  const client = spec.conversion.webhook?.clientConfig;
  if (client?.service !== undefined) client.service.port ??= 443;
  if (client?.caBundle === '') delete client.caBundle;
  for (const version of spec.versions ?? []) {
    const { schema } = version;
    if (schema?.openAPIV3Schema !== undefined) settleNested(schema.openAPIV3Schema);
  }
}

/** Formats of strings that mean nothing, once each, that the older definition did not have. */
function unknownFormats(crd: CustomResourceDefinition, old?: CustomResourceDefinition): string[] {
  const before = new Set(old === undefined ? [] : formatsOf(old));
  const unknown = new Set(formatsOf(crd).filter((format) => !before.has(format)));
  return [...unknown].map((format) => `unrecognized format ${JSON.stringify(format)}`);
}

function formatsOf({ spec }: CustomResourceDefinition): string[] {
  const formats: string[] = [];
  for (const { schema } of spec.versions)
    eachSchema(schemaOf(schema?.openAPIV3Schema), ({ type, format }) => {
      if (type !== 'string' || typeof format !== 'string' || format === '') return;
      if (!isKnownFormat(type, format)) formats.push(format);
    });
  return formats;
}

const NESTED = { group: 'apiextensions.k8s.io', version: 'v1', kind: 'CustomResourceDefinition' };

/**
 * The tables have no type for the places where a schema or something else may stand, so what is
 * below them is decoded here: unknown fields go, as everywhere.
 */
function settleNested(schema: Record<string, unknown>): void {
  for (const key of ['items', 'additionalProperties'] as const) {
    const part = schema[key];
    if (isObject(part)) schema[key] = decodedSchema(part);
    else if (key === 'additionalProperties' && part !== undefined && typeof part !== 'boolean')
      throw unhandled(NESTED, 'boolean or JSON schema expected');
  }
  const { properties, not } = schema;
  if (isObject(properties))
    for (const part of Object.values(properties)) if (isObject(part)) settleNested(part);
  if (isObject(not)) settleNested(not);
  for (const key of ['allOf', 'anyOf', 'oneOf'])
    for (const part of (schema[key] as unknown[] | undefined) ?? [])
      if (isObject(part)) settleNested(part);
}

function decodedSchema(part: Record<string, unknown>): Record<string, unknown> {
  const names = { kind: '', plural: '' };
  const version = { name: '', served: false, storage: false, schema: { openAPIV3Schema: part } };
  const whole = { spec: { group: '', scope: '', names, versions: [version] } };
  const { object } = decodeObject(NESTED, whole, 'Ignore');
  const { spec } = object as unknown as CustomResourceDefinition;
  const schema = spec.versions[0]!.schema!.openAPIV3Schema as Record<string, unknown>;
  settleNested(schema);
  return schema;
}

export const customResourceDefinition = {
  type: {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    resource: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    namespaced: false,
  },
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  storagePrefix: 'apiextensions.k8s.io/customresourcedefinitions',
  large: true,
  anyFinalizer: true,
  allowUnconditionalUpdate: false,
  hasStatus: true,
  hasGeneration: true,
  load: async () => {
    await Promise.all([loadPatterns(), loadRules()]);
  },
  applyDefaults,
  prepareForCreate(crd) {
    const none = { plural: '', kind: '' };
    crd.status = noteStorageVersion({ ...crd, status: { acceptedNames: none } })!;
  },
  prepareForUpdate(crd, old) {
    const status = noteStorageVersion(crd);
    if (!deepEqual(status, old.status)) crd.status = status!;
  },
  validate: validateDefinition,
  warnings: unknownFormats,
  /** The first request to delete it only says so: its objects come first. */
  keepsDeleted: ({ metadata }) => metadata.deletionTimestamp === undefined,
  markDeleting(crd, nowMs) {
    const { finalizers = [] } = crd.metadata;
    if (!finalizers.includes(CLEANUP)) crd.metadata.finalizers = [...finalizers, CLEANUP];
    const conditions = withCondition(crd.status?.conditions ?? [], deletionPending, nowMs);
    crd.status = { ...crd.status, conditions: conditions as Mutable<typeof conditions> };
  },
  printer: createdAtPrinter,
  subresources: [
    {
      ...statusSubresource<CustomResourceDefinition>(),
      // Its defaults are made of the spec.
      standsAlone: false,
      validateUpdate: ({ status }) =>
        status?.acceptedNames === undefined
          ? []
          : nameErrors(status.acceptedNames, 'status.acceptedNames'),
    },
  ],
} satisfies ResourceDeclaration<CustomResourceDefinition>;
