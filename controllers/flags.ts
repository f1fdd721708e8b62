/** Command line of `wherry controllers`: kube-controller-manager's names where it has the flag. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { addServingFlags, type ServingFlags } from '../client/serving/flags.ts';
import { type Accepted, addForeignFlags, componentFlags } from '../platform/foreign-flags.ts';

export interface ControllersFlags extends ServingFlags {
  readonly kubeconfig?: string;
  readonly controllers: readonly string[];
  readonly leaderElect: boolean;
  readonly leaderElectLeaseDuration: number;
  readonly leaderElectRenewDeadline: number;
  readonly leaderElectRetryPeriod: number;
  readonly leaderElectResourceName: string;
  readonly leaderElectResourceNamespace: string;
  readonly concurrentSyncs?: number;
  readonly rootCaFile?: string;
  readonly serviceAccountPrivateKeyFile?: string;
  readonly terminatedPodGcThreshold?: number;
  readonly legacyServiceAccountTokenCleanUpPeriod?: number;
  readonly standardStorageClass: boolean;
  readonly clusterSigningCertFile?: string;
  readonly clusterSigningKeyFile?: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

function list(text: string): string[] {
  const entries = text.split(',').map((entry) => entry.trim());
  if (entries.some((entry) => entry === '')) {
    throw new InvalidArgumentError('A list like *,-endpoints-controller is needed.');
  }
  return entries;
}

function positive(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('A number from 1 is needed.');
  return Number(text);
}

function truth(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new InvalidArgumentError('It must be true or false.');
}

function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('A number from 0 is needed.');
  return Number(text);
}

/** Go's "15s", "1m30s", "500ms", as milliseconds. */
function duration(text: string): number {
  const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  if (!/^(\d+(\.\d+)?(ms|h|m|s))+$/.test(text))
    throw new InvalidArgumentError('A duration like 15s or 1m30s is needed.');
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)].reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * units[unit!]!,
    0,
  );
}

function period(text: string): number {
  const ms = duration(text);
  if (ms > 0) return ms;
  throw new InvalidArgumentError('A duration above 0 is needed.');
}

/** Of kube-controller-manager, with nothing to act on here. */
const accepted: Readonly<Record<string, Accepted>> = {
  ...componentFlags,
  // Whoever asks for metrics shows a token, which the API server of --kubeconfig reviews.
  'authentication-kubeconfig': 'any',
  'authorization-kubeconfig': 'any',
  'authentication-skip-lookup': 'any',
  'authentication-tolerate-lookup-failure': 'any',
  'authentication-token-webhook-cache-ttl': 'any',
  'authorization-webhook-cache-authorized-ttl': 'any',
  'authorization-webhook-cache-unauthorized-ttl': 'any',
  'requestheader-client-ca-file': 'any',
  'requestheader-allowed-names': 'any',
  'requestheader-extra-headers-prefix': 'any',
  'requestheader-group-headers': 'any',
  'requestheader-username-headers': 'any',
  'use-service-account-credentials': 'any',
  'leader-elect-resource-lock': ['leases'],
  'kube-api-qps': 'any',
  'kube-api-burst': 'any',
  'kube-api-content-type': 'any',
  'cloud-provider': ['', 'external'],
  'configure-cloud-routes': 'any',
  'cluster-name': 'any',
  // Node agents choose their own ranges.
  'allocate-node-cidrs': ['false'],
  'cluster-cidr': 'any',
  'service-cluster-ip-range': 'any',
  'enable-garbage-collector': ['', 'true'],
  'enable-dynamic-provisioning': ['', 'true'],
  'node-monitor-period': 'any',
  'node-monitor-grace-period': ['50s'],
  'pv-recycler-pod-template-filepath-hostpath': 'any',
};

const refused: Readonly<Record<string, string>> = {
  'cloud-config': 'there are no cloud providers.',
  'flex-volume-plugin-dir': 'there are no flex volumes.',
  master: 'the API server is named by --kubeconfig.',
};

const SYNCS =
  'Objects worked on at once, per controller (default 5; the garbage collector always 20)';

export function controllersFlags(): Command {
  const command = new Command('controllers')
    .description('Run the controllers: deployments, replica sets, garbage, namespaces, endpoints …')
    .option('--kubeconfig <file>', 'How to reach the API server (default: KUBECONFIG)')
    .option('--controllers <list>', 'Which to run: * for all, name, -name', list, ['*'])
    .option('--root-ca-file <file>', "CA put into every namespace (default: the kubeconfig's)")
    .option('--service-account-private-key-file <file>', 'Key that signs tokens in Secrets')
    .option(
      '--leader-elect [bool]',
      'Act only while holding the lease kube-controller-manager',
      truth,
      false,
    )
    .addOption(
      new Option(
        '--leader-elect-lease-duration <duration>',
        'Others take over when the lease was not renewed for this long',
      )
        .argParser(duration)
        .default(15_000, '15s'),
    )
    .addOption(
      new Option(
        '--leader-elect-renew-deadline <duration>',
        'The leader gives up when it could not renew for this long',
      )
        .argParser(duration)
        .default(10_000, '10s'),
    )
    .addOption(
      new Option('--leader-elect-retry-period <duration>', 'Time between two attempts')
        .argParser(duration)
        .default(2000, '2s'),
    )
    .option('--leader-elect-resource-name <name>', 'Name of the lease', 'kube-controller-manager')
    .option('--leader-elect-resource-namespace <name>', 'Its namespace', 'kube-system')
    .option('--concurrent-syncs <number>', SYNCS, positive)
    .option(
      '--terminated-pod-gc-threshold <number>',
      'Ended pods that are kept, 0 for all (default 12500)',
      count,
    )
    .option(
      '--legacy-service-account-token-clean-up-period <duration>',
      'How long a token in a Secret may go unused (default 8760h)',
      period,
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
  return addForeignFlags(addServingFlags(command, { securePort: 10257 }), { accepted, refused });
}
