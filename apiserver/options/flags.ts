/** Command line of `wherry apiserver`: kube-apiserver's names where it has the flag. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { acceptKubernetesFlags } from './accepted-flags.ts';
import { type AccessFlags, addAccessFlags } from './access-flags.ts';
import { parseAddress } from '../../api/cidr.ts';
import { versionDocument } from '../../api/kubernetes-version.ts';
import { boolean, durationFlag, names } from './flag-values.ts';
import { strictTransportFlag } from './strict-transport.ts';
import {
  DEFAULT_CLUSTER_IP_RANGE,
  DEFAULT_NODE_PORT_RANGE,
  parseServiceRanges,
} from '../registry/claim-ranges.ts';

export interface ApiServerFlags extends AccessFlags {
  /** Of all that they can say, only what {@link ./beta-kinds.ts} reads counts. */
  readonly featureGates?: string;
  readonly runtimeConfig?: string;
  readonly etcdServers: readonly string[];
  readonly etcdCafile?: string;
  readonly etcdCertfile?: string;
  readonly etcdKeyfile?: string;
  readonly securePort: number;
  readonly bindAddress: string;
  readonly advertiseAddress?: string;
  readonly endpointReconcilerType: 'lease' | 'none';
  readonly externalHostname?: string;
  readonly certDir: string;
  readonly tlsCertFile?: string;
  readonly tlsPrivateKeyFile?: string;
  readonly serviceClusterIpRange: string;
  readonly serviceNodePortRange: string;
  readonly enableAdmissionPlugins: readonly string[];
  readonly disableAdmissionPlugins: readonly string[];
  readonly admissionControl?: readonly string[];
  readonly admissionControlConfigFile?: string;
  readonly maxRequestsInflight: number;
  readonly maxMutatingRequestsInflight: number;
  readonly enablePriorityAndFairness: boolean;
  /** Milliseconds. */
  readonly requestTimeout: number;
  /** As the header says it. */
  readonly strictTransportSecurityDirectives?: string;
  readonly kubeletCertificateAuthority?: string;
  readonly kubeletClientCertificate?: string;
  readonly kubeletClientKey?: string;
  readonly kubeletPreferredAddressTypes?: readonly string[];
  readonly controllerManagerUrl: string;
  readonly schedulerUrl: string;
  readonly writeKubeconfig?: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly v?: number;
}

function natural(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('A whole number is needed.');
  return Number(text);
}

function port(text: string): number {
  const value = natural(text);
  if (value > 65_535) throw new InvalidArgumentError('a port is between 0 and 65535.');
  return value;
}

/** Where kube-apiserver looks for them. */
const CONTROLLERS = 'https://127.0.0.1:10257';
const SCHEDULER = 'https://127.0.0.1:10259';

function url(text: string): string {
  const [first = '', ...more] = urls(text);
  if (more.length > 0) throw new InvalidArgumentError('One URL is needed.');
  return first;
}

function urls(text: string): string[] {
  const list = text.split(',').map((url) => url.trim());
  const bad = list.find((url) => !/^https?:\/\/[^/]+\/?$/.test(url));
  if (bad !== undefined) {
    throw new InvalidArgumentError(`${JSON.stringify(bad)} is not http(s)://host:port.`);
  }
  return list;
}

function cidrs(text: string): string {
  if (parseServiceRanges(text) === undefined) {
    throw new InvalidArgumentError('A range like 10.96.0.0/12 is needed, or one of each family.');
  }
  return text;
}

function ports(text: string): string {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (first === undefined || Number(first) > Number(last) || Number(last) > 65_535) {
    throw new InvalidArgumentError('A range like 30000-32767 is needed.');
  }
  return text;
}

function addAdmissionFlags(command: Command): Command {
  return command
    .option(
      '--enable-admission-plugins <names>',
      'admission plugins besides those that are on',
      names,
      [],
    )
    .option(
      '--disable-admission-plugins <names>',
      'admission plugins that are on to switch off',
      names,
      [],
    )
    .option(
      '--admission-control <names>',
      'deprecated: just these admission plugins, in place of the two above',
      names,
    )
    .option(
      '--admission-control-config-file <path>',
      'what PodSecurity and EventRateLimit are told (AdmissionConfiguration)',
    );
}

/** Undefined for 0.0.0.0 and ::, which stand for the host's own. */
function toldAddress(text: string): string | undefined {
  const ip = parseAddress(text);
  if (ip === undefined)
    throw new InvalidArgumentError(`failed to parse IP: ${JSON.stringify(text)}`);
  return ip.address === 0n ? undefined : text;
}

/** kube-apiserver, too, tells of it once all else about the command line is right. */
function requireStore(command: Command): void {
  if (command.getOptionValue('etcdServers') === undefined)
    command.error("error: required option '--etcd-servers <urls>' not specified");
}

export function apiserverFlags(): Command {
  const levels = ['debug', 'info', 'warn', 'error', 'silent'];
  const command = new Command('apiserver')
    .description('Serve the Kubernetes API over a store, ours or a real etcd')
    .option('--etcd-servers <urls>', 'store endpoints, separated by commas', urls)
    .hook('preAction', requireStore)
    .option('--etcd-cafile <file>', "CA that signed the store's certificates")
    .option('--etcd-certfile <file>', 'client certificate for the store')
    .option('--etcd-keyfile <file>', "the client certificate's key")
    .option('--secure-port <port>', 'port to serve HTTPS on; 0 takes any free one', port, 6443)
    .option('--bind-address <ip>', 'address to listen on', '0.0.0.0')
    .option(
      '--advertise-address <ip>',
      "address clients are told; default: the host's own",
      toldAddress,
    )
    .addOption(
      new Option('--endpoint-reconciler-type <mode>', 'who tells where the Service kubernetes is')
        .choices(['lease', 'none'])
        .default('lease'),
    )
    .option('--external-hostname <name>', 'a further name in the certificate of our own')
    .option('--cert-dir <folder>', 'where certificates are kept, made at first start', 'pki')
    .option('--tls-cert-file <file>', 'serving certificate, in place of one of our own')
    .option('--tls-private-key-file <file>', "the serving certificate's key")
    .option(
      '--service-cluster-ip-range <cidrs>',
      'addresses of Services',
      cidrs,
      DEFAULT_CLUSTER_IP_RANGE,
    )
    .option('--service-node-port-range <range>', 'node ports', ports, DEFAULT_NODE_PORT_RANGE)
    .option('--max-requests-inflight <n>', 'reads at work at once', natural, 400)
    .option('--max-mutating-requests-inflight <n>', 'writes at work at once', natural, 200)
    .option(
      '--enable-priority-and-fairness [bool]',
      'share both by FlowSchemas; without, each of the two is a limit of its own',
      boolean,
      true,
    )
    .option('--kubelet-certificate-authority <file>', "CA that signed node agents' certificates")
    .option(
      '--kubelet-client-certificate <file>',
      'certificate for node agents, not one of our own',
    )
    .option('--kubelet-client-key <file>', "that certificate's key")
    .option(
      '--kubelet-preferred-address-types <types>',
      "which of a node's addresses to dial, best first, if it names no URL",
      names,
    )
    .addOption(strictTransportFlag())
    .addOption(durationFlag('--request-timeout <duration>', 'longest time for a request', '1m'))
    .option('--controller-manager-url <url>', 'asked for its health (`get cs`)', url, CONTROLLERS)
    .option('--scheduler-url <url>', 'asked for its health (`get cs`)', url, SCHEDULER)
    .option('--write-kubeconfig <file>', 'write a kubeconfig of the cluster admin here')
    .addOption(
      new Option('--log-level <level>', 'least level logged').choices(levels).default('info'),
    )
    .option(
      '-v, --v <n>',
      "kube-apiserver's verbosity: 4 and above log like --log-level debug",
      natural,
    )
    .version(`Kubernetes ${versionDocument.gitVersion}`, '--version', 'print the version')
    .helpOption('-h, --help')
    .allowExcessArguments(false);
  return acceptKubernetesFlags(addAccessFlags(addAdmissionFlags(command)));
}
