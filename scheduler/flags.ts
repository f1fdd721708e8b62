/** Command line of `wherry scheduler`: kube-scheduler's names where it has the flag. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { addServingFlags, type ServingFlags } from '../client/serving/flags.ts';

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
    throw new InvalidArgumentError('a number from 0 to 100 is needed.');
  return Number(text);
}

export function schedulerFlags(): Command {
  const command = new Command('scheduler')
    .description('Run the scheduler: gives pods a node')
    .option('--kubeconfig <file>', 'How to reach the API server (default: KUBECONFIG)')
    .option('--config <file>', 'KubeSchedulerConfiguration; other flags win over what it says')
    .option('--plugins <file...>', 'JavaScript modules that export plugins for --config', [])
    .option('--leader-elect', 'Act only while holding the lease kube-scheduler')
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
  return addServingFlags(command, { securePort: 10259 });
}
