/**
 * Flags of the programs whose names ours are started by (kube-apiserver, kube-scheduler, …) that
 * have nothing to act on here. They are accepted with the values under which that is true. Any
 * other value is refused, with a reason, so that nobody relies on what is not done.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';

/** Values a flag may have; `any` if none of them would change what the program promises. */
export type Accepted = 'any' | readonly string[];

export interface ForeignFlags {
  readonly accepted: Readonly<Record<string, Accepted>>;
  /** What to do instead, or what is missing. An empty value is as good as none. */
  readonly refused: Readonly<Record<string, string>>;
}

/** Adds each that `command` does not declare itself. They are not shown in its help. */
export function addForeignFlags(command: Command, { accepted, refused }: ForeignFlags): Command {
  const declared = new Set(command.options.map(({ long }) => long?.slice(2)));
  const add = (name: string, parse: (text: string) => string): void => {
    if (declared.has(name)) return;
    const option = new Option(`--${name} [value]`).argParser(parse).preset('true').hideHelp();
    command.addOption(option);
  };
  for (const [name, values] of Object.entries(accepted))
    add(name, (text) => {
      if (values === 'any' || values.includes(text)) return text;
      const able = values.map((value) => value || 'no value').join(', ');
      throw new InvalidArgumentError(`${name} can only be ${able} here.`);
    });
  for (const [name, reason] of Object.entries(refused))
    add(name, (text) => {
      if (text === '') return text;
      throw new InvalidArgumentError(reason);
    });
  return command;
}

/** What every component of Kubernetes has: logs, profiles and metrics of Go programs. */
export const componentFlags: Readonly<Record<string, Accepted>> = {
  profiling: 'any',
  'contention-profiling': 'any',
  'debug-socket-path': 'any',
  'logging-format': ['json', 'text'],
  'log-flush-frequency': 'any',
  'log-text-info-buffer-size': 'any',
  'log-text-split-stream': 'any',
  'log-json-info-buffer-size': 'any',
  'log-json-split-stream': 'any',
  v: 'any',
  vmodule: 'any',
  'disabled-metrics': 'any',
  'allow-metric-labels': 'any',
  'allow-metric-labels-manifest': 'any',
  'show-hidden-metrics-for-version': 'any',
  'feature-gates': 'any',
  'emulated-version': 'any',
  'emulation-forward-compatible': 'any',
  'min-compatibility-version': 'any',
  'tls-min-version': ['VersionTLS10', 'VersionTLS11', 'VersionTLS12', ''],
  'tls-cipher-suites': 'any',
  'permit-address-sharing': ['false'],
  'permit-port-sharing': ['false'],
  'http2-max-streams-per-connection': 'any',
};
