/**
 * Flags of kube-apiserver that command lines written for it pass (envtest, kwok, kubeadm) and that
 * have nothing to act on here. They are accepted with the values under which that is true;
 * any other value is refused, so that nobody relies on what is not done.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';

/** Values a flag may have; `any` if none of them would change what this server promises. */
type Accepted = 'any' | readonly string[];

const on: Accepted = ['', 'true'];
const off: Accepted = ['false'];

const accepted: Readonly<Record<string, Accepted>> = {
  // Profiling, logging and tracing of the Go program.
  profiling: 'any',
  'contention-profiling': 'any',
  'debug-socket-path': 'any',
  'logging-format': ['json', 'text'],
  'log-flush-frequency': 'any',
  'log-text-infobuffersize': 'any',
  'log-text-split-stream': 'any',
  'log-json-infobuffersize': 'any',
  'log-json-split-stream': 'any',
  vmodule: 'any',
  'enable-logs-handler': 'any',
  'goaway-chance': 'any',
  'disabled-metrics': 'any',
  'allow-metric-labels': 'any',
  'show-hidden-metrics-for-version': 'any',
  // How the store is used: there is one way.
  'storage-backend': ['etcd3'],
  'storage-media-type': ['application/json', 'application/vnd.kubernetes.protobuf'],
  'etcd-prefix': ['/registry', 'registry'],
  'etcd-compaction-interval': ['5m', '5m0s'],
  'etcd-count-metric-poll-period': 'any',
  'etcd-db-metric-poll-interval': 'any',
  'etcd-healthcheck-timeout': 'any',
  'etcd-readycheck-timeout': 'any',
  'lease-reuse-duration-seconds': 'any',
  'watch-cache': on,
  'watch-cache-sizes': 'any',
  'default-watch-cache-size': 'any',
  'delete-collection-workers': 'any',
  'enable-garbage-collector': on,
  'event-ttl': ['1h', '1h0m0s', '60m'],
  // Node agents and proxies: they are dialled as their Node objects say.
  'kubelet-port': 'any',
  'kubelet-read-only-port': 'any',
  'kubelet-timeout': 'any',
  'proxy-client-cert-file': 'any',
  'proxy-client-key-file': 'any',
  // Serving.
  'allow-privileged': on,
  'endpoint-reconciler-type': ['lease', ''],
  'apiserver-count': 'any',
  'http2-max-streams-per-connection': 'any',
  'min-request-timeout': 'any',
  'permit-address-sharing': off,
  'permit-port-sharing': off,
  'livez-grace-period': 'any',
  'shutdown-delay-duration': ['0', '0s'],
  'shutdown-send-retry-after': 'any',
  'shutdown-watch-termination-grace-period': 'any',
  'max-connection-bytes-per-sec': ['0'],
  'tls-min-version': ['VersionTLS10', 'VersionTLS11', 'VersionTLS12', ''],
  'tls-cipher-suites': 'any',
  'feature-gates': 'any',
  'runtime-config': 'any',
  'emulated-version': 'any',
  'kubernetes-service-node-port': ['0'],
  // Other servers beside this one.
  'peer-advertise-ip': 'any',
  'peer-advertise-port': 'any',
  'peer-ca-file': 'any',
  'identity-lease-duration-seconds': 'any',
  'identity-lease-renew-interval-seconds': 'any',
  'enable-aggregator-routing': 'any',
  'aggregator-reject-forwarding-redirect': 'any',
  'target-ram-mb': 'any',
  'insecure-port': ['0'],
};

/** Adds each that `command` does not declare itself. They are not shown in its help. */
export function acceptKubernetesFlags(command: Command): Command {
  const declared = new Set(command.options.map(({ long }) => long?.slice(2)));
  for (const [name, values] of Object.entries(accepted)) {
    if (declared.has(name)) continue;
    const parse = (text: string): string => {
      if (values === 'any' || values.includes(text)) return text;
      const able = values.map((value) => value || 'no value').join(', ');
      throw new InvalidArgumentError(`${name} can only be ${able} here.`);
    };
    command.addOption(new Option(`--${name} [value]`).argParser(parse).hideHelp());
  }
  return command;
}
