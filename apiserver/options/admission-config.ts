/**
 * --admission-control-config-file: what admission plugins are told beyond their flags
 * (apiserver.config.k8s.io AdmissionConfiguration). What one plugin is told stands in the file, or
 * in one of its own, whose path it names.
 */
import { type FieldError, invalid, notSupported } from '../../api/field-errors.ts';
import type { Toleration } from '../../api/types/core-v1.ts';
import { parseYaml } from '../../api/yaml.ts';
import type { EventLimit, EventLimitType } from '../admission/event-rate-limit.ts';
import type { PluginConfiguration } from '../admission/plugins.ts';
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
import {
  ConfigurationError,
  configDocument,
  configFields,
  type Fields,
  refuseErrors,
  unknownFields,
} from './config-document.ts';
import { imagePolicyOf } from './image-policy-config.ts';
import { kubeconfigFile } from './kubeconfig-file.ts';
import {
  type CredentialPrograms,
  kubeconfigUsers,
  type WebhookUsers,
} from '../webhook/kubeconfig-target.ts';

const FLAG = 'admission-control-config-file';
const GROUP = 'apiserver.config.k8s.io';
const DEFAULT_CACHE = 4_096;

export interface ConfigurationFiles {
  /** Fails with the flag's name in its message. */
  read(flag: string, path: string): Promise<string>;
  parsed<T>(flag: string, path: string, parse: (text: string) => T): Promise<T>;
  readonly runs: CredentialPrograms | undefined;
}

interface Entry {
  readonly name: string;
  readonly path?: string;
  readonly configuration?: unknown;
}

function entriesOf(text: string): readonly Entry[] {
  const fields = configDocument(text, 'AdmissionConfiguration', [`${GROUP}/v1`]);
  unknownFields(fields, ['apiVersion', 'kind', 'plugins'], '');
  const plugins = fields['plugins'] ?? [];
  if (!Array.isArray(plugins)) throw new ConfigurationError('plugins: a list is needed');
  return plugins.map((entry: unknown, i) => {
    unknownFields(entry, ['name', 'path', 'configuration'], `plugins[${i}]`);
    const { name, path, configuration } = entry as Fields;
    if (typeof name !== 'string' || name === '')
      throw new ConfigurationError(`plugins[${i}].name: Required value`);
    if (typeof path === 'string' && path !== '') return { name, path };
    return { name, configuration };
  });
}

/** Paths are relative to the file that names them. */
function beside(file: string, path: string): string {
  const slash = file.lastIndexOf('/');
  return path.startsWith('/') || slash < 0 ? path : `${file.slice(0, slash)}/${path}`;
}

export async function readAdmissionConfiguration(
  file: string | undefined,
  files: ConfigurationFiles,
): Promise<PluginConfiguration> {
  let all: PluginConfiguration = {};
  if (file === undefined) return all;
  for (const { name, path, configuration } of await files.parsed(FLAG, file, entriesOf)) {
    const from = path === undefined ? file : beside(file, path);
    const document =
      path === undefined
        ? configuration
        : await files.parsed(FLAG, from, (text) => parseYaml(text));
    const users = usersOf[name];
    if (users !== undefined && document) {
      all = { ...all, [users]: await webhookUsers(document, { from, files }) };
      continue;
    }
    if (name === 'ImagePolicyWebhook') {
      const read = await files.parsed(FLAG, from, () => imagePolicyOf(document));
      const { kubeConfigFile, ...settings } = read;
      const target = await kubeconfigFile(FLAG, kubeConfigFile, files);
      all = { ...all, imagePolicy: { target, ...settings } };
      continue;
    }
    // The reader of files says whose mistake it is.
    all = { ...all, ...(await files.parsed(FLAG, from, () => configurationOf(name, document))) };
  }
  return all;
}

/** Of plugins that have one in Kubernetes and none here: silence would look like obedience. */
const unread: Readonly<Record<string, string>> = {
  ResourceQuota: 'ResourceQuota has no limited resources here',
};

/** What is read of a kubeconfig for plugins that call webhooks. */
const usersOf: Readonly<Record<string, 'mutatingUsers' | 'validatingUsers'>> = {
  MutatingAdmissionWebhook: 'mutatingUsers',
  ValidatingAdmissionWebhook: 'validatingUsers',
};

async function webhookUsers(
  document: unknown,
  of: { readonly from: string; readonly files: ConfigurationFiles },
): Promise<WebhookUsers> {
  const { from, files } = of;
  const path = await files.parsed(FLAG, from, () => {
    const fields = configFields(document, 'WebhookAdmissionConfiguration', [`${GROUP}/v1`]);
    unknownFields(fields, ['apiVersion', 'kind', 'kubeConfigFile'], '');
    return text(fields['kubeConfigFile'], '');
  });
  if (path === '') return () => undefined;
  if (!path.startsWith('/'))
    throw new ConfigurationError(
      `kubeConfigFile: Invalid value: ${JSON.stringify(path)}: must be an absolute file path`,
    );
  const kubeconfig = await files.read(FLAG, path);
  try {
    return await kubeconfigUsers(kubeconfig, {
      folder: path.slice(0, path.lastIndexOf('/') + 1),
      read: (name) => files.read(FLAG, beside(path, name)),
      runs: files.runs,
    });
  } catch (error) {
    throw new ConfigurationError(`${path}: ${(error as Error).message}`);
  }
}

function configurationOf(name: string, document: unknown): PluginConfiguration {
  if (document === undefined || document === null) return {};
  if (name === 'PodSecurity') return { podSecurity: podSecurityOf(document) };
  if (name === 'EventRateLimit') return { eventLimits: eventLimitsOf(document) };
  if (name === 'PodNodeSelector') return { nodeSelectors: nodeSelectorsOf(document) };
  if (name === 'PodTolerationRestriction') return { tolerations: tolerationsOf(document) };
  const why = unread[name];
  throw new ConfigurationError(why ?? `plugin ${JSON.stringify(name)} takes no configuration`);
}

/** A number where a text belongs is shown as it is, and refused. */
function text(value: unknown, otherwise: string): string {
  if (value === undefined || value === null || value === '') return otherwise;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const MODES = ['enforce', 'audit', 'warn'] as const;

function podSecurityOf(document: unknown): PodSecurityConfiguration {
  const group = 'pod-security.admission.config.k8s.io';
  const versions = ['v1', 'v1beta1', 'v1alpha1'].map((version) => `${group}/${version}`);
  const fields = configFields(document, 'PodSecurityConfiguration', versions);
  unknownFields(fields, ['apiVersion', 'kind', 'defaults', 'exemptions'], '');
  const defaults = (fields['defaults'] ?? {}) as Fields;
  unknownFields(defaults, [...MODES, ...MODES.map((mode) => `${mode}-version`)], 'defaults');
  const exemptions = (fields['exemptions'] ?? {}) as Fields;
  unknownFields(exemptions, ['usernames', 'runtimeClasses', 'namespaces'], 'exemptions');
  const errors: FieldError[] = [];
  const levelOf = (mode: (typeof MODES)[number]): LevelVersion => {
    const level = text(defaults[mode], 'privileged');
    const version = text(defaults[`${mode}-version`], 'latest');
    const [known, minor] = [parseLevel(level), parseVersion(version)];
    if (known === undefined)
      errors.push(invalid(`defaults.${mode}`, level, `must be one of ${levels.join(', ')}`));
    if (minor === undefined)
      errors.push(invalid(`defaults.${mode}-version`, version, 'must be "latest" or "v1.x"'));
    return { level: known ?? 'restricted', minor: minor ?? LATEST };
  };
  const listOf = (name: string): readonly string[] =>
    ((exemptions[name] ?? []) as readonly unknown[]).map(String);
  const policy = { enforce: levelOf('enforce'), audit: levelOf('audit'), warn: levelOf('warn') };
  refuseErrors(errors);
  return {
    defaults: policy,
    exemptions: {
      usernames: listOf('usernames'),
      runtimeClasses: listOf('runtimeClasses'),
      namespaces: listOf('namespaces'),
    },
  };
}

/** Kubernetes reads no kind here: podNodeSelectorPluginConfig is the only field. */
function nodeSelectorsOf(document: unknown): NodeSelectors {
  unknownFields(document, ['podNodeSelectorPluginConfig'], '');
  const { podNodeSelectorPluginConfig: own = {} } = document as Fields;
  if (typeof own !== 'object' || own === null)
    throw new ConfigurationError('podNodeSelectorPluginConfig: a map is needed');
  const all = Object.entries(own).map(([name, value]) => [name, text(value, '')] as const);
  const byNamespace = new Map(all.filter(([name]) => name !== 'clusterDefaultNodeSelector'));
  const { clusterDefaultNodeSelector: clusterDefault = '' } = Object.fromEntries(all);
  return { clusterDefault, byNamespace };
}

function tolerationsOf(document: unknown): TolerationRules {
  const versions = ['v1alpha1'].map((v) => `podtolerationrestriction.admission.k8s.io/${v}`);
  const fields = configFields(document, 'Configuration', versions);
  unknownFields(fields, ['apiVersion', 'kind', 'default', 'whitelist'], '');
  const listOf = (name: string): readonly Toleration[] => {
    const list = fields[name] ?? [];
    if (!Array.isArray(list)) throw new ConfigurationError(`${name}: a list is needed`);
    return list as readonly Toleration[];
  };
  return { default: listOf('default'), whitelist: listOf('whitelist') };
}

const LIMIT_TYPES: readonly EventLimitType[] = ['Namespace', 'Server', 'SourceAndObject', 'User'];

function eventLimitsOf(document: unknown): readonly EventLimit[] {
  const version = 'eventratelimit.admission.k8s.io/v1alpha1';
  const fields = configFields(document, 'Configuration', [version]);
  unknownFields(fields, ['apiVersion', 'kind', 'limits'], '');
  const limits = fields['limits'] ?? [];
  if (!Array.isArray(limits) || limits.length === 0)
    throw new ConfigurationError('limits: Invalid value: []: must not be empty');
  const errors: FieldError[] = [];
  const read = limits.map((limit: unknown, i): EventLimit => {
    const at = `limits[${i}]`;
    unknownFields(limit, ['type', 'qps', 'burst', 'cacheSize'], at);
    const { type, qps, burst, cacheSize } = limit as Fields;
    if (!LIMIT_TYPES.includes(type as EventLimitType))
      errors.push(notSupported(`${at}.type`, type, LIMIT_TYPES));
    if (!isPositive(burst)) errors.push(invalid(`${at}.burst`, burst ?? 0, 'must be positive'));
    if (!isPositive(qps)) errors.push(invalid(`${at}.qps`, qps ?? 0, 'must be positive'));
    if (typeof cacheSize === 'number' && cacheSize < 0)
      errors.push(invalid(`${at}.cacheSize`, cacheSize, 'must not be negative'));
    const size = typeof cacheSize === 'number' && cacheSize > 0 ? cacheSize : DEFAULT_CACHE;
    return {
      type: type as EventLimitType,
      qps: Number(qps),
      burst: Number(burst),
      cacheSize: size,
    };
  });
  refuseErrors(errors);
  return read;
}

const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0;
