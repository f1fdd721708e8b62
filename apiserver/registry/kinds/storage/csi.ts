import { deepEqual } from '../../../../api/deep.ts';
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import type {
  CSIDriver,
  CSINode,
  CSINodeDriver,
  CSIStorageCapacity,
  TokenRequest,
} from '../../../../api/types/storage-v1.ts';
import { validateLabelSelector } from '../../../../api/validation/labels.ts';
import { dns1123Subdomain, qualifiedName } from '../../../../api/validation/names.ts';
import { validateImmutable } from '../../../../api/validation/object-meta.ts';
import type { ResourceDeclaration } from '../../declaration.ts';
import { age, ageColumn, column, createdAtPrinter, nameColumn, NONE } from '../cells.ts';
import { check, nonNegative, oneOf } from '../checks.ts';
import { quantityOf } from '../resource-list.ts';
import { validateCsiDriverName } from './provisioner.ts';
import { oldNodeSelector } from '../old-node-labels.ts';

const GROUP = 'storage.k8s.io';
const MIN_TOKEN_SECONDS = 600;
const MAX_TOKEN_SECONDS = 2 ** 32;
const MAX_NODE_ID_LENGTH = 256;
const lifecycleModes = ['Persistent', 'Ephemeral'];
const fsGroupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType'];

function validateTokens(requests: readonly TokenRequest[] = []): FieldError[] {
  const seen = new Set<string>();
  return requests.flatMap(({ audience, expirationSeconds: seconds }, i) => {
    const field = `spec.tokenRequests[${i}]`;
    if (seen.has(audience)) return [duplicate(`${field}.audience`, audience)];
    seen.add(audience);
    const at = `${field}.expirationSeconds`;
    if (seconds === undefined) return [];
    if (seconds < MIN_TOKEN_SECONDS) {
      return [invalid(at, seconds, 'may not specify a duration less than 10 minutes')];
    }
    if (seconds <= MAX_TOKEN_SECONDS) return [];
    return [invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds')];
  });
}

function validateCsiDriver({ spec }: CSIDriver): FieldError[] {
  const errors = [
    ...oneOf(spec.fsGroupPolicy, fsGroupPolicies, { field: 'spec.fsGroupPolicy', pointer: true }),
    ...validateTokens(spec.tokenRequests),
  ];
  for (const mode of spec.volumeLifecycleModes ?? []) {
    if (lifecycleModes.includes(mode)) continue;
    errors.push(notSupported('spec.volumeLifecycleModes', mode, lifecycleModes));
  }
  return errors;
}

/** Belongs to a feature that Kubernetes 1.34 has off by default. */
function dropUpdatePeriod({ spec }: Mutable<CSIDriver>): void {
  if (spec.nodeAllocatableUpdatePeriodSeconds === undefined) return;
  delete spec.nodeAllocatableUpdatePeriodSeconds;
}

export const csiDriver = {
  type: {
    group: GROUP,
    version: 'v1',
    resource: 'csidrivers',
    kind: 'CSIDriver',
    namespaced: false,
  },
  singular: 'csidriver',
  allowUnconditionalUpdate: false,
  returnsDeletedObject: true,
  applyDefaults(object) {
    const spec = (object.spec ??= {});
    spec.attachRequired ??= true;
    spec.podInfoOnMount ??= false;
    spec.storageCapacity ??= false;
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType';
    if ((spec.volumeLifecycleModes ?? []).length === 0) spec.volumeLifecycleModes = ['Persistent'];
    spec.requiresRepublish ??= false;
    spec.seLinuxMount ??= false;
  },
  prepareForCreate: dropUpdatePeriod,
  /** A new driver has no generation: changes count from there. */
  prepareForUpdate(object, old) {
    dropUpdatePeriod(object);
    if (deepEqual(object.spec, old.spec)) return;
    object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  validate: validateCsiDriver,
  validateUpdate: ({ spec }, { spec: old }) => [
    ...validateImmutable(spec.attachRequired, old.attachRequired, 'spec.attachedRequired'),
    ...validateImmutable(
      spec.volumeLifecycleModes,
      old.volumeLifecycleModes,
      'spec.volumeLifecycleModes',
    ),
  ],
  printer: {
    columns: [
      nameColumn,
      column('AttachRequired', 'boolean'),
      column('PodInfoOnMount', 'boolean'),
      column('StorageCapacity', 'boolean'),
      column('TokenRequests'),
      column('RequiresRepublish', 'boolean'),
      column('Modes'),
      ageColumn,
    ],
    cells: (object, nowMs) => {
      const { spec } = object;
      return [
        object.metadata.name ?? '',
        spec.attachRequired ?? true,
        spec.podInfoOnMount ?? false,
        spec.storageCapacity ?? false,
        spec.tokenRequests?.map(({ audience }) => audience).join(',') ?? '<unset>',
        spec.requiresRepublish ?? false,
        spec.volumeLifecycleModes?.join(',') || NONE,
        age(object, nowMs),
      ];
    },
  },
} satisfies ResourceDeclaration<CSIDriver>;

function validateTopologyKeys(keys: readonly string[], field: string): FieldError[] {
  return keys.flatMap((key, i) => [
    ...(key === '' ? [required(field)] : []),
    ...(keys.indexOf(key) < i ? [duplicate(field, key)] : []),
    ...check(qualifiedName, key, field),
  ]);
}

function validateNodeDriver(
  driver: CSINodeDriver,
  names: Set<string>,
  field: string,
): FieldError[] {
  const { nodeID = '', allocatable, topologyKeys } = driver;
  const errors = validateCsiDriverName(driver.name, `${field}.name`);
  if (nodeID === '') errors.push(required(`${field}.nodeID`));
  if (nodeID.length > MAX_NODE_ID_LENGTH) {
    const detail = `must be ${MAX_NODE_ID_LENGTH} characters or less`;
    errors.push(invalid(`${field}.nodeID`, nodeID, detail));
  }
  errors.push(...nonNegative(allocatable?.count, `${field}.allocatable.count`));
  if (names.has(driver.name)) errors.push(duplicate(`${field}.name`, driver.name));
  names.add(driver.name);
  return [...errors, ...validateTopologyKeys(topologyKeys ?? [], field)];
}

function validateCsiNode({ spec }: CSINode): FieldError[] {
  const names = new Set<string>();
  return (spec.drivers ?? []).flatMap((driver, i) =>
    validateNodeDriver(driver, names, `spec.drivers[${i}]`),
  );
}

/** A driver registers anew by leaving first. */
function validateCsiNodeUpdate({ spec }: CSINode, { spec: old }: CSINode): FieldError[] {
  return (old.drivers ?? []).flatMap((before) => {
    const after = (spec.drivers ?? []).filter(({ name }) => name === before.name);
    return after.flatMap((driver) => validateImmutable(driver, before, 'spec.drivers'));
  });
}

export const csiNode = {
  type: { group: GROUP, version: 'v1', resource: 'csinodes', kind: 'CSINode', namespaced: false },
  singular: 'csinode',
  allowUnconditionalUpdate: false,
  returnsDeletedObject: true,
  applyDefaults(object) {
    const spec = (object.spec ??= {} as Mutable<CSINode['spec']>);
    spec.drivers ??= [];
  },
  validate: validateCsiNode,
  validateUpdate: validateCsiNodeUpdate,
  printer: {
    columns: [nameColumn, column('Drivers', 'integer'), ageColumn],
    cells: (object, nowMs) => [
      object.metadata.name ?? '',
      object.spec.drivers?.length ?? 0,
      age(object, nowMs),
    ],
  },
} satisfies ResourceDeclaration<CSINode>;

function validateCapacity({ capacity, nodeTopology, storageClassName = '' }: CSIStorageCapacity) {
  const errors = [
    ...validateLabelSelector(nodeTopology, 'nodeTopology'),
    ...check(dns1123Subdomain, storageClassName, 'storageClassName'),
  ];
  if (capacity === undefined || (quantityOf(capacity)?.nano ?? 0n) >= 0n) return errors;
  return [...errors, invalid('capacity', capacity, 'must be greater than or equal to 0')];
}

export const csiStorageCapacity = {
  type: {
    group: GROUP,
    version: 'v1',
    resource: 'csistoragecapacities',
    kind: 'CSIStorageCapacity',
    namespaced: true,
  },
  singular: 'csistoragecapacity',
  allowUnconditionalUpdate: false,
  validate: validateCapacity,
  validateUpdate: (object, old) => [
    ...validateImmutable(object.nodeTopology, old.nodeTopology, 'nodeTopology'),
    ...validateImmutable(object.storageClassName, old.storageClassName, 'storageClassName'),
  ],
  warnings: ({ nodeTopology }) => oldNodeSelector(nodeTopology, 'nodeTopology'),
  printer: createdAtPrinter,
} satisfies ResourceDeclaration<CSIStorageCapacity>;
