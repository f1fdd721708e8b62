/**
 * Flags of kube-apiserver that command lines written for it pass (envtest, kwok, kubeadm) and that
 * have nothing to act on here: {@link ForeignFlags}.
 */
import type { Command } from 'commander';
import { type Accepted, addForeignFlags, componentFlags } from '../../platform/foreign-flags.ts';

const on: Accepted = ['', 'true'];
const off: Accepted = ['false'];

const accepted: Readonly<Record<string, Accepted>> = {
  ...componentFlags,
  'enable-logs-handler': 'any',
  'goaway-chance': 'any',
  // How the store is used: there is one way.
  'storage-initialization-timeout': 'any',
  'storage-backend': ['etcd3'],
  'storage-media-type': ['', 'application/json', 'application/vnd.kubernetes.protobuf'],
  'etcd-prefix': ['/registry', 'registry'],
  'etcd-compaction-interval': ['5m', '5m0s'],
  'etcd-count-metric-poll-period': 'any',
  'etcd-db-metric-poll-interval': 'any',
  'etcd-healthcheck-timeout': 'any',
  'etcd-readycheck-timeout': 'any',
  'lease-reuse-duration-seconds': 'any',
  // A cache answers reads in any case: what a resourceVersion promises holds with it and without.
  'watch-cache': 'any',
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
  'apiserver-count': 'any',
  'min-request-timeout': 'any',
  'livez-grace-period': 'any',
  'shutdown-delay-duration': ['0', '0s'],
  'shutdown-send-retry-after': 'any',
  'shutdown-watch-termination-grace-period': 'any',
  'max-connection-bytes-per-sec': ['0'],
  'runtime-config': 'any',
  'runtime-config-emulation-forward-compatible': 'any',
  'kubernetes-service-node-port': ['0'],
  'cors-allowed-origins': [''],
  'disable-http2-serving': off,
  // Admission and identity: defaults that stand.
  'default-not-ready-toleration-seconds': ['300'],
  'default-unreachable-toleration-seconds': ['300'],
  'cloud-provider': ['', 'external'],
  // The audit log has one format, and is whole.
  'audit-log-format': ['json'],
  'audit-log-version': ['audit.k8s.io/v1'],
  'audit-webhook-version': ['audit.k8s.io/v1'],
  'audit-log-compress': off,
  'audit-log-truncate-enabled': off,
  ...Object.fromEntries(
    ['batch-buffer-size', 'batch-max-size', 'batch-max-wait', 'batch-throttle-burst']
      .concat('batch-throttle-enable', 'batch-throttle-qps', 'truncate-max-batch-size')
      .concat('truncate-max-event-size')
      .map((name) => [`audit-log-${name}`, 'any'] as const),
  ),
  // Other servers beside this one.
  'peer-advertise-ip': 'any',
  'peer-advertise-port': 'any',
  'peer-ca-file': 'any',
  'identity-lease-duration-seconds': 'any',
  'identity-lease-renew-interval-seconds': 'any',
  'enable-aggregator-routing': 'any',
  'aggregator-reject-forwarding-redirect': on,
  'target-ram-mb': 'any',
  'insecure-port': ['0'],
};

const refused: Readonly<Record<string, string>> = {
  'cloud-config': 'there are no cloud providers.',
  'egress-selector-config-file': 'there are no egress proxies; servers are dialled directly.',
  'etcd-servers-overrides': 'all kinds are kept in one store.',
  'insecure-bind-address': 'there is no insecure port; use --bind-address and --secure-port.',
  'service-account-signing-endpoint': 'keys are read from files: --service-account-key-file.',
  'tls-sni-cert-key': 'there is one serving certificate: --tls-cert-file.',
  'tracing-config-file': 'requests are not traced; --v=4 logs them with their ids.',
};

export function acceptKubernetesFlags(command: Command): Command {
  return addForeignFlags(command, { accepted, refused });
}
