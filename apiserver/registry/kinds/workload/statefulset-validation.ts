import {
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import { goStruct } from '../../../../api/go-struct.ts';
import { matchesLabelSelector } from '../../../../api/selector/label.ts';
import type {
  StatefulSet,
  StatefulSetSpec,
  StatefulSetUpdateStrategy,
} from '../../../../api/types/apps-v1.ts';
import type { PodTemplateSpec } from '../../../../api/types/core-v1.ts';
import { validateLabelSelector } from '../../../../api/validation/labels.ts';
import { shownSelector } from '../shown-selector.ts';
import { dns1123Label } from '../../../../api/validation/names.ts';
import { check, nonNegative } from '../checks.ts';
import { validatePodTemplate } from '../pod/validation.ts';
import { validateClaimSpec } from '../volume-claim.ts';
import { isZero, notMoreThanAll, validateShare } from './int-or-percent.ts';

const managementPolicies = ['OrderedReady', 'Parallel'];
const retentionPolicies = ['Retain', 'Delete'];

const goRollingUpdate = { partition: 0, maxUnavailable: null } as const;
const goStrategy = { type: '', rollingUpdate: goRollingUpdate } as const;

function validateStrategy(strategy: StatefulSetUpdateStrategy, field: string): FieldError[] {
  const { type, rollingUpdate } = strategy;
  const at = `${field}.rollingUpdate`;
  if (type === 'OnDelete') {
    if (rollingUpdate === undefined) return [];
    const detail = "only allowed for updateStrategy 'RollingUpdate'";
    return [invalid(at, goStruct(rollingUpdate, goRollingUpdate), detail)];
  }
  if (type !== 'RollingUpdate') {
    const detail = "must be 'RollingUpdate' or 'OnDelete'";
    return [invalid(field, goStruct(strategy, goStrategy), detail)];
  }
  const errors = nonNegative(rollingUpdate?.partition, `${at}.partition`);
  const { maxUnavailable } = rollingUpdate ?? {};
  if (maxUnavailable === undefined) return errors;
  errors.push(...validateShare(maxUnavailable, `${at}.maxUnavailable`));
  if (isZero(maxUnavailable)) {
    errors.push(invalid(`${at}.maxUnavailable`, maxUnavailable, 'cannot be 0'));
  }
  return [...errors, ...notMoreThanAll(maxUnavailable, `${at}.maxUnavailable`)];
}

/** When claims outlive their pods, and the set itself. */
function validateRetention(spec: StatefulSetSpec, field: string): FieldError[] {
  const policy = spec.persistentVolumeClaimRetentionPolicy;
  if (policy === undefined) return [];
  return (['whenDeleted', 'whenScaled'] as const).flatMap((name) => {
    const value = policy[name] ?? '';
    if (retentionPolicies.includes(value)) return [];
    return [notSupported(`${field}.${name}`, value, retentionPolicies)];
  });
}

/**
 * The template as its pods will be: each has a hostname and subdomain of its own, and the set's
 * claims as volumes.
 */
function asPods({ template, volumeClaimTemplates = [] }: StatefulSetSpec): PodTemplateSpec {
  if (template.spec === undefined) return template;
  const { hostname: _h, subdomain: _s, volumes = [], ...spec } = template.spec;
  const claims = volumeClaimTemplates.map(({ metadata: { name = '' } }) => ({
    name,
    persistentVolumeClaim: { claimName: name },
  }));
  const claimed = new Set(claims.map(({ name }) => name));
  const others = volumes.filter(({ name }) => !claimed.has(name));
  return { ...template, spec: { ...spec, volumes: [...claims, ...others] } };
}

function validateSelection(spec: StatefulSetSpec): FieldError[] {
  const { selector, template } = spec;
  const field = 'spec.selector';
  const errors: FieldError[] = [];
  if (selector === undefined) errors.push(required(field));
  else {
    errors.push(...validateLabelSelector(selector, field));
    const { matchLabels = {}, matchExpressions = [] } = selector;
    if (Object.keys(matchLabels).length + matchExpressions.length === 0) {
      errors.push(
        invalid(field, shownSelector(selector), 'empty selector is invalid for statefulset'),
      );
    } else if (errors.length > 0) return [...errors, invalid(field, shownSelector(selector), '')];
  }
  const { labels } = template?.metadata ?? {};
  // An absent selector matches nothing, an empty one is not asked.
  if (errors.length === 0 || selector === undefined) {
    if (!matchesLabelSelector(selector, labels)) {
      const detail = '`selector` does not match template `labels`';
      errors.push(invalid('spec.template.metadata.labels', labels, detail));
    }
  }
  return [...errors, ...validatePodTemplate(asPods(spec), 'spec.template')];
}

function validateEndless(spec: StatefulSetSpec): FieldError[] {
  const { restartPolicy = '', activeDeadlineSeconds } = spec.template?.spec ?? {};
  const errors: FieldError[] = [];
  if (restartPolicy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']));
  }
  if (activeDeadlineSeconds !== undefined) {
    const detail = 'activeDeadlineSeconds in StatefulSet is not Supported';
    errors.push(forbidden('spec.template.spec.activeDeadlineSeconds', detail));
  }
  return errors;
}

/** What cannot change is judged once. */
export function validateStatefulSet({ spec }: StatefulSet, old?: StatefulSet): FieldError[] {
  const errors: FieldError[] = [];
  const { podManagementPolicy = '' } = spec;
  const { volumeClaimTemplates = [], serviceName } = old === undefined ? spec : {};
  if (!managementPolicies.includes(podManagementPolicy)) {
    const detail = "must be 'OrderedReady' or 'Parallel'";
    errors.push(invalid('spec.podManagementPolicy', podManagementPolicy, detail));
  }
  errors.push(
    ...validateStrategy(spec.updateStrategy ?? {}, 'spec.updateStrategy'),
    ...validateRetention(spec, 'spec.persistentVolumeClaimRetentionPolicy'),
    ...volumeClaimTemplates.flatMap((claim, i) =>
      validateClaimSpec(claim.spec ?? {}, `spec.volumeClaimTemplates[${i}].spec`),
    ),
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegative(spec.ordinals?.start, 'spec.ordinals.start'),
  );
  if (serviceName) errors.push(...check(dns1123Label, serviceName, 'spec.serviceName'));
  return [...errors, ...validateSelection(spec), ...validateEndless(spec)];
}
