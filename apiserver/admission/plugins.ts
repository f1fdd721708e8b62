import type { AdmissionPlugin } from './admission.ts';
import { certificateRequester } from './certificate-requester.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { LimitRanger } from './limit-ranger/limit-ranger.ts';
import type { Lookups } from './lookups.ts';
import { NamespaceLifecycle } from './namespace-lifecycle.ts';
import { PodSecurity } from './pod-security/pod-security.ts';
import { Priority } from './priority.ts';
import { ResourceQuotaAdmission } from './resource-quota/resource-quota.ts';
import { serviceAccount } from './service-account.ts';

export interface PluginRegistration {
  /** As Kubernetes names it. */
  readonly name: string;
  /** On unless switched off. */
  readonly standard: boolean;
  readonly build: (lookups: Lookups) => AdmissionPlugin;
}

/** Every plugin there is, in Kubernetes' order, which is the order in which they are asked. */
export const pluginTable: readonly PluginRegistration[] = [
  {
    name: 'NamespaceLifecycle',
    standard: true,
    build: ({ namespaces }) => new NamespaceLifecycle(namespaces),
  },
  { name: 'LimitRanger', standard: true, build: ({ limitRanges }) => new LimitRanger(limitRanges) },
  { name: 'ServiceAccount', standard: true, build: () => serviceAccount },
  { name: 'PodSecurity', standard: true, build: (lookups) => new PodSecurity(lookups) },
  {
    name: 'Priority',
    standard: true,
    build: ({ priorityClasses }) => new Priority(priorityClasses),
  },
  { name: 'DefaultTolerationSeconds', standard: true, build: () => defaultTolerationSeconds },
  {
    name: 'ResourceQuota',
    standard: true,
    build: ({ quotas, clock }) => new ResourceQuotaAdmission(quotas, clock),
  },
];

/** Of Kubernetes, and not there: whoever relies on one should be told at once. */
const missing: ReadonlySet<string> = new Set([
  'EventRateLimit',
  'ImagePolicyWebhook',
  'PodNodeSelector',
  'PodTolerationRestriction',
]);

/** --enable-admission-plugins and --disable-admission-plugins. */
export interface PluginChoice {
  readonly enable: readonly string[];
  readonly disable: readonly string[];
}

/** A list of plugins that cannot be. */
export class PluginChoiceError extends Error {
  override readonly name = 'PluginChoiceError';
}

/** What runs. Fails for names that are nobody's, that are not there, or said both ways. */
export function chosenPlugins({ enable, disable }: PluginChoice): readonly PluginRegistration[] {
  const lists = { 'enable-admission-plugins': enable, 'disable-admission-plugins': disable };
  for (const [flag, names] of Object.entries(lists)) {
    for (const name of names) {
      if (pluginTable.some((each) => each.name === name)) continue;
      if (!missing.has(name))
        throw new PluginChoiceError(`${flag} plugin ${JSON.stringify(name)} is unknown`);
      if (names === enable)
        throw new PluginChoiceError(
          `${flag} plugin ${JSON.stringify(name)} is not there in Wherry`,
        );
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

/** The plugins of a server, by default those that Kubernetes has on. */
export function plugins(
  choice: PluginChoice = { enable: [], disable: [] },
): (lookups: Lookups) => readonly AdmissionPlugin[] {
  const chosen = chosenPlugins(choice);
  // Who asked for a certificate is the registry's affair in Kubernetes: it cannot be switched off.
  return (lookups) => [...chosen.map(({ build }) => build(lookups)), certificateRequester];
}
