/** Command line of `wherry controllers`: kube-controller-manager's names where it has the flag. */
import { Command, InvalidArgumentError, Option } from 'commander';

export interface ControllersFlags {
  readonly kubeconfig?: string;
  readonly controllers: readonly string[];
  readonly leaderElect: boolean;
  readonly concurrentSyncs?: number;
  readonly rootCaFile?: string;
  readonly serviceAccountPrivateKeyFile?: string;
  readonly terminatedPodGcThreshold?: number;
  readonly standardStorageClass: boolean;
  readonly clusterSigningCertFile?: string;
  readonly clusterSigningKeyFile?: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

function list(text: string): string[] {
  const entries = text.split(',').map((entry) => entry.trim());
  if (entries.some((entry) => entry === '')) {
    throw new InvalidArgumentError('a list like *,-endpoints-controller is needed.');
  }
  return entries;
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('a number from 1 is needed.');
  return Number(text);
}

function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('a number from 0 is needed.');
  return Number(text);
}

const syncs =
  'Objects worked on at once, per controller (default 5; the garbage collector always 20)';

export function controllersFlags(): Command {
  return new Command('controllers')
    .description('Run the controllers: deployments, replica sets, garbage, namespaces, endpoints …')
    .option('--kubeconfig <file>', 'How to reach the API server (default: KUBECONFIG)')
    .option('--controllers <list>', 'Which to run: * for all, name, -name', list, ['*'])
    .option('--root-ca-file <file>', "CA put into every namespace (default: the kubeconfig's)")
    .option('--service-account-private-key-file <file>', 'Key that signs tokens in Secrets')
    .option('--leader-elect', 'Act only while holding the lease kube-controller-manager', false)
    .option('--concurrent-syncs <number>', syncs, positive)
    .option(
      '--terminated-pod-gc-threshold <number>',
      'Ended pods that are kept, 0 for all (default 12500)',
      count,
    )
    .option('--cluster-signing-cert-file <file>', 'CA that signs certificate requests, as PEM')
    .option('--cluster-signing-key-file <file>', 'Its private key, as PEM')
    .option(
      '--standard-storage-class',
      'Give a cluster without any StorageClass a default one, of hollow volumes',
      false,
    )
    .addOption(
      new Option('--log-level <level>', 'Least severe lines to log')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    );
}
