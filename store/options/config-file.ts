/**
 * --config-file: etcd's YAML of flags without dashes. As with etcd, it is the whole configuration:
 * other flags and the environment count for nothing beside it.
 */
import { load } from 'js-yaml';
import { FlagError } from './flag-error.ts';

/** Sections, and what stands before their keys as flags. */
const sections: Readonly<Record<string, string>> = {
  'client-transport-security': '',
  'peer-transport-security': 'peer-',
};
/** Keys of sections whose flags are called otherwise. */
const flagNames: Readonly<Record<string, string>> = {
  'allowed-hostname': 'client-cert-allowed-hostname',
  'peer-allowed-cn': 'peer-cert-allowed-cn',
  'peer-allowed-hostname': 'peer-cert-allowed-hostname',
};
const NANOSECONDS = 1e6;

type Settings = Readonly<Record<string, unknown>>;

const isSettings = (value: unknown): value is Settings =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const scalarText = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

function argument(path: string, name: string, value: unknown): string[] {
  const isEmpty = value === '' || (Array.isArray(value) && value.length === 0);
  if (value === null || value === undefined || isEmpty) return [];
  if (isSettings(value))
    throw new FlagError(`--config-file: ${path}: ${name} takes no section of its own`);
  if (Array.isArray(value)) return [`--${name}=${value.map(scalarText).join(',')}`];
  // Durations are whole nanoseconds there.
  const isDuration = /-(interval|timeout|time|duration)$/.test(name) && typeof value === 'number';
  const text = isDuration && value >= NANOSECONDS ? `${value / NANOSECONDS}ms` : scalarText(value);
  return [`--${name}=${text}`];
}

/** etcd's own sample closes a list in the first column, which YAML allows in no mapping. */
const indented = (yaml: string): string => yaml.replace(/^(?=[\]}])/gm, ' ');

/** The command line that says the same. */
export function configArguments(path: string, yaml: string): string[] {
  let settings: unknown;
  try {
    settings = load(indented(yaml)) ?? {};
  } catch (error) {
    throw new FlagError(`--config-file: ${path}: ${(error as Error).message}`, { cause: error });
  }
  if (!isSettings(settings)) throw new FlagError(`--config-file: ${path} holds no settings`);
  return Object.entries(settings).flatMap(([name, value]) => {
    const prefix = sections[name];
    if (prefix === undefined) return argument(path, name, value);
    if (value === null || value === undefined) return [];
    if (!isSettings(value)) throw new FlagError(`--config-file: ${path}: ${name} is no section`);
    return Object.entries(value).flatMap(([key, each]) =>
      argument(path, flagNames[prefix + key] ?? prefix + key, each),
    );
  });
}
