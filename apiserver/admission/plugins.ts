import { assert } from '../../platform/assert.ts';
import type { AdmissionPlugin } from './admission.ts';
import { alwaysAdmit, alwaysDeny } from './always.ts';
import { alwaysPullImages } from './always-pull-images.ts';
import { certificateRequester } from './certificate-requester.ts';
import {
  CertificateApproval,
  CertificateSigning,
  certificateSubjectRestriction,
} from './certificates.ts';
import { ClaimResize } from './claim-resize.ts';
import { DefaultIngressClass } from './default-ingress-class.ts';
import { DefaultStorageClass } from './default-storage-class.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { denyServiceExternalIPs } from './deny-service-external-ips.ts';
import { type EventLimit, EventRateLimit } from './event-rate-limit.ts';
import { extendedResourceToleration } from './extended-resource-toleration.ts';
import { type ImagePolicy, ImagePolicyWebhook } from './image-policy.ts';
import { limitPodHardAntiAffinityTopology } from './limit-pod-hard-anti-affinity.ts';
import { LimitRanger } from './limit-ranger/limit-ranger.ts';
import type { Lookups } from './lookups.ts';
import { NamespaceAutoProvision } from './namespace-auto-provision.ts';
import { NamespaceExists } from './namespace-exists.ts';
import { NamespaceLifecycle } from './namespace-lifecycle.ts';
import { NodeRestriction } from './node-restriction/node-restriction.ts';
import { OwnerReferencesPermissionEnforcement } from './owner-references.ts';
import { MutatingPolicies } from './policies/mutating.ts';
import { ValidatingPolicies } from './policies/validating.ts';
import type { WebhookUsers } from '../webhook/kubeconfig-target.ts';
import { type NodeSelectors, PodNodeSelector } from './pod-node-selector.ts';
import type { PodSecurityConfiguration } from './pod-security/configuration.ts';
import { PodSecurity } from './pod-security/pod-security.ts';
import { PodTolerationRestriction, type TolerationRules } from './pod-tolerations.ts';
import { Priority } from './priority.ts';
import type { LimitedResource } from './resource-quota/limited-resources.ts';
import { ResourceQuotaAdmission } from './resource-quota/resource-quota.ts';
import { RuntimeClass } from './runtime-class.ts';
import { ServiceAccount } from './service-account/service-account.ts';
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition.ts';
import { MutatingWebhooks, ValidatingWebhooks } from './webhooks/webhooks.ts';

/** What plugins are told by a file (--admission-control-config-file). */
export interface PluginConfiguration {
  readonly podSecurity?: PodSecurityConfiguration;
  readonly eventLimits?: readonly EventLimit[];
  readonly imagePolicy?: ImagePolicy;
  readonly limitedResources?: readonly LimitedResource[];
  readonly nodeSelectors?: NodeSelectors;
  readonly tolerations?: TolerationRules;
  /** As whom webhooks are called. */
  readonly mutatingUsers?: WebhookUsers;
  readonly validatingUsers?: WebhookUsers;
}

export interface PluginRegistration {
  /** As Kubernetes names it. */
  readonly name: string;
  /** On unless switched off. */
  readonly standard: boolean;
  readonly build: (lookups: Lookups, configuration: PluginConfiguration) => AdmissionPlugin;
}

const IMAGE_POLICY = 'ImagePolicyWebhook';
const ON = true;
const OFF = false;

function row(
  name: string,
  standard: boolean,
  build: PluginRegistration['build'],
): PluginRegistration {
  return { name, standard, build };
}

/** Every plugin there is, in Kubernetes' order, which is the order in which they are asked. */
const pluginTable: readonly PluginRegistration[] = [
  row('AlwaysAdmit', OFF, () => alwaysAdmit),
  row('NamespaceAutoProvision', OFF, (lookups) => new NamespaceAutoProvision(lookups)),
  row('NamespaceLifecycle', ON, ({ namespaces }) => new NamespaceLifecycle(namespaces)),
  row('NamespaceExists', OFF, ({ namespaces }) => new NamespaceExists(namespaces)),
  row('LimitPodHardAntiAffinityTopology', OFF, () => limitPodHardAntiAffinityTopology),
  row('LimitRanger', ON, ({ limitRanges }) => new LimitRanger(limitRanges)),
  row('ServiceAccount', ON, (lookups) => new ServiceAccount(lookups)),
  row('NodeRestriction', OFF, (lookups) => new NodeRestriction(lookups)),
  row('TaintNodesByCondition', ON, () => taintNodesByCondition),
  row('AlwaysPullImages', OFF, () => alwaysPullImages),
  row(IMAGE_POLICY, OFF, (lookups, { imagePolicy }) => {
    assert(imagePolicy !== undefined, 'chosen with a configuration');
    return new ImagePolicyWebhook(lookups, imagePolicy);
  }),
  row('PodSecurity', ON, (lookups, { podSecurity }) => new PodSecurity(lookups, podSecurity)),
  row(
    'PodNodeSelector',
    OFF,
    ({ namespaces }, { nodeSelectors }) => new PodNodeSelector(namespaces, nodeSelectors),
  ),
  row(
    'EventRateLimit',
    OFF,
    ({ clock }, { eventLimits = [] }) => new EventRateLimit(eventLimits, clock),
  ),
  row('Priority', ON, ({ priorityClasses }) => new Priority(priorityClasses)),
  row('DefaultTolerationSeconds', ON, () => defaultTolerationSeconds),
  row(
    'PodTolerationRestriction',
    OFF,
    ({ namespaces }, { tolerations }) => new PodTolerationRestriction(namespaces, tolerations),
  ),
  row('ExtendedResourceToleration', OFF, () => extendedResourceToleration),
  row('DefaultStorageClass', ON, ({ storageClasses }) => new DefaultStorageClass(storageClasses)),
  row('StorageObjectInUseProtection', ON, () => storageObjectInUseProtection),
  row(
    'OwnerReferencesPermissionEnforcement',
    OFF,
    (lookups) => new OwnerReferencesPermissionEnforcement(lookups),
  ),
  row('PersistentVolumeClaimResize', ON, ({ storageClasses }) => new ClaimResize(storageClasses)),
  row('RuntimeClass', ON, ({ runtimeClasses }) => new RuntimeClass(runtimeClasses)),
  row('CertificateApproval', ON, ({ mayAccess }) => new CertificateApproval(mayAccess)),
  row('CertificateSigning', ON, ({ mayAccess }) => new CertificateSigning(mayAccess)),
  row('CertificateSubjectRestriction', ON, () => certificateSubjectRestriction),
  row('DefaultIngressClass', ON, ({ ingressClasses }) => new DefaultIngressClass(ingressClasses)),
  row('DenyServiceExternalIPs', OFF, () => denyServiceExternalIPs),
  row('MutatingAdmissionPolicy', ON, (lookups) => new MutatingPolicies(lookups)),
  row(
    'MutatingAdmissionWebhook',
    ON,
    (lookups, { mutatingUsers }) => new MutatingWebhooks(lookups, mutatingUsers),
  ),
  row('ValidatingAdmissionPolicy', ON, (lookups) => new ValidatingPolicies(lookups)),
  row(
    'ValidatingAdmissionWebhook',
    ON,
    (lookups, { validatingUsers }) => new ValidatingWebhooks(lookups, validatingUsers),
  ),
  row(
    'ResourceQuota',
    ON,
    ({ quotas, clock }, { limitedResources }) =>
      new ResourceQuotaAdmission(quotas, clock, limitedResources),
  ),
  row('AlwaysDeny', OFF, () => alwaysDeny),
];

/** Of Kubernetes, with nothing to do unless a feature is on that is off in 1.34. */
const idle: ReadonlySet<string> = new Set(['ClusterTrustBundleAttest', 'PodTopologyLabels']);

/** Plugins that cannot be without a configuration. */
const needed = {
  [IMAGE_POLICY]: {
    given: (configuration: PluginConfiguration): unknown => configuration.imagePolicy,
    why: 'no config specified',
  },
  EventRateLimit: {
    given: (configuration: PluginConfiguration): unknown => configuration.eventLimits,
    why: 'limits: Invalid value: null: must not be empty',
  },
};

/** --enable-admission-plugins and --disable-admission-plugins. */
export interface PluginChoice {
  readonly enable: readonly string[];
  readonly disable: readonly string[];
  readonly configuration?: PluginConfiguration;
}

/** A list of plugins that cannot be. */
class PluginChoiceError extends Error {
  override readonly name = 'PluginChoiceError';
}

/** --admission-control: these, and no others. */
export function onlyPlugins(enable: readonly string[]): PluginChoice {
  const others = pluginTable.filter(({ name, standard }) => standard && !enable.includes(name));
  return { enable, disable: others.map(({ name }) => name) };
}

/** What is switched on. Fails for names that are nobody's, or said both ways. */
export function enabledPlugins({ enable, disable }: PluginChoice): readonly PluginRegistration[] {
  const lists = { 'enable-admission-plugins': enable, 'disable-admission-plugins': disable };
  for (const [flag, names] of Object.entries(lists)) {
    for (const name of names) {
      if (pluginTable.some((each) => each.name === name) || idle.has(name)) continue;
      throw new PluginChoiceError(`${flag} plugin ${JSON.stringify(name)} is unknown`);
    }
  }
  const both = enable.filter((name) => disable.includes(name));
  if (both.length > 0)
    throw new PluginChoiceError(
      `[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`,
    );
  return pluginTable.filter(
    ({ name, standard }) => enable.includes(name) || (standard && !disable.includes(name)),
  );
}

/** What runs: {@link enabledPlugins}, with what they need. */
export function chosenPlugins(choice: PluginChoice): readonly PluginRegistration[] {
  const enabled = enabledPlugins(choice);
  for (const [name, { given, why }] of Object.entries(needed))
    if (choice.enable.includes(name) && given(choice.configuration ?? {}) === undefined)
      throw new PluginChoiceError(`couldn't init admission plugin "${name}": ${why}`);
  return enabled;
}

/** The plugins of a server, by default those that Kubernetes has on. */
export function plugins(
  choice: PluginChoice = { enable: [], disable: [] },
): (lookups: Lookups) => readonly AdmissionPlugin[] {
  const chosen = chosenPlugins(choice);
  const { configuration = {} } = choice;
  // Who asked for a certificate is the registry's affair in Kubernetes: it cannot be switched off.
  return (lookups) => [
    ...chosen.map(({ build }) => build(lookups, configuration)),
    certificateRequester,
  ];
}
