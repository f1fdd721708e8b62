/** What only pods of one operating system have. */
import { type FieldError, forbidden, invalid } from '../../../../api/field-errors.ts';
import type {
  Container,
  PodSpec,
  WindowsSecurityContextOptions,
} from '../../../../api/types/core-v1.ts';
import { byteLength, dns1123Subdomain } from '../../../../api/validation/names.ts';
import { check, oneOf, requiredText } from '../checks.ts';

const MAX_CREDENTIALS_KIB = 64;
const MAX_DOMAIN_LENGTH = 256;
const MAX_USER_LENGTH = 104;

const NET_BIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DOMAIN_PART = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const dnsDomain = new RegExp(`^${DOMAIN_PART}(?:\\.${DOMAIN_PART})*$`);
const CONTROL = /[\x00-\x1f\x7f]/;

/** "DOMAIN\user"; the domain may be left out. */
function userNameFaults(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  if (CONTROL.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const user = parts.at(-1)!;
  const domain = parts.length === 2 ? parts[0]! : undefined;
  const faults: string[] = [];
  const fault = (text: string): void => void faults.push(`runAsUserName's ${text}`);
  if (domain !== undefined && domain.length >= MAX_DOMAIN_LENGTH) {
    fault(`Domain length must be under ${MAX_DOMAIN_LENGTH} characters`);
  }
  if (domain !== undefined && !NET_BIOS.test(domain) && !dnsDomain.test(domain)) {
    fault("Domain doesn't match the NetBios nor the DNS format");
  }
  if (user === '') fault('User cannot be empty');
  else if (user.length > MAX_USER_LENGTH) {
    fault(`User length must not be longer than ${MAX_USER_LENGTH} characters`);
  }
  if (/^[. ]+$/.test(user)) fault('User cannot contain only periods or spaces');
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    fault('User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
  }
  return faults;
}

export function validateWindowsOptions(
  options: WindowsSecurityContextOptions | undefined,
  field: string,
): FieldError[] {
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName } = options ?? {};
  const at = `${field}.gmsaCredentialSpec`;
  const errors = name === undefined ? [] : check(dns1123Subdomain, name, `${at}Name`);
  if (spec === '') errors.push(invalid(at, spec, 'gmsaCredentialSpec cannot be an empty string'));
  else if (byteLength(spec ?? '') > MAX_CREDENTIALS_KIB * 1024) {
    const detail = `gmsaCredentialSpec size must be under ${MAX_CREDENTIALS_KIB} KiB`;
    errors.push(invalid(at, spec, detail));
  }
  if (runAsUserName === undefined) return errors;
  return [...errors, ...check(userNameFaults, runAsUserName, `${field}.runAsUserName`)];
}

/** With the field where each stands. */
export type Listed = readonly (readonly [field: string, container: Container])[];

/** In the order in which Kubernetes goes through them. */
export function containersOf(spec: PodSpec, field: string): Listed {
  return (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).map((container, i) => [`${field}.${list}[${i}]`, container] as const),
  );
}

/** Containers that run on the host itself do so all together, and on its network. */
export function validateHostProcess(spec: PodSpec, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const containers = containersOf(spec, field);
  let onHost = 0;
  for (const [at, { securityContext }] of containers) {
    const own = securityContext?.windowsOptions?.hostProcess;
    if (ofPod !== undefined && own !== undefined && ofPod !== own) {
      const same = 'pod hostProcess value must be identical if both are specified';
      const where = `${at}.securityContext.windowsOptions.hostProcess`;
      errors.push(invalid(where, own, `${same}, was ${ofPod}`));
    }
    if (own ?? ofPod) onHost++;
  }
  if (onHost === 0) return errors;
  if (onHost < containers.length) {
    const all = 'then all containers must be HostProcess containers';
    errors.push(invalid(field, '', `If pod contains any hostProcess containers ${all}`));
  }
  if (spec.hostNetwork) return errors;
  const detail = 'hostNetwork must be true if pod contains any hostProcess containers';
  return [...errors, invalid(`${field}.hostNetwork`, false, detail)];
}

const notOfWindowsPods = [
  'securityContext.appArmorProfile',
  'securityContext.seLinuxOptions',
  'hostUsers',
  'hostPID',
  'hostIPC',
  'securityContext.seccompProfile',
  'securityContext.fsGroup',
  'securityContext.fsGroupChangePolicy',
  'securityContext.sysctls',
  'shareProcessNamespace',
  'securityContext.runAsUser',
  'securityContext.runAsGroup',
  'securityContext.supplementalGroups',
  'securityContext.supplementalGroupsPolicy',
  'securityContext.seLinuxChangePolicy',
] as const;

const notOfWindowsContainers = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const;

type Fields = Readonly<Record<string, unknown>>;

/** The pod's flags are no pointers in Go: false is as good as nothing. */
const flags = new Set<string>(['hostPID', 'hostIPC']);

function validateWindows(spec: PodSpec, field: string): FieldError[] {
  const context = spec.securityContext as Fields | undefined;
  const detail = 'cannot be set for a windows pod';
  const ofPod = notOfWindowsPods.filter((path) => {
    const value = path.startsWith('securityContext.')
      ? context?.[path.slice('securityContext.'.length)]
      : (spec as unknown as Fields)[path];
    return flags.has(path) ? value === true : value !== undefined;
  });
  return [
    ...ofPod.map((path) => forbidden(`${field}.${path}`, detail)),
    ...containersOf(spec, field).flatMap(([at, { securityContext }]) =>
      notOfWindowsContainers
        .filter((name) => securityContext?.[name] !== undefined)
        .map((name) => forbidden(`${at}.securityContext.${name}`, detail)),
    ),
  ];
}

function validateLinux(spec: PodSpec, field: string): FieldError[] {
  const holders = [[field, spec] as const, ...containersOf(spec, field)];
  return holders
    .filter(([, { securityContext }]) => securityContext?.windowsOptions !== undefined)
    .map(([at]) => {
      const detail = 'windows options cannot be set for a linux pod';
      return forbidden(`${at}.securityContext.windowsOptions`, detail);
    });
}

export function validateOs(spec: PodSpec, field: string): FieldError[] {
  if (spec.os === undefined) return [];
  const { name } = spec.os;
  const errors = requiredText(name, `${field}.os.name`);
  if (errors.length > 0) return errors;
  errors.push(...oneOf(name, ['linux', 'windows'], { field: `${field}.os` }));
  if (errors.length > 0) return errors;
  return name === 'windows' ? validateWindows(spec, field) : validateLinux(spec, field);
}
