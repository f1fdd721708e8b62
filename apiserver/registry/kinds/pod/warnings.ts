/** What is odd about a pod, or a template of pods, that is taken all the same. */
import { deepEqual } from '../../../../api/deep.ts';
import type {
  Affinity,
  AppArmorProfile,
  Container,
  PodAffinity,
  PodSpec,
  PodTemplateSpec,
} from '../../../../api/types/core-v1.ts';
import { dns1123Label } from '../../../../api/validation/names.ts';
import { oddAddress } from '../../../../api/validation/odd-addresses.ts';
import { oddBytes } from '../odd-amounts.ts';
import { oddNodeTerm, oldNodeLabel } from '../old-node-labels.ts';
import { containersOf } from './validation-windows.ts';
import { oddContainer, oddPorts } from './warnings-containers.ts';
import { oldVolume, overlappingFiles } from './warnings-volumes.ts';

type Annotations = Readonly<Record<string, string>>;

const SYSCTLS = 'non-functional in v1.11+; use the "sysctls" field instead';
const oldAnnotations = [
  [
    'scheduler.alpha.kubernetes.io/critical-pod',
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  ],
  ['security.alpha.kubernetes.io/sysctls', SYSCTLS],
  ['security.alpha.kubernetes.io/unsafe-sysctls', SYSCTLS],
] as const;

const SECCOMP = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_OF_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';
const SECCOMP_FIELD = 'non-functional in v1.27+; use the "seccompProfile" field instead';
const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';
const APP_ARMOR_FIELD = 'deprecated since v1.30; use the "appArmorProfile" field instead';
const LOCALHOST = 'localhost/';

/** What an annotation of AppArmor's means; undefined if nothing. */
function appArmorProfile(annotation: string): AppArmorProfile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' };
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' };
  const localhostProfile = annotation.slice(LOCALHOST.length);
  if (!annotation.startsWith(LOCALHOST) || localhostProfile === '') return undefined;
  return { type: 'Localhost', localhostProfile };
}

/** Pods are named in their hosts' names, too. */
export function oddPodName(name: string | undefined, of = 'Pod names and hostnames'): string[] {
  const faults = dns1123Label(name ?? '');
  if (faults.length === 0) return [];
  const said = 'which can result in surprising behavior; a DNS label is recommended';
  return [`metadata.name: this is used in ${of}, ${said}: [${faults.join(' ')}]`];
}

function nullSelectors(affinity: PodAffinity | undefined, field: string): string[] {
  const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const terms = [
    ...required.map(
      (term, i) => [`requiredDuringSchedulingIgnoredDuringExecution[${i}]`, term] as const,
    ),
    ...preferred.map(
      ({ podAffinityTerm }, i) =>
        [
          `preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm`,
          podAffinityTerm,
        ] as const,
    ),
  ];
  return terms
    .filter(([, { labelSelector }]) => labelSelector === undefined)
    .map(([at]) => `${field}.${at}.labelSelector: a null labelSelector results in matching no pod`);
}

function oldNodeTerms({ nodeAffinity = {} }: Affinity, field: string): string[] {
  const required = nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution;
  const preferred = nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const at = `${field}.nodeAffinity`;
  const terms = `${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
  return [
    ...(required?.nodeSelectorTerms ?? []).flatMap((term, i) =>
      oddNodeTerm(term, `${terms}[${i}]`),
    ),
    ...preferred.flatMap(({ preference }, i) => {
      const where = `${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}].preference`;
      return oddNodeTerm(preference, where, { values: true });
    }),
  ];
}

/** Labels of nodes, where pods are placed by them. */
function oddPlacing(spec: PodSpec, field: string): string[] {
  const { nodeSelector = {}, affinity = {}, topologySpreadConstraints = [] } = spec;
  const selected = Object.keys(nodeSelector).flatMap((label) => {
    const said = oldNodeLabel(label);
    return said === undefined ? [] : [`${field}.nodeSelector[${label}]: ${said}`];
  });
  const spread = topologySpreadConstraints.flatMap(({ topologyKey, labelSelector }, i) => {
    const at = `${field}.topologySpreadConstraints[${i}]`;
    const said = oldNodeLabel(topologyKey);
    const none = `${at}.labelSelector: a null labelSelector results in matching no pod`;
    return [
      ...(said === undefined ? [] : [`${at}.topologyKey: ${topologyKey} is ${said}`]),
      ...(labelSelector === undefined ? [none] : []),
    ];
  });
  return [...selected, ...oldNodeTerms(affinity, `${field}.affinity`), ...spread];
}

function repeated(values: readonly (string | undefined)[], said: (i: number) => string): string[] {
  return values.flatMap((value = '', i) =>
    values.indexOf(value) < i ? [`${said(i)} "${value}"`] : [],
  );
}

function oddLists({ hostAliases = [], imagePullSecrets = [] }: PodSpec, field: string): string[] {
  const secret = (i: number): string => `${field}.imagePullSecrets[${i}].name:`;
  const names = imagePullSecrets.map(({ name = '' }) => name);
  return [
    ...repeated(
      hostAliases.map(({ ip }) => ip),
      (i) => `${field}.hostAliases[${i}].ip: duplicate ip`,
    ),
    ...repeated(names, (i) => `${secret(i)} duplicate name`),
    ...names.flatMap((name, i) => (name === '' ? [`${secret(i)} invalid empty name ""`] : [])),
  ];
}

interface Around {
  readonly annotations: Annotations;
  readonly key: (annotation: string) => string;
  /** Absent for a pod of its own, whose annotations become fields. */
  readonly template: PodSpec | undefined;
}

function oldProfiles(container: Container, { annotations, key, template }: Around): string[] {
  const { seccompProfile, appArmorProfile: own } = container.securityContext ?? {};
  const seccomp = SECCOMP_OF_CONTAINER + container.name;
  const appArmor = APP_ARMOR + container.name;
  const said: string[] = [];
  if (seccompProfile === undefined && annotations[seccomp] !== undefined)
    said.push(`${key(seccomp)}: ${SECCOMP_FIELD}`);
  const annotation = annotations[appArmor];
  if (template === undefined || own !== undefined || annotation === undefined) return said;
  const ofPod = template.securityContext?.appArmorProfile;
  const agrees = ofPod !== undefined && deepEqual(ofPod, appArmorProfile(annotation));
  return agrees ? said : [...said, `${key(appArmor)}: ${APP_ARMOR_FIELD}`];
}

function oddAddresses({ dnsConfig, hostAliases = [] }: PodSpec, field: string): string[] {
  const servers = dnsConfig?.nameservers ?? [];
  return [
    ...servers.flatMap((each, i) => oddAddress(each, `${field}.dnsConfig.nameservers[${i}]`)),
    ...hostAliases.flatMap(({ ip }, i) => oddAddress(ip, `${field}.hostAliases[${i}].ip`)),
  ];
}

/** `field`: where the template stands; none for a pod of its own. */
export function podWarnings({ metadata, spec }: PodTemplateSpec, field?: string): string[] {
  if (spec === undefined) return [];
  const within = (name: string): string => (field === undefined ? name : `${field}.${name}`);
  const at = within('spec');
  const { annotations = {} } = metadata ?? {};
  const key = (annotation: string): string => within(`metadata.annotations[${annotation}]`);
  const template = field === undefined ? undefined : spec;
  const around: Around = { annotations, key, template };
  const { volumes = [], overhead, affinity, terminationGracePeriodSeconds: grace = 0 } = spec;
  const containers = containersOf(spec, at);
  const unconfined = spec.securityContext?.seccompProfile === undefined;
  const negative = 'must be >= 0; negative values are invalid and will be treated as 1';
  return [
    ...oddPlacing(spec, at),
    ...oldAnnotations.flatMap(([name, said]) =>
      annotations[name] === undefined ? [] : [`${key(name)}: ${said}`],
    ),
    ...volumes.flatMap((volume, i) => oldVolume(volume, `${at}.volumes[${i}]`)),
    ...volumes.flatMap(overlappingFiles),
    ...oddLists(spec, at),
    ...oddBytes(overhead, 'memory', `${at}.overhead`),
    ...oddBytes(overhead, 'ephemeral-storage', `${at}.overhead`),
    ...(unconfined && annotations[SECCOMP] !== undefined
      ? [`${key(SECCOMP)}: ${SECCOMP_FIELD}`]
      : []),
    ...containers.flatMap(([where, container]) => [
      ...oldProfiles(container, around),
      ...oddContainer(container, where),
    ]),
    ...oddPorts(containers),
    ...(grace < 0 ? [`${at}.terminationGracePeriodSeconds: ${negative}`] : []),
    ...nullSelectors(affinity?.podAffinity, `${at}.affinity.podAffinity`),
    ...nullSelectors(affinity?.podAntiAffinity, `${at}.affinity.podAntiAffinity`),
    ...oddAddresses(spec, at),
  ];
}
