/** What single admission plugins are told: each checked as Kubernetes checks it, with its texts. */
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
} from '../../api/field-errors.ts';
import type { ScopedResourceSelectorRequirement, Toleration } from '../../api/types/core-v1.ts';
import { dns1123Label, dns1123Subdomain } from '../../api/validation/names.ts';
import { parseYaml } from '../../api/yaml.ts';
import type { EventLimit, EventLimitType } from '../admission/event-rate-limit.ts';
import type { NodeSelectors } from '../admission/pod-node-selector.ts';
import type { TolerationRules } from '../admission/pod-tolerations.ts';
import type { PodSecurityConfiguration } from '../admission/pod-security/configuration.ts';
import {
  LATEST,
  levels,
  type LevelVersion,
  parseLevel,
  parseVersion,
} from '../admission/pod-security/policy.ts';
import type { LimitedResource } from '../admission/resource-quota/limited-resources.ts';
import { validateTolerations } from '../registry/kinds/pod/validation-scheduling.ts';
import {
  configDocument,
  ConfigurationError,
  errorsText,
  type Fields,
  formsOf,
  refuseErrors,
  type Shape,
  shaped,
  shapedLoosely,
} from './config-document.ts';

const GROUP = 'apiserver.config.k8s.io';
const TEXT = 'string';
const TEXTS = [TEXT] as const;
const HEAD = { apiVersion: TEXT, kind: TEXT } as const;

const MODES = ['enforce', 'audit', 'warn'] as const;
type Mode = (typeof MODES)[number];

const SECURITY_FORMS = formsOf(
  'PodSecurityConfiguration',
  ['v1', 'v1beta1', 'v1alpha1'].map((v) => `pod-security.admission.config.k8s.io/${v}`),
);
const SECURITY: Shape = {
  ...HEAD,
  defaults: Object.fromEntries(
    MODES.flatMap((mode) => [mode, `${mode}-version`]).map((name) => [name, TEXT] as const),
  ),
  exemptions: { usernames: TEXTS, runtimeClasses: TEXTS, namespaces: TEXTS },
};

export function podSecurityOf(text: string): PodSecurityConfiguration {
  const { defaults = {}, exemptions = {} } = shaped(
    configDocument(text, SECURITY_FORMS),
    SECURITY,
  ) as {
    readonly defaults?: Readonly<Record<string, string>>;
    readonly exemptions?: Partial<PodSecurityConfiguration['exemptions']>;
  };
  const errors: string[] = [];
  const levelOf = (mode: Mode): LevelVersion => {
    const level = parseLevel(defaults[mode] || 'privileged');
    const minor = parseVersion(defaults[`${mode}-version`] || 'latest');
    if (level === undefined) errors.push(`${mode}: must be one of ${levels.join(', ')}`);
    if (minor === undefined) errors.push(`${mode}-version: must be "latest" or "v1.x"`);
    return { level: level ?? 'restricted', minor: minor ?? LATEST };
  };
  const policy = { enforce: levelOf('enforce'), audit: levelOf('audit'), warn: levelOf('warn') };
  if (errors.length > 0)
    throw new ConfigurationError(`PodSecurity configuration error: ${errorsText(errors)}`);
  const { usernames = [], runtimeClasses = [], namespaces = [] } = exemptions;
  const exempt = { usernames, runtimeClasses, namespaces };
  const wrong = validateExemptions(exempt).map(({ field, message }) => `${field}: ${message}`);
  if (wrong.length > 0) throw new ConfigurationError(`PodSecurity invalid: ${errorsText(wrong)}`);
  return { defaults: policy, exemptions: exempt };
}

function validateExemptions({
  namespaces,
  runtimeClasses,
  usernames,
}: PodSecurityConfiguration['exemptions']): FieldError[] {
  const check = (
    name: string,
    values: readonly string[],
    faultsOf: (value: string) => readonly string[],
  ): FieldError[] =>
    values.flatMap((value, i) => {
      const field = `exemptions.${name}[${i}]`;
      const faults = faultsOf(value);
      if (faults.length > 0) return [invalid(field, value, faults.join(', '))];
      return values.indexOf(value) < i ? [duplicate(field, value)] : [];
    });
  return [
    ...check('namespaces', namespaces, dns1123Label),
    ...check('runtimeClasses', runtimeClasses, dns1123Subdomain),
    ...check('usernames', usernames, (name) => (name === '' ? ['username must not be empty'] : [])),
  ];
}

/** Kubernetes reads no kind here, and passes over what it does not understand. */
export function nodeSelectorsOf(text: string): NodeSelectors {
  const { podNodeSelectorPluginConfig: own } = (parseYaml(text) ?? {}) as Fields;
  const all = Object.entries(typeof own === 'object' ? (own ?? {}) : {}).map(
    ([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)] as const,
  );
  const byNamespace = new Map(all.filter(([name]) => name !== 'clusterDefaultNodeSelector'));
  const { clusterDefaultNodeSelector: clusterDefault = '' } = Object.fromEntries(all);
  return { clusterDefault, byNamespace };
}

const TOLERATION: Shape = {
  key: TEXT,
  operator: TEXT,
  value: TEXT,
  effect: TEXT,
  tolerationSeconds: 'integer',
};
const TOLERATIONS: Shape = { ...HEAD, default: [TOLERATION], whitelist: [TOLERATION] };
const TOLERATION_FORMS = {
  'podtolerationrestriction.admission.k8s.io/v1alpha1': 'Configuration',
};

export function tolerationsOf(text: string): TolerationRules {
  const { value } = shapedLoosely(configDocument(text, TOLERATION_FORMS), TOLERATIONS);
  const { default: usual = [], whitelist = [] } = value as Partial<TolerationRules>;
  const lists: Readonly<Record<string, readonly Toleration[]>> = { default: usual, whitelist };
  const errors = Object.entries(lists).flatMap(([name, list]) =>
    validateTolerations(list, `podtolerationrestriction.${name}`),
  );
  const texts = errors.map(({ field, message }) => `${field}: ${message}`);
  if (texts.length > 0) throw new ConfigurationError(`invalid config: [${texts.join(' ')}]`);
  return { default: usual, whitelist };
}

const QUOTA_FORMS = {
  [`${GROUP}/v1`]: 'ResourceQuotaConfiguration',
  ...formsOf(
    'Configuration',
    ['v1beta1', 'v1alpha1'].map((v) => `resourcequota.admission.k8s.io/${v}`),
  ),
};
const QUOTA: Shape = {
  ...HEAD,
  limitedResources: [
    {
      apiGroup: TEXT,
      resource: TEXT,
      matchContains: TEXTS,
      matchScopes: [{ scopeName: TEXT, operator: TEXT, values: TEXTS }],
    },
  ],
};

export function limitedResourcesOf(text: string): readonly LimitedResource[] {
  const { limitedResources: all = [] } = shaped(configDocument(text, QUOTA_FORMS), QUOTA) as {
    readonly limitedResources?: readonly Partial<LimitedResource>[];
  };
  const errors: FieldError[] = [];
  const limited = all.map((each, i): LimitedResource => {
    const { apiGroup = '', resource = '', matchContains = [], matchScopes = [] } = each;
    if (resource === '') errors.push(required(`limitedResources[${i}].resource`));
    const scopes = matchScopes.map(
      ({
        scopeName = '',
        operator = '',
        values = [],
      }: Partial<ScopedResourceSelectorRequirement>) => ({ scopeName, operator, values }),
    );
    return { apiGroup, resource, matchContains, matchScopes: scopes };
  });
  refuseErrors(errors);
  return limited;
}

const LIMIT_TYPES: readonly EventLimitType[] = ['Namespace', 'Server', 'SourceAndObject', 'User'];
const DEFAULT_CACHE = 4_096;
const LIMITS: Shape = {
  ...HEAD,
  limits: [{ type: TEXT, qps: 'integer', burst: 'integer', cacheSize: 'integer' }],
};
const LIMIT_FORMS = { 'eventratelimit.admission.k8s.io/v1alpha1': 'Configuration' };

export function eventLimitsOf(text: string): readonly EventLimit[] {
  const { value } = shapedLoosely(configDocument(text, LIMIT_FORMS), LIMITS);
  const { limits } = value as { readonly limits?: readonly Partial<EventLimit>[] };
  const errors: FieldError[] = [];
  if (limits === undefined || limits.length === 0)
    errors.push(invalid('limits', limits ?? null, 'must not be empty'));
  const read = (limits ?? []).map((limit, i): EventLimit => {
    const { type, qps = 0, burst = 0, cacheSize = 0 } = limit;
    const at = `limits[${i}]`;
    if (type === undefined || !LIMIT_TYPES.includes(type))
      errors.push(notSupported(`${at}.type`, type ?? '', LIMIT_TYPES));
    if (burst <= 0) errors.push(invalid(`${at}.burst`, burst, 'must be positive'));
    if (qps <= 0) errors.push(invalid(`${at}.qps`, qps, 'must be positive'));
    if (type !== 'Server' && cacheSize < 0)
      errors.push(invalid(`${at}.cacheSize`, cacheSize, 'must not be negative'));
    return { type: type!, qps, burst, cacheSize: cacheSize > 0 ? cacheSize : DEFAULT_CACHE };
  });
  refuseErrors(errors);
  return read;
}

const WEBHOOK_FORMS = {
  [`${GROUP}/v1`]: 'WebhookAdmissionConfiguration',
  [`${GROUP}/v1alpha1`]: 'WebhookAdmission',
};
const WEBHOOKS: Shape = { ...HEAD, kubeConfigFile: TEXT };

/** The path of the kubeconfig as whose users webhooks are called. */
export function webhookKubeconfigOf(text: string): string {
  const { value } = shapedLoosely(configDocument(text, WEBHOOK_FORMS), WEBHOOKS);
  const { kubeConfigFile = '' } = value as { readonly kubeConfigFile?: string };
  if (!kubeConfigFile.startsWith('/'))
    refuseErrors([invalid('kubeConfigFile', kubeConfigFile, 'must be an absolute file path')]);
  return kubeConfigFile;
}
