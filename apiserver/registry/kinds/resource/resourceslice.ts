import { type FieldError, invalid, required, tooLong } from '../../../../api/field-errors.ts';
import { goStruct } from '../../../../api/go-struct.ts';
import type { Mutable } from '../../../../api/meta.ts';
import type {
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
} from '../../../../api/types/core-v1.ts';
import type {
  Device,
  DeviceAttribute,
  ResourcePool,
  ResourceSlice,
  ResourceSliceSpec,
} from '../../../../api/types/resource-v1.ts';
import { byteLength, dns1123Label, dns1123Subdomain } from '../../../../api/validation/names.ts';
import { validateImmutable } from '../../../../api/validation/object-meta.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { age, ageColumn, column, nameColumn, NONE } from '../cells.ts';
import { check } from '../checks.ts';
import { validateNodeSelector } from '../pod/validation-affinity.ts';
import { validateCsiDriverName } from '../storage/provisioner.ts';
import { validateList } from './lists.ts';
import { validatePoolName, validateQualifiedName } from './names.ts';

const MAX_DEVICES = 128;
const MAX_ATTRIBUTES = 32;
const MAX_VALUE_BYTES = 64;

const NUMBER = '(0|[1-9]\\d*)';
const IDENTIFIERS = '[0-9A-Za-z-]+(\\.[0-9A-Za-z-]+)*';
const SEMVER = new RegExp(
  `^${NUMBER}\\.${NUMBER}\\.${NUMBER}(-${IDENTIFIERS})?(\\+${IDENTIFIERS})?$`,
);

/** Parts of features that are off in 1.34 are not kept. */
function dropAlphaFields(spec: Mutable<ResourceSliceSpec> | undefined): void {
  delete spec?.sharedCounters;
  delete spec?.perDeviceNodeSelection;
  for (const device of spec?.devices ?? []) {
    for (const field of alphaFields) delete device[field];
    for (const capacity of Object.values(device.capacity ?? {})) delete capacity.requestPolicy;
  }
}

const alphaFields = [
  'allNodes',
  'allowMultipleAllocations',
  'bindingConditions',
  'bindingFailureConditions',
  'bindsToNode',
  'consumesCounters',
  'nodeName',
  'nodeSelector',
  'taints',
] as const satisfies readonly (keyof Device)[];

const goAttribute = ({ int, bool, string, version }: DeviceAttribute): unknown => ({
  IntValue: int ?? null,
  BoolValue: bool ?? null,
  StringValue: string ?? null,
  VersionValue: version ?? null,
});

function validateAttribute(attribute: DeviceAttribute, field: string): FieldError[] {
  const { string, version } = attribute;
  const set = Object.values(attribute).filter((value) => value !== undefined).length;
  const errors: FieldError[] = [];
  if (string !== undefined && byteLength(string) > MAX_VALUE_BYTES)
    errors.push(tooLong(`${field}.string`, MAX_VALUE_BYTES));
  if (version !== undefined && !SEMVER.test(version)) {
    const detail = 'must be a string compatible with semver.org spec 2.0.0';
    errors.push(invalid(`${field}.version`, version, detail));
  }
  if (version !== undefined && byteLength(version) > MAX_VALUE_BYTES)
    errors.push(tooLong(`${field}.version`, MAX_VALUE_BYTES));
  const one = 'exactly one value must be specified';
  if (set === 0) errors.push(required(field, one));
  if (set > 1) errors.push(invalid(field, goAttribute(attribute), one));
  return errors;
}

function validateDevice({ name, attributes = {}, capacity = {} }: Device, field: string) {
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  const errors = check(dns1123Label, name ?? '', `${field}.name`);
  for (const [key, attribute] of Object.entries(attributes)) {
    const at = `${field}.attributes[${key}]`;
    errors.push(...validateQualifiedName(key, at), ...validateAttribute(attribute, at));
  }
  for (const key of Object.keys(capacity))
    errors.push(...validateQualifiedName(key, `${field}.capacity[${key}]`));
  if (count > MAX_ATTRIBUTES) {
    const total = 'the total number of attributes and capacities';
    const detail = `${total} must not exceed ${MAX_ATTRIBUTES}`;
    errors.push(invalid(field, count, detail));
  }
  return errors;
}

function validatePool(pool: ResourcePool | undefined): FieldError[] {
  const { name = '', resourceSliceCount: slices = 0, generation = 0 } = pool ?? {};
  const field = 'spec.pool';
  const errors = validatePoolName(name, `${field}.name`);
  if (slices <= 0)
    errors.push(invalid(`${field}.resourceSliceCount`, slices, 'must be greater than zero'));
  if (generation < 0) {
    const detail = 'must be greater than or equal to zero';
    errors.push(invalid(`${field}.generation`, generation, detail));
  }
  return errors;
}

const goTerms = (terms: readonly NodeSelectorTerm[] | undefined): unknown =>
  terms?.map((term) => ({
    MatchExpressions: goNeeds(term.matchExpressions),
    MatchFields: goNeeds(term.matchFields),
  }));

const goNeeds = (needs: readonly NodeSelectorRequirement[] | undefined): unknown =>
  needs?.map((need) => goStruct(need, { key: '', operator: '', values: null })) ?? null;

function validateSelector(selector: NodeSelector): FieldError[] {
  const errors = validateNodeSelector(selector, 'spec.nodeSelector');
  const { nodeSelectorTerms: terms } = selector;
  if (terms?.length === 1) return errors;
  const detail = 'must have exactly one node selector term';
  return [...errors, invalid('spec.nodeSelector.nodeSelectorTerms', goTerms(terms), detail)];
}

function validatePlace(spec: Partial<ResourceSliceSpec>): FieldError[] {
  const { nodeName, nodeSelector, allNodes } = spec;
  const errors: FieldError[] = [];
  const unset = 'must be either unset or set to';
  if (nodeName === '')
    errors.push(invalid('spec.nodeName', nodeName, `${unset} a non-empty string`));
  else if (nodeName !== undefined)
    errors.push(...check(dns1123Subdomain, nodeName, 'spec.nodeName'));
  if (nodeSelector !== undefined) errors.push(...validateSelector(nodeSelector));
  if (allNodes === false) errors.push(invalid('spec.allNodes', false, `${unset} true`));
  const set = [
    ...(nodeName ? ['`nodeName`'] : []),
    ...(nodeSelector === undefined ? [] : ['`nodeSelector`']),
    ...(allNodes === true ? ['`allNodes`'] : []),
  ];
  const one =
    'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';
  if (set.length === 0) errors.push(required('spec', one));
  if (set.length > 1)
    errors.push(invalid('spec', `{${set.join(', ')}}`, `${one}, but multiple fields are set`));
  return errors;
}

type WithSpec = Pick<ResourceSlice, 'spec'>;

function validateUpdate({ spec }: WithSpec, { spec: old }: WithSpec): FieldError[] {
  const { pool, driver, nodeName } = (spec ?? {}) as Partial<ResourceSliceSpec>;
  return [
    ...validateImmutable(pool?.name ?? '', old.pool.name, 'spec.pool.name'),
    ...validateImmutable(driver ?? '', old.driver, 'spec.driver'),
    ...validateImmutable(nodeName, old.nodeName, 'spec.nodeName'),
  ];
}

export const resourceSlice = {
  type: {
    group: 'resource.k8s.io',
    version: 'v1',
    resource: 'resourceslices',
    kind: 'ResourceSlice',
    namespaced: false,
  },
  singular: 'resourceslice',
  returnsDeletedObject: true,
  hasGeneration: true,
  prepareForCreate: ({ spec }) => dropAlphaFields(spec),
  prepareForUpdate: ({ spec }) => dropAlphaFields(spec),
  validate({ spec }, old) {
    const { driver, pool, devices, ...place } = (spec ?? {}) as Partial<ResourceSliceSpec>;
    return [
      ...validateCsiDriverName(driver, 'spec.driver'),
      ...validatePool(pool),
      ...(old === undefined ? [] : validateUpdate({ spec }, old)),
      ...validatePlace(place),
      ...validateList(devices ?? undefined, 'spec.devices', {
        most: MAX_DEVICES,
        key: ({ name }) => name,
        keyField: 'name',
        item: validateDevice,
      }),
    ];
  },
  selectableFields: {
    'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
    'spec.driver': ({ spec }) => spec?.driver ?? '',
  },
  printer: {
    columns: [nameColumn, column('Node'), column('Driver'), column('Pool'), ageColumn],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      object.spec?.nodeName ?? NONE,
      object.spec?.driver ?? '',
      object.spec?.pool?.name ?? '',
      age(object, nowMs),
    ],
  },
} satisfies ResourceDeclaration<ResourceSlice>;
