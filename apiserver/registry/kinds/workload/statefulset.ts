import { deepEqual } from '../../../../api/deep.ts';
import { type FieldError, forbidden, invalid } from '../../../../api/field-errors.ts';
import type { Mutable } from '../../../../api/meta.ts';
import { statefulSets } from '../../../../api/resources.ts';
import type {
  StatefulSet,
  StatefulSetSpec,
  StatefulSetStatus,
} from '../../../../api/types/apps-v1.ts';
import type { ResourceDeclaration, TablePrinter } from '../../declaration.ts';
import { age, ageColumn, column, containerCells, nameColumn, wideColumn } from '../cells.ts';
import { nonNegative } from '../checks.ts';
import { statusSubresource } from '../status-subresource.ts';
import { defaultClaim } from '../volume-claim.ts';
import { scaleSubresource } from './scale-subresource.ts';
import { validateStatefulSet } from './statefulset-validation.ts';
import { defaultTemplate } from './template.ts';
import { oddClaim } from '../odd-amounts.ts';
import { templateWarnings } from './template-warnings.ts';

function applyDefaults(statefulSet: Mutable<StatefulSet>): void {
  const spec = (statefulSet.spec ??= {} as Mutable<StatefulSetSpec>);
  spec.podManagementPolicy ||= 'OrderedReady';
  const strategy = (spec.updateStrategy ??= {});
  if (!strategy.type) {
    strategy.type = 'RollingUpdate';
    strategy.rollingUpdate ??= {};
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate) {
    strategy.rollingUpdate.partition ??= 0;
  }
  const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
  retention.whenDeleted ||= 'Retain';
  retention.whenScaled ||= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  defaultTemplate(spec);
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.apiVersion ||= 'v1';
    claim.kind ||= 'PersistentVolumeClaim';
    claim.metadata ??= {};
    defaultClaim(claim);
  }
}

/** Belongs to a feature that Kubernetes 1.34 has off by default. */
function dropMaxUnavailable(statefulSet: Mutable<StatefulSet>, old?: StatefulSet): void {
  if (old?.spec.updateStrategy?.rollingUpdate?.maxUnavailable !== undefined) return;
  const rollingUpdate = statefulSet.spec.updateStrategy?.rollingUpdate;
  if (rollingUpdate?.maxUnavailable !== undefined) delete rollingUpdate.maxUnavailable;
}

/** What may change in the life of a StatefulSet; pods and claims were made from all the rest. */
const mutable = [
  'replicas',
  'template',
  'updateStrategy',
  'minReadySeconds',
  'ordinals',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
] as const;

function validateUpdate({ spec }: StatefulSet, { spec: old }: StatefulSet): FieldError[] {
  const fixed: Partial<StatefulSetSpec> = { ...spec };
  for (const field of mutable) Object.assign(fixed, { [field]: old[field] });
  if (deepEqual(fixed, old)) return [];
  const detail =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', " +
    "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and " +
    "'minReadySeconds' are forbidden";
  return [forbidden('spec', detail)];
}

const counts = [
  'replicas',
  'readyReplicas',
  'currentReplicas',
  'updatedReplicas',
  'availableReplicas',
  'observedGeneration',
  'collisionCount',
] as const;

const parts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const;

function validateStatus(
  { status = {} as StatefulSetStatus }: StatefulSet,
  { status: old }: StatefulSet,
): FieldError[] {
  const errors = counts.flatMap((name) => nonNegative(status[name], `status.${name}`));
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status;
  for (const name of parts) {
    const value = status[name] ?? 0;
    if (value <= replicas) continue;
    errors.push(invalid(`status.${name}`, value, 'cannot be greater than status.replicas'));
  }
  if (availableReplicas > readyReplicas) {
    const detail = 'cannot be greater than status.readyReplicas';
    errors.push(invalid('status.availableReplicas', availableReplicas, detail));
  }
  const collisions = status.collisionCount ?? 0;
  if (old?.collisionCount !== undefined && collisions < old.collisionCount) {
    errors.push(invalid('status.collisionCount', collisions, 'cannot be decremented'));
  }
  return errors;
}

const printer: TablePrinter<StatefulSet> = {
  columns: [nameColumn, column('Ready'), ageColumn, wideColumn('Containers'), wideColumn('Images')],
  cells: (statefulSet, nowMs) => [
    statefulSet.metadata.name ?? '',
    `${statefulSet.status?.readyReplicas ?? 0}/${statefulSet.spec.replicas ?? 0}`,
    age(statefulSet, nowMs),
    ...containerCells(statefulSet.spec.template?.spec?.containers),
  ],
};

function warnings(object: StatefulSet, old?: StatefulSet): string[] {
  const { volumeClaimTemplates = [], revisionHistoryLimit = 0 } = object.spec;
  const unlimited =
    'spec.revisionHistoryLimit: a negative value retains all historical revisions; ' +
    'a value >= 0 is recommended';
  return [
    ...templateWarnings(object, old),
    ...volumeClaimTemplates.flatMap(({ spec = {} }, i) => {
      const at = `spec.volumeClaimTemplates[${i}]`;
      return oddClaim(spec, old === undefined ? at : `${at}.Spec`);
    }),
    ...(revisionHistoryLimit < 0 ? [unlimited] : []),
  ];
}

export const statefulSet = {
  type: statefulSets,
  singular: 'statefulset',
  shortNames: ['sts'],
  categories: ['all'],
  nameRule: 'label',
  hasStatus: true,
  hasGeneration: true,

  applyDefaults,
  prepareForCreate(object) {
    object.status = { replicas: 0, availableReplicas: 0 };
    dropMaxUnavailable(object);
  },
  prepareForUpdate: (object, old) => dropMaxUnavailable(object, old),
  validate: validateStatefulSet,
  validateUpdate,
  warnings,

  printer,
  subresources: [
    { ...statusSubresource<StatefulSet>(), validateUpdate: validateStatus },
    scaleSubresource<StatefulSet>(),
  ],
} satisfies ResourceDeclaration<StatefulSet>;
