/** Seccomp profiles: the baseline refuses to switch them off, restricted wants one to be set. */
import type { PodSpec } from '../../../api/types/core-v1.ts';
import {
  type AnyContainer,
  type Check,
  type CheckPod,
  containersOf,
  containersText,
  plural,
  quoted,
  settersText,
  sorted,
  unlessWindows,
  type Violation,
} from './check.ts';

const POD_ANNOTATION = 'seccomp.security.alpha.kubernetes.io/pod';
const CONTAINER_ANNOTATION = 'container.seccomp.security.alpha.kubernetes.io/';

const profileOf = (
  from: { readonly seccompProfile?: { readonly type?: string } } | undefined,
): string | undefined => from?.seccompProfile?.type;

const isGood = (profile: string | undefined): boolean =>
  profile === 'RuntimeDefault' || profile === 'Localhost';

const isBad = (profile: string | undefined): profile is string =>
  profile !== undefined && !isGood(profile);

function annotated(value: string): boolean {
  return (
    value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/')
  );
}

/** Before 1.19 there were only annotations. */
const annotations: CheckPod = ({ annotations = {} }, spec) => {
  const keys = [
    POD_ANNOTATION,
    ...containersOf(spec).map(({ name }) => CONTAINER_ANNOTATION + name),
  ];
  const forbidden = sorted(
    keys
      .filter((key) => annotations[key] !== undefined && !annotated(annotations[key]))
      .map((key) => `${key}=${JSON.stringify(annotations[key])}`),
  );
  if (forbidden.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `forbidden ${plural(forbidden.length, 'annotation')} ${forbidden.join(', ')}`,
  };
};

function wronglySet(spec: PodSpec): Violation | undefined {
  const ofPod = profileOf(spec.securityContext);
  const bad = containersOf(spec).filter((each) => isBad(profileOf(each.securityContext)));
  const values = [ofPod, ...bad.map((each) => profileOf(each.securityContext))].filter(isBad);
  if (values.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail:
      `${settersText(isBad(ofPod), bad)} must not set securityContext.seccompProfile.type to ` +
      quoted(sorted(values)),
  };
}

export const seccompBaseline: Check = {
  level: 'baseline',
  versions: [
    { minor: 0, check: annotations },
    { minor: 19, check: (_metadata, spec) => wronglySet(spec) },
  ],
};

const restricted: CheckPod = (_metadata, spec) => {
  const wrong = wronglySet(spec);
  if (wrong !== undefined) return wrong;
  if (isGood(profileOf(spec.securityContext))) return undefined;
  const unset = (container: AnyContainer): boolean =>
    profileOf(container.securityContext) === undefined;
  const missing = containersOf(spec).filter(unset);
  if (missing.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail:
      `pod or ${containersText(missing)} must set ` +
      'securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"',
  };
};

export const seccompRestricted: Check = {
  level: 'restricted',
  versions: [
    { minor: 19, check: restricted },
    { minor: 25, check: unlessWindows(restricted) },
  ],
  replaces: seccompBaseline,
};
