import { invalidError } from '../../../api/field-errors.ts';
import type { Mutable } from '../../../api/meta.ts';
import type { Namespace, Pod, PodSpec } from '../../../api/types/core-v1.ts';
import {
  type AdmissionAttributes,
  type AdmissionPlugin,
  admissionForbidden,
} from '../admission.ts';
import type { Lookup } from '../lookups.ts';
import { type AnyContainer } from './check.ts';
import { defaultConfiguration, type PodSecurityConfiguration } from './configuration.ts';
import { detailsText, violations } from './evaluate.ts';
import type { Mode, PodSecurityMetrics } from './pod-security-metrics.ts';
import { warningsAbout } from './namespace-pods.ts';
import {
  compareLevels,
  isPrivileged,
  LABEL_PREFIX,
  levelVersionText,
  type Policy,
  policyOf,
} from './policy.ts';
import { hasTemplate, type PodLike, podOf } from './templates.ts';

/** Parts of a pod that can be changed by themselves and make it no other pod. */
const harmless = new Set([
  'exec',
  'attach',
  'binding',
  'eviction',
  'log',
  'portforward',
  'proxy',
  'status',
]);

export interface PodSecurityLookups {
  readonly namespaces: Lookup<Namespace>;
  readonly pods: Lookup<Pod>;
  readonly metrics?: { readonly podSecurity: PodSecurityMetrics } | undefined;
}

/**
 * The Pod Security Standards, per namespace by labels: pods that break what is enforced are
 * refused; what makes pods is only warned about, for the sake of what makes it.
 */
export class PodSecurity implements AdmissionPlugin {
  readonly name = 'PodSecurity';
  readonly #lookups: PodSecurityLookups;
  readonly #configuration: PodSecurityConfiguration;

  constructor(lookups: PodSecurityLookups, configuration = defaultConfiguration) {
    this.#lookups = lookups;
    this.#configuration = configuration;
  }

  handles({ operation, type, subresource }: AdmissionAttributes): boolean {
    if (operation !== 'CREATE' && operation !== 'UPDATE') return false;
    if (type.group === '' && type.resource === 'pods') return !harmless.has(subresource);
    if (subresource !== '') return false;
    return (type.group === '' && type.resource === 'namespaces') || hasTemplate(type);
  }

  validate(attributes: AdmissionAttributes): void | Promise<void> {
    if (attributes.type.resource === 'namespaces') return this.#validateNamespace(attributes);
    const { exemptions } = this.#configuration;
    if (exemptions.namespaces.includes(attributes.namespace))
      return this.#exempt(attributes, 'namespace');
    if (exemptions.usernames.includes(attributes.user.name))
      return this.#exempt(attributes, 'user');
    const namespace = this.#lookups.namespaces.named('', attributes.namespace);
    return namespace instanceof Promise
      ? namespace.then((found) => this.#validatePod(attributes, found))
      : this.#validatePod(attributes, namespace);
  }

  #exempt(attributes: AdmissionAttributes, why: string): void {
    annotate(attributes, 'exempt', why);
    this.#lookups.metrics?.podSecurity.exempted(attributes);
  }

  #validatePod(attributes: AdmissionAttributes, namespace: Namespace | undefined): void {
    const { type, operation, object, oldObject } = attributes;
    const { policy, errors } = this.#policyOf(namespace);
    const isPod = type.resource === 'pods';
    const metrics = this.#lookups.metrics?.podSecurity;
    if (errors.length === 0 && isPrivileged(policy)) {
      if (!isPod) return;
      annotate(attributes, 'enforce-policy', levelVersionText(policy.enforce));
      metrics?.judged(true, ['enforce', policy.enforce], attributes);
      return;
    }
    if (isPod && operation === 'UPDATE' && sameImages(object as Mutable<Pod>, oldObject as Pod))
      return;
    const pod = podOf(type, object!);
    if (pod === undefined) return;
    if (this.#configuration.exemptions.runtimeClasses.includes(pod.spec.runtimeClassName ?? '')) {
      this.#exempt(attributes, 'runtimeClass');
      return;
    }
    if (errors.length > 0) {
      const texts = errors.map(({ field, message }) => `${field}: ${message}`).join(', ');
      annotate(attributes, 'error', `Failed to parse policy: ${texts}`);
      metrics?.misread(attributes);
    }
    judge(attributes, policy, { pod, metrics });
  }

  async #validateNamespace(attributes: AdmissionAttributes): Promise<void> {
    const { operation, type, request } = attributes;
    const namespace = attributes.object as Mutable<Namespace>;
    const name = namespace.metadata.name!;
    const { policy, errors } = this.#policyOf(namespace);
    const before =
      operation === 'UPDATE' ? this.#policyOf(attributes.oldObject as Namespace) : undefined;
    const known = before !== undefined && JSON.stringify(before.errors) === JSON.stringify(errors);
    if (errors.length > 0 && !known) throw invalidError(type, name, errors);
    const exempt = this.#configuration.exemptions.namespaces.includes(name);
    if (exempt && (before === undefined || isStricter(policy, before.policy))) {
      const warning = this.#exemptionWarning(namespace, policy);
      if (warning !== undefined) request?.warn(warning);
      return;
    }
    if (before === undefined || !isStricter(policy, before.policy)) return;
    const { runtimeClasses } = this.#configuration.exemptions;
    const pods = (await this.#lookups.pods.known(name)).filter(
      ({ spec }) => !runtimeClasses.includes(spec.runtimeClassName ?? ''),
    );
    for (const text of warningsAbout(pods, policy.enforce, name)) request?.warn(text);
  }

  #policyOf(namespace: Namespace | undefined) {
    return policyOf(namespace?.metadata.labels, this.#configuration.defaults);
  }

  /** Labels of a namespace that nobody heeds. */
  #exemptionWarning({ metadata }: Namespace, policy: Policy): string | undefined {
    if (isPrivileged(policy) || same(policy, this.#configuration.defaults)) return undefined;
    const { labels = {} } = metadata;
    const set = modes
      .filter((mode) => policy[mode].level !== 'privileged')
      .filter((mode) =>
        ['', '-version'].some((suffix) => Object.hasOwn(labels, LABEL_PREFIX + mode + suffix)),
      )
      .map((mode) => `${mode}=${levelVersionText(policy[mode])}`);
    return (
      `namespace ${JSON.stringify(metadata.name)} is exempt from Pod Security, ` +
      `and the policy (${set.join(', ')}) will be ignored`
    );
  }
}

const modes = ['enforce', 'audit', 'warn'] as const;

function same(a: Policy, b: Policy): boolean {
  return modes.every((mode) => levelVersionText(a[mode]) === levelVersionText(b[mode]));
}

function isStricter({ enforce }: Policy, { enforce: before }: Policy): boolean {
  if (enforce.level === 'privileged') return false;
  if (enforce.minor !== before.minor) return true;
  return compareLevels(enforce.level, before.level) > 0;
}

function judge(
  attributes: AdmissionAttributes,
  policy: Policy,
  about: { readonly pod: PodLike; readonly metrics: PodSecurityMetrics | undefined },
): void {
  const { pod, metrics } = about;
  const would = (mode: Mode): string | undefined => {
    const by = policy[mode];
    const found = violations(by, pod);
    const isAllowed = found.length === 0;
    // What is let pass counts only where it might not have been.
    if (!isAllowed || mode === 'enforce') metrics?.judged(isAllowed, [mode, by], attributes);
    if (isAllowed) return undefined;
    return `PodSecurity ${JSON.stringify(levelVersionText(by))}: ${detailsText(found)}`;
  };
  const audited = would('audit');
  if (audited !== undefined) annotate(attributes, 'audit-violations', `would violate ${audited}`);
  if (attributes.type.resource === 'pods') {
    annotate(attributes, 'enforce-policy', levelVersionText(policy.enforce));
    const refused = would('enforce');
    if (refused !== undefined) throw admissionForbidden(attributes, `violates ${refused}`);
  }
  const warned = would('warn');
  if (warned !== undefined) attributes.request?.warn(`would violate ${warned}`);
}

function annotate({ request }: AdmissionAttributes, key: string, value: string): void {
  request?.annotate(LABEL_PREFIX + key, value);
}

/** All else about a pod that matters here cannot be changed. */
function sameImages({ spec }: Pod, { spec: old }: Pod): boolean {
  return containerLists.every((list) => {
    const before: readonly AnyContainer[] = old[list] ?? [];
    const after: readonly AnyContainer[] = spec[list] ?? [];
    if (after.length !== before.length) return false;
    return after.every((each, i) => each.image === before[i]?.image);
  });
}

const containerLists = [
  'containers',
  'initContainers',
  'ephemeralContainers',
] as const satisfies readonly (keyof PodSpec)[];
