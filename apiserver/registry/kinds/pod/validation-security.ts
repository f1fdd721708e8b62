/** Identities and confinement, of the pod and of one container. */
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
} from '../../../../api/field-errors.ts';
import { goStruct } from '../../../../api/go-struct.ts';
import type {
  PodSecurityContext,
  PodSpec,
  SecurityContext,
  Sysctl,
} from '../../../../api/types/core-v1.ts';
import { inRange } from '../../../../api/validation/formats.ts';
import { oneOf } from '../checks.ts';
import { validateDescendingPath } from './paths.ts';
import { validateWindowsOptions } from './validation-windows.ts';

const MAX_ID = 2 ** 31 - 1;
/** Linux' PATH_MAX, less the byte that ends it. */
const MAX_PATH = 4095;
const MAX_SYSCTL_LENGTH = 253;
const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const SYSCTL_SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const sysctlPattern = new RegExp(`^(${SYSCTL_SEGMENT}[\\./])*${SYSCTL_SEGMENT}$`);

function validateId(id: number | undefined, field: string): FieldError[] {
  if (id === undefined) return [];
  return inRange(id, 0, MAX_ID).map((problem) => invalid(field, id, problem));
}

interface Profile {
  readonly type: string;
  readonly localhostProfile?: string;
}

const goSeccompProfile = { type: '', localhostProfile: null } as const;

function validateSeccomp(profile: Profile | undefined, field: string): FieldError[] {
  if (profile === undefined) return [];
  const { type = '', localhostProfile: path } = profile;
  const errors: FieldError[] = [];
  if (type === '') {
    errors.push(required(`${field}.type`, 'type is required when seccompProfile is set'));
  } else if (!profileTypes.includes(type)) {
    errors.push(notSupported(`${field}.type`, type, profileTypes));
  }
  const at = `${field}.localhostProfile`;
  if (type !== 'Localhost') {
    if (path === undefined) return errors;
    const detail = 'can only be set when seccomp type is Localhost';
    return [...errors, invalid(at, goStruct(profile, goSeccompProfile), detail)];
  }
  if (path !== undefined) return [...errors, ...validateDescendingPath(path, at)];
  return [...errors, required(at, 'must be set when seccomp type is Localhost')];
}

function validateAppArmor(profile: Profile | undefined, field: string): FieldError[] {
  if (profile === undefined) return [];
  const { type = '', localhostProfile: path } = profile;
  if (type === '') {
    return [required(`${field}.type`, 'type is required when appArmorProfile is set')];
  }
  if (!profileTypes.includes(type)) return [notSupported(`${field}.type`, type, profileTypes)];
  const at = `${field}.localhostProfile`;
  if (type !== 'Localhost') {
    if (path === undefined) return [];
    return [invalid(at, path, 'can only be set when AppArmor type is Localhost')];
  }
  if (!path) return [required(at, 'must be set when AppArmor type is Localhost')];
  const errors: FieldError[] = [];
  if (path.trim() !== path) errors.push(invalid(at, path, 'must not be padded with whitespace'));
  return path.length > MAX_PATH ? [...errors, tooLong(at, MAX_PATH)] : errors;
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
        `and match regex ^(${SYSCTL_SEGMENT}[\\./])*${SYSCTL_SEGMENT}$`;
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
      pointer: true,
    }),
    ...validateSeccomp(context.seccompProfile, `${field}.seccompProfile`),
    ...validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`),
    ...validateAppArmor(context.appArmorProfile, `${field}.appArmorProfile`),
    ...oneOf(context.supplementalGroupsPolicy, ['Merge', 'Strict'], {
      field: `${field}.supplementalGroupsPolicy`,
      pointer: true,
    }),
    // The other policy comes with a feature that is off.
    ...oneOf(context.seLinuxChangePolicy, ['Recursive'], {
      field: `${field}.seLinuxChangePolicy`,
      pointer: true,
    }),
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

/** As kube-apiserver's own type lists it. */
const goSecurityContext = {
  capabilities: { add: null, drop: null },
  privileged: null,
  seLinuxOptions: { user: '', role: '', type: '', level: '' },
  windowsOptions: {
    gmsaCredentialSpecName: null,
    gmsaCredentialSpec: null,
    runAsUserName: null,
    hostProcess: null,
  },
  runAsUser: null,
  runAsGroup: null,
  runAsNonRoot: null,
  readOnlyRootFilesystem: null,
  allowPrivilegeEscalation: null,
  procMount: null,
  seccompProfile: goSeccompProfile,
  appArmorProfile: { type: '', localhostProfile: null },
} as const;

function validateEscalation(context: SecurityContext, field: string): FieldError[] {
  if (context.allowPrivilegeEscalation !== false) return [];
  const refused = (and: string): FieldError => {
    const detail = `cannot set \`allowPrivilegeEscalation\` to false and ${and}`;
    return invalid(field, goStruct(context, goSecurityContext), detail);
  };
  const errors: FieldError[] = [];
  if (context.privileged) errors.push(refused('`privileged` to true'));
  for (const capability of context.capabilities?.add ?? []) {
    if (capability === 'CAP_SYS_ADMIN') errors.push(refused('`capabilities.Add` CAP_SYS_ADMIN'));
  }
  return errors;
}

export function validateSecurityContext(
  context: SecurityContext | undefined,
  { hostUsers = true }: PodSpec,
  field: string,
): FieldError[] {
  if (context === undefined) return [];
  const procMount = { field: `${field}.procMount`, pointer: true };
  const errors = [
    ...validateId(context.runAsUser, `${field}.runAsUser`),
    ...validateId(context.runAsGroup, `${field}.runAsGroup`),
    ...oneOf(context.procMount, ['Default', 'Unmasked'], procMount),
  ];
  if (hostUsers && context.procMount === 'Unmasked') {
    const detail = '`hostUsers` must be false to use `Unmasked`';
    errors.push(invalid(`${field}.procMount`, context.procMount, detail));
  }
  return [
    ...errors,
    ...validateSeccomp(context.seccompProfile, `${field}.seccompProfile`),
    ...validateEscalation(context, field),
    ...validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`),
    ...validateAppArmor(context.appArmorProfile, `${field}.appArmorProfile`),
  ];
}
