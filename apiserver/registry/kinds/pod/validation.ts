/**
 * Field errors of pods and pod templates, in Kubernetes' order and words. What decoding already
 * refuses (types, malformed quantities) is not asked again.
 */
import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  required,
} from '../../../../api/field-errors.ts';
import { goStruct } from '../../../../api/go-struct.ts';
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
} from './validation-network.ts';
import { validatePodLevelResources } from './validation-pod-level.ts';
import {
  validateSchedulingGates,
  validateTolerations,
  validateTopologySpread,
} from './validation-scheduling.ts';
import { validateResources } from './validation-resources.ts';
import { validatePodSecurity } from './validation-security.ts';
import { validateVolumes } from './validation-volumes.ts';
import { validateHostProcess, validateOs } from './validation-windows.ts';

export const MAX_INT32 = 2 ** 31 - 1;
const restartPolicies = ['Always', 'OnFailure', 'Never'];

const goClaim = { name: '', resourceClaimName: null, resourceClaimTemplateName: null } as const;

function validateClaims(claims: readonly PodResourceClaim[], field: string): FieldError[] {
  const seen = new Set<string>();
  return claims.flatMap((claim, i) => {
    const { name = '', resourceClaimName, resourceClaimTemplateName } = claim;
    const at = `${field}[${i}]`;
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${at}.name`));
    else if (seen.has(name)) errors.push(duplicate(`${at}.name`, name));
    else errors.push(...check(dns1123Label, name, `${at}.name`));
    seen.add(name);
    const references = Object.entries({ resourceClaimName, resourceClaimTemplateName });
    const given = references.filter(([, reference]) => reference !== undefined);
    if (given.length !== 1) {
      const detail =
        given.length > 1
          ? 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'
          : 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`';
      errors.push(invalid(at, goStruct(claim, goClaim), detail));
    }
    const wrong = given.flatMap(([kind, reference]) =>
      check(dns1123Subdomain, reference ?? '', `${at}.${kind}`),
    );
    return [...errors, ...wrong];
  });
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
    const isGiven = name === 'runtimeClassName' ? value !== undefined : value;
    return isGiven ? check(dns1123Subdomain, value ?? '', `${field}.${name}`) : [];
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
    ...validateHostProcess(spec, field),
    ...validateTolerations(spec.tolerations, `${field}.tolerations`),
  ];
}

/** Judged as the limits of a container, which shows. */
function validateOverhead({ overhead }: PodSpec, field: string): FieldError[] {
  if (overhead === undefined) return [];
  return validateResources({ limits: overhead }, field, { claims: new Set() });
}

/** `pod`: absent for the spec of a template. */
export function validatePodSpec(spec: PodSpec, field: string, pod?: Pod): FieldError[] {
  const { errors, volumes } = validateVolumes(spec.volumes, `${field}.volumes`, pod);
  const named = (spec.resourceClaims ?? []).map(({ name }) => name);
  const claims = new Set(named.filter(Boolean));
  const surroundings: Surroundings = { spec, field, volumes, claims };
  const seconds = spec.activeDeadlineSeconds;
  const deadline = seconds === undefined ? [] : inRange(seconds, 1, MAX_INT32);
  return [
    ...errors,
    ...validateClaims(spec.resourceClaims ?? [], `${field}.resourceClaims`),
    ...validateContainers(surroundings),
    ...validateInitContainers(surroundings),
    ...validateEphemeralContainers(surroundings),
    ...validatePodLevelResources(spec, claims, `${field}.resources`),
    ...validateHostNetwork(spec, field, pod !== undefined),
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
      optional: spec.preemptionPolicy === undefined,
    }),
    ...validateOverhead(spec, `${field}.overhead`),
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

export function validatePod(pod: Pod): FieldError[] {
  return validatePodSpec(pod.spec ?? { containers: [] }, 'spec', pod);
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
