/** Command line of `wherry kubelet`. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { runtimeNames, type RuntimeName } from './runtimes-by-class.ts';

export interface KubeletFlags {
  readonly kubeconfig?: string;
  readonly nodeName: readonly string[];
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly capacity: Readonly<Record<string, string>>;
  readonly evictionHard?: string;
  readonly kubeReserved: Readonly<Record<string, string>>;
  readonly systemReserved: Readonly<Record<string, string>>;
  readonly podCidr?: string;
  readonly podManifestPath?: string;
  readonly stages: readonly string[];
  readonly stagesKubeconfig?: string;
  readonly address: string;
  readonly port: number;
  readonly nodeAddress?: string;
  readonly clientCaFile?: string;
  readonly tlsCertFile?: string;
  readonly tlsPrivateKeyFile?: string;
  readonly runtime: RuntimeName;
  readonly rootDir: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

const NODE_NAME_SHAPE = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** "node1,node2" and the flag given several times add up. */
function names(text: string, before: readonly string[]): string[] {
  const added = text.split(',').map((name) => name.trim());
  if (!added.every((name) => NODE_NAME_SHAPE.test(name)))
    throw new InvalidArgumentError('Names of lower-case letters, digits, "-" and "." are needed.');
  return [...before, ...added];
}

/** "a=b,c=d" */
function pairs(text: string): Record<string, string> {
  const entries = text.split(',').map((pair) => pair.split('='));
  if (entries.some((parts) => parts.length !== 2 || parts[0] === ''))
    throw new InvalidArgumentError('A list like name=value,name=value is needed.');
  return Object.fromEntries(entries) as Record<string, string>;
}

/** Of `wherry up` too. */
export function stagesOption(): Option {
  const what = 'files of stages: what becomes of simulated pods and nodes; several by commas';
  const list = (text: string, before: readonly string[]): string[] => [
    ...before,
    ...text.split(',').map((path) => path.trim()),
  ];
  return new Option('--stages <files>', what)
    .argParser<readonly string[]>(list)
    .default([], 'none');
}

/** Of `wherry up` too. */
export function runtimeOption(): Option {
  const what = 'what containers are: simulated, or processes of this machine, not isolated at all';
  return new Option('--runtime <name>', what).choices(runtimeNames).default('hollow');
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new InvalidArgumentError('A port is needed.');
  return value;
}

export function kubeletFlags(): Command {
  return new Command('kubelet')
    .description('Run nodes: they register, renew their leases and run or simulate their pods')
    .option('--kubeconfig <file>', 'How to reach the API server (default: KUBECONFIG)')
    .addOption(
      new Option('--node-name <name>', 'The node to be; several by commas or by repeating the flag')
        .argParser<readonly string[]>(names)
        .default([], 'node1'),
    )
    .option('--node-labels <labels>', 'Further labels of the nodes: name=value,…', pairs, {})
    .option('--capacity <resources>', 'cpu=4,memory=8Gi,pods=110 and others, of each', pairs, {})
    .option(
      '--eviction-hard <thresholds>',
      'memory.available<100Mi,nodefs.available<10% (default): with less left, pods are evicted; ' +
        'given here, it is taken from what pods may have',
    )
    .option('--kube-reserved <resources>', 'cpu=100m,memory=1Gi: not for pods', pairs, {})
    .option('--system-reserved <resources>', 'The same, for the system', pairs, {})
    .option(
      '--pod-cidr <range>',
      'Range of pod addresses, for a single node (default: 10.244.<number in its name>.0/24)',
    )
    .option('--pod-manifest-path <folder>', 'Static pods: one manifest per file, for each node')
    .addOption(stagesOption())
    .option(
      '--stages-kubeconfig <file>',
      'Who changes and deletes objects for stages (default: --kubeconfig)',
    )
    .addOption(runtimeOption())
    .option('--root-dir <folder>', 'Where process nodes keep their pods', '.wherry/kubelet')
    .option('--address <ip>', 'Where logs, exec and port-forward are served', '127.0.0.1')
    .option('--port <port>', 'The port of that; 0 takes any free one', port, 0)
    .option('--node-address <host>', 'What the API server dials (default: --address)')
    .option('--client-ca-file <file>', "CA of the API server (default: the kubeconfig's)")
    .option('--tls-cert-file <file>', 'Serving certificate (default: self-signed)')
    .option('--tls-private-key-file <file>', "The serving certificate's key")
    .addOption(
      new Option('--log-level <level>', 'Least severe lines to log')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    );
}
