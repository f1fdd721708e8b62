/** Command line of `wherry scheduler`: kube-scheduler's names where it has the flag. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { addServingFlags, type ServingFlags } from '../client/serving/flags.ts';
import { type Accepted, addForeignFlags, componentFlags } from '../platform/foreign-flags.ts';

export interface SchedulerFlags extends ServingFlags {
  readonly kubeconfig?: string;
  /** A KubeSchedulerConfiguration. */
  readonly config?: string;
  /** Files that export plugins. */
  readonly plugins: readonly string[];
  readonly leaderElect?: boolean;
  readonly schedulerName?: string;
  readonly percentageOfNodesToScore?: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

function percentage(text: string): number {
  if (!/^(\d{1,2}|100)$/.test(text))
    throw new InvalidArgumentError('A number from 0 to 100 is needed.');
  return Number(text);
}

function truth(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new InvalidArgumentError('It must be true or false.');
}

/** Of kube-scheduler, with nothing to act on here. */
const accepted: Readonly<Record<string, Accepted>> = {
  ...componentFlags,
  // Whoever asks for metrics shows a token, which the API server of --kubeconfig reviews.
  'authentication-kubeconfig': 'any',
  'authorization-kubeconfig': 'any',
  'authentication-skip-lookup': 'any',
  'authentication-tolerate-lookup-failure': 'any',
  'requestheader-client-ca-file': 'any',
  'kube-api-qps': 'any',
  'kube-api-burst': 'any',
  'kube-api-content-type': 'any',
};

const refused: Readonly<Record<string, string>> = {
  master: 'the API server is named by --kubeconfig.',
  'write-config-to': 'configurations are read, not written.',
};

export function schedulerFlags(): Command {
  const command = new Command('scheduler')
    .description('Run the scheduler: gives pods a node')
    .option('--kubeconfig <file>', 'How to reach the API server (default: KUBECONFIG)')
    .option('--config <file>', 'KubeSchedulerConfiguration; other flags win over what it says')
    .option('--plugins <file...>', 'JavaScript modules that export plugins for --config', [])
    .option('--leader-elect [bool]', 'Act only while holding the lease kube-scheduler', truth)
    .option('--no-leader-elect', 'Act without a lease')
    .option(
      '--scheduler-name <name>',
      'Place the pods that ask for it (without --config; default: default-scheduler)',
    )
    .option(
      '--percentage-of-nodes-to-score <percentage>',
      'Enough feasible nodes, of all; 0, the default, adapts to the size of the cluster',
      percentage,
    )
    .addOption(
      new Option('--log-level <level>', 'Least severe lines to log')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    );
  return addForeignFlags(addServingFlags(command, { securePort: 10259 }), { accepted, refused });
}
