/** Identities and confinement, of the pod and of one container. */
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
} from '../../../../api/field-errors.ts';
import type {
  PodSecurityContext,
  PodSpec,
  SecurityContext,
  Sysctl,
} from '../../../../api/types/core-v1.ts';
import { inRange } from '../../../../api/validation/formats.ts';
import { oneOf } from '../checks.ts';

const MAX_ID = 2 ** 31 - 1;
const MAX_SYSCTL_LENGTH = 253;
const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const sysctlSegment = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const sysctlPattern = new RegExp(`^(${sysctlSegment}[\\./])*${sysctlSegment}$`);

function validateId(id: number | undefined, field: string): FieldError[] {
  if (id === undefined) return [];
  return inRange(id, 0, MAX_ID).map((problem) => invalid(field, id, problem));
}

interface Profile {
  readonly type: string;
  readonly localhostProfile?: string;
}

/** `system` is how messages name what the profile is for. */
function validateProfile(
  profile: Profile | undefined,
  system: 'seccomp' | 'AppArmor',
  field: string,
): FieldError[] {
  if (profile === undefined) return [];
  const { type = '', localhostProfile } = profile;
  if (!profileTypes.includes(type)) return [notSupported(`${field}.type`, type, profileTypes)];
  const at = `${field}.localhostProfile`;
  if (type === 'Localhost') {
    return localhostProfile ? [] : [required(at, `must be set when ${system} type is Localhost`)];
  }
  if (localhostProfile === undefined) return [];
  return [invalid(at, localhostProfile, `can only be set when ${system} type is Localhost`)];
}

function validateSysctls(sysctls: readonly Sysctl[], field: string): FieldError[] {
  const seen = new Set<string>();
  return sysctls.flatMap(({ name = '' }, i) => {
    const at = `${field}[${i}].name`;
    if (name === '') return [required(at)];
    const errors: FieldError[] = [];
    if (name.length > MAX_SYSCTL_LENGTH || !sysctlPattern.test(name)) {
      const detail =
        `must have at most ${MAX_SYSCTL_LENGTH} characters ` +
        `and match regex ^(${sysctlSegment}[\\./])*${sysctlSegment}$`;
      errors.push(invalid(at, name, detail));
    } else if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
    return errors;
  });
}

function validatePodContext(context: PodSecurityContext, field: string): FieldError[] {
  return [
    ...validateId(context.fsGroup, `${field}.fsGroup`),
    ...validateId(context.runAsUser, `${field}.runAsUser`),
    ...validateId(context.runAsGroup, `${field}.runAsGroup`),
    ...(context.supplementalGroups ?? []).flatMap((group, i) =>
      validateId(group, `${field}.supplementalGroups[${i}]`),
    ),
    ...validateSysctls(context.sysctls ?? [], `${field}.sysctls`),
    ...oneOf(context.fsGroupChangePolicy, ['Always', 'OnRootMismatch'], {
      field: `${field}.fsGroupChangePolicy`,
      optional: true,
    }),
    ...oneOf(context.supplementalGroupsPolicy, ['Merge', 'Strict'], {
      field: `${field}.supplementalGroupsPolicy`,
      optional: true,
    }),
    ...validateProfile(context.seccompProfile, 'seccomp', `${field}.seccompProfile`),
    ...validateProfile(context.appArmorProfile, 'AppArmor', `${field}.appArmorProfile`),
  ];
}

export function validatePodSecurity(spec: PodSpec, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.securityContext) {
    errors.push(...validatePodContext(spec.securityContext, `${field}.securityContext`));
  }
  if (spec.hostPID && spec.shareProcessNamespace) {
    const detail = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(invalid(`${field}.shareProcessNamespace`, true, detail));
  }
  return errors;
}

export function validateSecurityContext(
  context: SecurityContext | undefined,
  field: string,
): FieldError[] {
  if (context === undefined) return [];
  const errors = [
    ...validateId(context.runAsUser, `${field}.runAsUser`),
    ...validateId(context.runAsGroup, `${field}.runAsGroup`),
    ...oneOf(context.procMount, ['Default', 'Unmasked'], {
      field: `${field}.procMount`,
      optional: true,
    }),
  ];
  if (context.allowPrivilegeEscalation === false) {
    const refused = 'cannot set `allowPrivilegeEscalation` to false and';
    if (context.privileged) {
      errors.push(invalid(field, context, `${refused} \`privileged\` to true`));
    }
    if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) {
      errors.push(invalid(field, context, `${refused} \`capabilities.Add\` CAP_SYS_ADMIN`));
    }
  }
  return [
    ...errors,
    ...validateProfile(context.seccompProfile, 'seccomp', `${field}.seccompProfile`),
    ...validateProfile(context.appArmorProfile, 'AppArmor', `${field}.appArmorProfile`),
  ];
}
