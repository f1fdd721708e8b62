/** The controls of the restricted level: what current practice of hardening pods asks for. */
import type { PodSpec } from '../../../api/types/core-v1.ts';
import { capabilitiesBaseline, hostPathVolumes } from './baseline.ts';
import {
  type Check,
  type CheckPod,
  containersOf,
  containersText,
  plural,
  quoted,
  settersText,
  sorted,
  unlessWindows,
} from './check.ts';
import { seccompRestricted } from './seccomp.ts';

const noEscalation: CheckPod = (_metadata, spec) => {
  const bad = containersOf(spec).filter(
    ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false,
  );
  if (bad.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${containersText(bad)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

const allowPrivilegeEscalation: Check = {
  level: 'restricted',
  versions: [
    { minor: 8, check: noEscalation },
    { minor: 25, check: unlessWindows(noEscalation) },
  ],
};

const fewCapabilities: CheckPod = (_metadata, spec) => {
  const containers = containersOf(spec);
  const forbidden = (container: (typeof containers)[number]): string[] =>
    (container.securityContext?.capabilities?.add ?? []).filter(
      (name) => name !== 'NET_BIND_SERVICE',
    );
  const undropped = containers.filter(
    ({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'),
  );
  const adding = containers.filter((container) => forbidden(container).length > 0);
  const details: string[] = [];
  if (undropped.length > 0)
    details.push(`${containersText(undropped)} must set securityContext.capabilities.drop=["ALL"]`);
  if (adding.length > 0)
    details.push(
      `${containersText(adding)} must not include ${quoted(sorted(adding.flatMap(forbidden)))} ` +
        'in securityContext.capabilities.add',
    );
  if (details.length === 0) return undefined;
  return { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

const capabilities: Check = {
  level: 'restricted',
  versions: [
    { minor: 22, check: fewCapabilities },
    { minor: 25, check: unlessWindows(fewCapabilities) },
  ],
  replaces: capabilitiesBaseline,
};

const allowedVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
] as const;

type Volume = NonNullable<PodSpec['volumes']>[number];

function sourceOf(volume: Volume): string {
  return Object.keys(volume).find((field) => field !== 'name') ?? 'unknown';
}

const volumes: Check = {
  level: 'restricted',
  versions: [
    {
      minor: 0,
      check: (_metadata, spec) => {
        const bad = (spec.volumes ?? []).filter(
          (volume) => !allowedVolumes.some((source) => volume[source] !== undefined),
        );
        if (bad.length === 0) return undefined;
        const sources = sorted(bad.map(sourceOf));
        return {
          reason: 'restricted volume types',
          detail:
            `${plural(bad.length, 'volume')} ${quoted(bad.map(({ name }) => name))} ` +
            `${plural(bad.length, 'uses', 'use')} ` +
            `${plural(sources.length, 'restricted volume type')} ${quoted(sources)}`,
        };
      },
    },
  ],
  replaces: hostPathVolumes,
};

const runAsNonRoot: Check = {
  level: 'restricted',
  versions: [
    {
      minor: 0,
      check: (_metadata, spec) => {
        const reason = 'runAsNonRoot != true';
        const containers = containersOf(spec);
        const ofPod = spec.securityContext?.runAsNonRoot;
        const asRoot = containers.filter(
          ({ securityContext }) => securityContext?.runAsNonRoot === false,
        );
        const setters = settersText(ofPod === false, asRoot);
        if (setters !== '')
          return { reason, detail: `${setters} must not set securityContext.runAsNonRoot=false` };
        const unset = containers.filter(
          ({ securityContext }) => securityContext?.runAsNonRoot === undefined,
        );
        if (ofPod === true || unset.length === 0) return undefined;
        return {
          reason,
          detail: `pod or ${containersText(unset)} must set securityContext.runAsNonRoot=true`,
        };
      },
    },
  ],
};

const runAsUser: Check = {
  level: 'restricted',
  versions: [
    {
      minor: 23,
      check: (_metadata, spec) => {
        const bad = containersOf(spec).filter(
          ({ securityContext }) => securityContext?.runAsUser === 0,
        );
        const setters = settersText(spec.securityContext?.runAsUser === 0, bad);
        if (setters === '') return undefined;
        return { reason: 'runAsUser=0', detail: `${setters} must not set runAsUser=0` };
      },
    },
  ],
};

/** In the order of their names, in which violations are listed. */
export const restrictedChecks: readonly Check[] = [
  allowPrivilegeEscalation,
  capabilities,
  volumes,
  runAsNonRoot,
  runAsUser,
  seccompRestricted,
];
