/**
 * Field errors of pods and pod templates, in Kubernetes' order and words. What decoding already
 * refuses (types, malformed quantities) is not asked again.
 */
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import type {
  Pod,
  PodResourceClaim,
  PodSpec,
  PodTemplateSpec,
} from '../../../../api/types/core-v1.ts';
import { inRange } from '../../../../api/validation/formats.ts';
import { validateAnnotations, validateLabels } from '../../../../api/validation/labels.ts';
import { dns1123Label, dns1123Subdomain, qualifiedName } from '../../../../api/validation/names.ts';
import { check, oneOf } from '../checks.ts';
import { validateResourceList } from '../resource-list.ts';
import { validateAffinity } from './validation-affinity.ts';
import {
  type Surroundings,
  validateContainers,
  validateEphemeralContainers,
  validateInitContainers,
} from './validation-container.ts';
import {
  validateDns,
  validateHostNetwork,
  validateHostnames,
  validateHostUsers,
  validateOs,
} from './validation-network.ts';
import { validateResources } from './validation-resources.ts';
import {
  validateSchedulingGates,
  validateTolerations,
  validateTopologySpread,
} from './validation-scheduling.ts';
import { validatePodSecurity } from './validation-security.ts';
import { validateVolumes } from './validation-volumes.ts';

export const MAX_INT32 = 2 ** 31 - 1;
const restartPolicies = ['Always', 'OnFailure', 'Never'];
const podResources = ['cpu', 'memory'];

function validateClaims(claims: readonly PodResourceClaim[], field: string): FieldError[] {
  const seen = new Set<string>();
  return claims.flatMap(({ name, resourceClaimName, resourceClaimTemplateName }, i) => {
    const at = `${field}[${i}]`;
    if (!name) return [required(`${at}.name`)];
    const errors = check(dns1123Label, name, `${at}.name`);
    if (seen.has(name)) errors.push(duplicate(`${at}.name`, name));
    seen.add(name);
    const both = resourceClaimName !== undefined && resourceClaimTemplateName !== undefined;
    const list = '`resourceClaimName`, `resourceClaimTemplateName`';
    if (both) {
      const detail = `at most one of ${list} may be specified`;
      errors.push(invalid(at, claims[i], detail));
    } else if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      errors.push(invalid(at, claims[i], `must specify one of: ${list}`));
    }
    const reference = resourceClaimName ?? resourceClaimTemplateName;
    const kind = resourceClaimName ? 'resourceClaimName' : 'resourceClaimTemplateName';
    if (reference !== undefined)
      errors.push(...check(dns1123Subdomain, reference, `${at}.${kind}`));
    return errors;
  });
}

/** Resources given for the pod as a whole. */
function validatePodResources(spec: PodSpec, field: string): FieldError[] {
  if (!spec.resources) return [];
  const errors: FieldError[] = [];
  for (const list of ['limits', 'requests'] as const) {
    for (const name of Object.keys(spec.resources[list] ?? {})) {
      if (podResources.includes(name) || name.startsWith('hugepages-')) continue;
      errors.push(notSupported(`${field}.${list}[${name}]`, name, podResources));
    }
  }
  if (spec.resources.claims?.length) {
    errors.push(forbidden(`${field}.claims`, 'claims may not be set for Resources at pod-level'));
  }
  if (errors.length > 0) return errors;
  return validateResources(spec.resources, new Set(), field);
}

/** Names of objects the pod refers to. */
function validateReferences(spec: PodSpec, field: string): FieldError[] {
  const names = [
    'serviceAccountName',
    'nodeName',
    'priorityClassName',
    'runtimeClassName',
  ] as const;
  return names.flatMap((name) => {
    const value = spec[name];
    return value ? check(dns1123Subdomain, value, `${field}.${name}`) : [];
  });
}

function validateScheduling(spec: PodSpec, field: string): FieldError[] {
  const gates = spec.readinessGates ?? [];
  return [
    ...validateLabels(spec.nodeSelector, `${field}.nodeSelector`),
    ...validatePodSecurity(spec, field),
    ...validateAffinity(spec.affinity, `${field}.affinity`),
    ...gates.flatMap(({ conditionType = '' }, i) =>
      check(qualifiedName, conditionType, `${field}.readinessGates[${i}].conditionType`),
    ),
    ...validateSchedulingGates(spec.schedulingGates, `${field}.schedulingGates`),
    ...validateTopologySpread(spec.topologySpreadConstraints, `${field}.topologySpreadConstraints`),
    ...validateTolerations(spec.tolerations, `${field}.tolerations`),
  ];
}

export function validatePodSpec(spec: PodSpec, field: string, isPod = false): FieldError[] {
  const { errors, volumes } = validateVolumes(spec.volumes, `${field}.volumes`);
  const claims = new Set((spec.resourceClaims ?? []).map(({ name }) => name));
  const surroundings: Surroundings = { spec, field, volumes, claims };
  const seconds = spec.activeDeadlineSeconds;
  const deadline = seconds === undefined ? [] : inRange(seconds, 1, MAX_INT32);
  return [
    ...errors,
    ...validateClaims(spec.resourceClaims ?? [], `${field}.resourceClaims`),
    ...validateContainers(surroundings),
    ...validateInitContainers(surroundings),
    ...validateEphemeralContainers(surroundings),
    ...validatePodResources(spec, `${field}.resources`),
    ...validateHostNetwork(spec, field, isPod),
    ...oneOf(spec.restartPolicy, restartPolicies, {
      field: `${field}.restartPolicy`,
      asListed: true,
    }),
    ...validateDns(spec, field),
    ...validateScheduling(spec, field),
    ...validateHostUsers(spec, field),
    ...validateReferences(spec, field),
    ...deadline.map((text) => invalid(`${field}.activeDeadlineSeconds`, seconds, text)),
    ...validateHostnames(spec, field),
    ...oneOf(spec.preemptionPolicy, ['PreemptLowerPriority', 'Never'], {
      asListed: true,
      field: `${field}.preemptionPolicy`,
      optional: true,
    }),
    ...validateResourceList(spec.overhead, `${field}.overhead`),
    ...validateOs(spec, field),
  ];
}

/** Kubernetes leaves `metadata` out of these two paths. */
export function validatePodTemplate(template: PodTemplateSpec, field: string): FieldError[] {
  const { metadata, spec } = template;
  const errors = [
    ...validateLabels(metadata?.labels, `${field}.labels`),
    ...validateAnnotations(metadata?.annotations, `${field}.annotations`),
    ...validatePodSpec(spec ?? { containers: [] }, `${field}.spec`),
  ];
  if (spec?.ephemeralContainers?.length) {
    const detail = 'ephemeral containers not allowed in pod template';
    errors.push(forbidden(`${field}.spec.ephemeralContainers`, detail));
  }
  return errors;
}

export function validatePod({ spec }: Pod): FieldError[] {
  return validatePodSpec(spec ?? { containers: [] }, 'spec', true);
}

/** What a pod can only come to have. */
export function validateNew({ spec }: Pod): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.ephemeralContainers?.length) {
    errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if (spec.nodeName && spec.schedulingGates?.length) {
    const detail = 'cannot be set until all schedulingGates have been cleared';
    errors.push(forbidden('spec.nodeName', detail));
  }
  return errors;
}
