/** Command line of `wherry scheduler`: kube-scheduler's names where it has the flag. */
import { Command, InvalidArgumentError, Option } from 'commander';

export interface SchedulerFlags {
  readonly kubeconfig?: string;
  readonly leaderElect: boolean;
  readonly schedulerName: string;
  readonly percentageOfNodesToScore: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

function percentage(text: string): number {
  if (!/^(\d{1,2}|100)$/.test(text))
    throw new InvalidArgumentError('a number from 0 to 100 is needed.');
  return Number(text);
}

export function schedulerFlags(): Command {
  return new Command('scheduler')
    .description('Run the scheduler: gives pods a node')
    .option('--kubeconfig <file>', 'How to reach the API server (default: KUBECONFIG)')
    .option('--leader-elect', 'Act only while holding the lease kube-scheduler', false)
    .option('--scheduler-name <name>', 'Place the pods that ask for it', 'default-scheduler')
    .option(
      '--percentage-of-nodes-to-score <percentage>',
      'Enough feasible nodes, of all; 0 adapts to the size of the cluster',
      percentage,
      0,
    )
    .addOption(
      new Option('--log-level <level>', 'Least severe lines to log')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    );
}
