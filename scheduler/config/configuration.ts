/**
 * KubeSchedulerConfiguration, kubescheduler.config.k8s.io/v1: what `--config` names. Reading is
 * strict, as kube-scheduler's: every fault is reported, each with its field.
 */
import {
  duplicate,
  invalid,
  notSupported,
  required,
  type FieldError,
} from '../../api/field-errors.ts';
import { MalformedYaml, parseYaml } from '../../api/yaml.ts';
import { methodOf, type ExtensionPoint } from '../framework/profile.ts';
import { readExtenders, type ConfiguredExtender } from './extenders.ts';
import { Fields, MAX_INT32, percent } from './fields.ts';

export interface PluginChoice {
  readonly name: string;
  readonly weight?: number;
}

/** Added to, and taken from, the default plugins of a point. "*" takes all. */
export interface PluginSet {
  readonly enabled: readonly PluginChoice[];
  readonly disabled: readonly string[];
}

export interface PluginConfig {
  readonly name: string;
  /** Where it stands, for errors about args. */
  readonly field: string;
  readonly args: unknown;
}

export interface ProfileConfiguration {
  readonly field: string;
  readonly schedulerName: string;
  readonly percentageOfNodesToScore?: number;
  readonly multiPoint: PluginSet;
  readonly points: Readonly<Partial<Record<ExtensionPoint, PluginSet>>>;
  readonly pluginConfig: readonly PluginConfig[];
}

export interface LeaderElectionConfiguration {
  readonly leaderElect: boolean;
  readonly resourceName: string;
  readonly resourceNamespace: string;
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly retryMs: number;
}

export interface SchedulerConfiguration {
  readonly kubeconfig?: string;
  readonly leaderElection: LeaderElectionConfiguration;
  readonly percentageOfNodesToScore: number;
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
  readonly profiles: readonly ProfileConfiguration[];
  readonly extenders: readonly ConfiguredExtender[];
}

/** Every fault of a configuration in one message: one sentence, or a line for each of several. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(faults: readonly FieldError[] | string) {
    const lines =
      typeof faults === 'string' ? [faults] : faults.map((f) => `${f.field}: ${f.message}`);
    const said = lines.length === 1 ? ` ${lines[0]}` : lines.map((line) => `\n  ${line}`).join('');
    super(`invalid scheduler configuration:${said}`);
  }
}

const API_VERSION = 'kubescheduler.config.k8s.io/v1';
const KIND = 'KubeSchedulerConfiguration';
const MAX_SECONDS = 365 * 24 * 3600;

/** Throws {@link ConfigurationError}. */
export function readConfiguration(text: string): SchedulerConfiguration {
  const errors: FieldError[] = [];
  const root = new Fields('', parsed(text), errors);
  for (const [name, wanted] of [
    ['apiVersion', API_VERSION],
    ['kind', KIND],
  ] as const)
    root.required(name, root.oneOf(name, [wanted]));
  const connection = root.object('clientConnection');
  const kubeconfig = connection?.text('kubeconfig');
  connection?.ignore('acceptContentTypes', 'contentType', 'qps', 'burst');
  connection?.end();
  // Nothing here runs in parallel.
  const otherwise = 'should be an integer value greater than zero';
  root.integer('parallelism', { min: 1, max: MAX_INT32, otherwise });
  root.ignore('enableProfiling', 'enableContentionProfiling');
  root.ignore('delayCacheUntilActive');
  const initial = root.integer('podInitialBackoffSeconds', { min: 1, max: MAX_SECONDS }) ?? 1;
  const most = root.integer('podMaxBackoffSeconds', { min: 1, max: MAX_SECONDS }) ?? 10;
  if (most < initial) {
    const detail = 'must be greater than or equal to PodInitialBackoffSeconds';
    root.report(invalid('podMaxBackoffSeconds', most, detail));
  }
  const configuration = {
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    leaderElection: leaderElection(root.object('leaderElection')),
    percentageOfNodesToScore: root.integer('percentageOfNodesToScore', percent) ?? 0,
    initialBackoffMs: initial * 1000,
    maxBackoffMs: most * 1000,
    profiles: profiles(root),
    extenders: readExtenders(root),
  };
  root.end();
  if (errors.length > 0) throw new ConfigurationError(errors);
  return configuration;
}

function parsed(text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    if (error instanceof MalformedYaml) throw new ConfigurationError(error.message);
    throw error;
  }
}

function leaderElection(fields: Fields | undefined): LeaderElectionConfiguration {
  const ms = (name: string, fallback: number): number => fields?.duration(name) ?? fallback;
  const lock = fields?.text('resourceLock') ?? 'leases';
  if (lock !== 'leases') fields?.report(notSupported(fields.at('resourceLock'), lock, ['leases']));
  const read = {
    leaderElect: fields?.flag('leaderElect') ?? true,
    resourceName: fields?.text('resourceName') ?? 'kube-scheduler',
    resourceNamespace: fields?.text('resourceNamespace') ?? 'kube-system',
    leaseMs: ms('leaseDuration', 15_000),
    renewMs: ms('renewDeadline', 10_000),
    retryMs: ms('retryPeriod', 2000),
  };
  if (fields !== undefined && read.leaseMs <= read.renewMs) {
    const detail = 'LeaseDuration must be greater than RenewDeadline';
    fields.report(invalid(fields.at('leaseDuration'), fields.text('leaseDuration'), detail));
  }
  fields?.end();
  return read;
}

function profiles(root: Fields): readonly ProfileConfiguration[] {
  const read = root.objects('profiles').map(profile);
  if (read.length === 0) return [profile(new Fields('profiles[0]', {}, []))];
  const names = new Set<string>();
  for (const { field, schedulerName } of read) {
    if (names.has(schedulerName)) root.report(duplicate(`${field}.schedulerName`, schedulerName));
    names.add(schedulerName);
  }
  return read;
}

function profile(fields: Fields): ProfileConfiguration {
  const percentage = fields.integer('percentageOfNodesToScore', percent);
  const plugins = fields.object('plugins');
  const schedulerName = fields.text('schedulerName') ?? 'default-scheduler';
  if (schedulerName === '') fields.report(required(fields.at('schedulerName')));
  const points: Partial<Record<ExtensionPoint, PluginSet>> = {};
  for (const point of Object.keys(methodOf) as ExtensionPoint[]) {
    const set = plugins?.object(point);
    if (set !== undefined) points[point] = pluginSet(set);
  }
  const multiPoint = plugins?.object('multiPoint');
  const read: ProfileConfiguration = {
    field: fields.path,
    schedulerName,
    ...(percentage === undefined ? {} : { percentageOfNodesToScore: percentage }),
    multiPoint: multiPoint === undefined ? { enabled: [], disabled: [] } : pluginSet(multiPoint),
    points,
    pluginConfig: fields.objects('pluginConfig').map((entry) => {
      const name = entry.required('name', entry.text('name')) ?? '';
      const args = entry.raw('args');
      entry.end();
      return { name, field: entry.at('args'), args };
    }),
  };
  plugins?.end();
  fields.end();
  const configured = new Set<string>();
  for (const { name, field } of read.pluginConfig) {
    if (configured.has(name)) fields.report(duplicate(field.replace(/args$/, 'name'), name));
    configured.add(name);
  }
  return read;
}

function pluginSet(set: Fields): PluginSet {
  const choice = (entry: Fields): PluginChoice => {
    const name = entry.required('name', entry.text('name')) ?? '';
    const weight = entry.integer('weight', { min: 0, max: MAX_INT32 });
    entry.end();
    // As in Kubernetes, 0 is the same as nothing.
    return weight === undefined || weight === 0 ? { name } : { name, weight };
  };
  const enabled = set.objects('enabled').map(choice);
  const disabled = set.objects('disabled').map((entry) => choice(entry).name);
  set.end();
  return { enabled, disabled };
}
