/**
 * Command lines that others write for Kubernetes' programs and etcd (envtest, kwok, kubeadm's static
 * pods) are taken as they are; every other flag of kube-apiserver 1.34 is taken, or refused with
 * a sentence.
 */
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { apiserverFlags } from '../../apiserver/options/flags.ts';
import { controllersFlags } from '../../controllers/flags.ts';
import { schedulerFlags } from '../../scheduler/flags.ts';
import { storeFlags } from '../../store/options/flags.ts';

const programs = {
  'kube-apiserver': apiserverFlags,
  etcd: storeFlags,
  'kube-controller-manager': controllersFlags,
  'kube-scheduler': schedulerFlags,
};

/** What a program says to a command line: undefined if it takes it. */
function said(program: keyof typeof programs, args: readonly string[]): string | undefined {
  let text: string | undefined;
  const command: Command = programs[program]()
    .exitOverride()
    .configureOutput({ writeErr: (line) => (text = line.trim()) });
  try {
    command.parse([...args], { from: 'user' });
  } catch {
    return text ?? 'refused without a word';
  }
  return undefined;
}

const pki = '/etc/kubernetes/pki';
const lines: readonly [whose: string, program: keyof typeof programs, args: string][] = [
  [
    'envtest',
    'kube-apiserver',
    `--advertise-address=127.0.0.1 --etcd-servers=http://127.0.0.1:33333 --cert-dir=/tmp/certs
     --bind-address=127.0.0.1 --secure-port=40001 --authorization-mode=RBAC
     --client-ca-file=/tmp/certs/client-cert-auth-ca.crt --disable-admission-plugins=ServiceAccount
     --service-cluster-ip-range=10.0.0.0/24 --allow-privileged=true --insecure-port=0
     --service-account-issuer=https://127.0.0.1:40001/ --service-account-key-file=/tmp/sa.crt
     --service-account-signing-key-file=/tmp/sa.key`,
  ],
  [
    'the tests of kubectl, test-cmd.sh',
    'kube-apiserver',
    `--bind-address=127.0.0.1 --authorization-mode=RBAC,AlwaysAllow --secure-port=40001
     --feature-gates= --enable-admission-plugins=LimitRanger,ResourceQuota
     --disable-admission-plugins=ServiceAccount,DefaultStorageClass,DefaultTolerationSeconds
     --etcd-servers=http://127.0.0.1:33333 --runtime-config=api/v1 --storage-media-type=
     --service-account-key-file=/tmp/sa.key --service-account-lookup=true
     --service-account-issuer=https://kubernetes.default.svc --cert-dir=/tmp/certs
     --service-account-signing-key-file=/tmp/sa.key --service-cluster-ip-range=10.0.0.0/24
     --client-ca-file=/tmp/ca.crt --token-auth-file=/tmp/tokens.csv`,
  ],
  [
    'envtest',
    'etcd',
    `--listen-peer-urls=http://localhost:0 --advertise-client-urls=http://127.0.0.1:33333
     --listen-client-urls=http://127.0.0.1:33333 --data-dir=/tmp/data --unsafe-no-fsync=true`,
  ],
  [
    'kwokctl',
    'kube-apiserver',
    `--etcd-prefix=/registry --allow-privileged=true --max-requests-inflight=5000
     --max-mutating-requests-inflight=5000 --etcd-servers=http://127.0.0.1:33333
     --authorization-mode=Node,RBAC --bind-address=0.0.0.0 --secure-port=40001
     --tls-cert-file=/tmp/pki/admin.crt --tls-private-key-file=/tmp/pki/admin.key
     --client-ca-file=/tmp/pki/ca.crt --service-account-key-file=/tmp/pki/admin.key
     --service-account-signing-key-file=/tmp/pki/admin.key
     --service-account-issuer=https://kubernetes.default.svc.cluster.local
     --proxy-client-key-file=/tmp/pki/admin.key --proxy-client-cert-file=/tmp/pki/admin.crt
     --audit-policy-file=/tmp/audit.yaml --audit-log-path=/tmp/audit.log --v=2`,
  ],
  [
    'kwokctl --kube-admission=false --disable-qps-limits, of an old release',
    'kube-apiserver',
    `--etcd-servers=http://127.0.0.1:33333 --admission-control= --max-requests-inflight=0
     --max-mutating-requests-inflight=0 --enable-priority-and-fairness=false
     --runtime-config=api/legacy=true,api/alpha=true --feature-gates=APIServerTracing=true`,
  ],
  [
    'kwokctl',
    'etcd',
    `--name=node0 --initial-advertise-peer-urls=http://127.0.0.1:32380
     --listen-peer-urls=http://127.0.0.1:32380 --advertise-client-urls=http://127.0.0.1:32379
     --listen-client-urls=http://127.0.0.1:32379 --initial-cluster=node0=http://127.0.0.1:32380
     --auto-compaction-retention=1 --quota-backend-bytes=8589934592 --data-dir=/tmp/etcd`,
  ],
  [
    'kwokctl',
    'kube-controller-manager',
    `--kubeconfig=/tmp/kubeconfig --authorization-always-allow-paths=/healthz,/readyz,/livez,/metrics
     --bind-address=0.0.0.0 --secure-port=10257 --root-ca-file=/tmp/pki/ca.crt
     --service-account-private-key-file=/tmp/pki/admin.key --kube-api-qps=5000
     --kube-api-burst=5000 --feature-gates=A=true --v=2`,
  ],
  [
    'kwokctl',
    'kube-scheduler',
    `--kubeconfig=/tmp/kubeconfig --authorization-always-allow-paths=/healthz,/readyz,/livez,/metrics
     --bind-address=0.0.0.0 --secure-port=10259 --kube-api-qps=5000 --kube-api-burst=5000`,
  ],
  [
    'kubeadm',
    'kube-apiserver',
    `--advertise-address=192.168.1.10 --allow-privileged=true --authorization-mode=Node,RBAC
     --client-ca-file=${pki}/ca.crt --enable-admission-plugins=NodeRestriction
     --enable-bootstrap-token-auth=true --etcd-cafile=${pki}/etcd/ca.crt
     --etcd-certfile=${pki}/apiserver-etcd-client.crt --etcd-keyfile=${pki}/apiserver-etcd-client.key
     --etcd-servers=https://127.0.0.1:2379
     --kubelet-client-certificate=${pki}/apiserver-kubelet-client.crt
     --kubelet-client-key=${pki}/apiserver-kubelet-client.key
     --kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname
     --proxy-client-cert-file=${pki}/front-proxy-client.crt
     --proxy-client-key-file=${pki}/front-proxy-client.key
     --requestheader-allowed-names=front-proxy-client
     --requestheader-client-ca-file=${pki}/front-proxy-ca.crt
     --requestheader-extra-headers-prefix=X-Remote-Extra-
     --requestheader-group-headers=X-Remote-Group --requestheader-username-headers=X-Remote-User
     --secure-port=6443 --service-account-issuer=https://kubernetes.default.svc.cluster.local
     --service-account-key-file=${pki}/sa.pub --service-account-signing-key-file=${pki}/sa.key
     --service-cluster-ip-range=10.96.0.0/12 --tls-cert-file=${pki}/apiserver.crt
     --tls-private-key-file=${pki}/apiserver.key`,
  ],
  [
    'kubeadm',
    'etcd',
    `--name=control-plane --feature-gates=InitialCorruptCheck=true
     --listen-client-urls=https://127.0.0.1:2379,https://192.168.1.10:2379
     --advertise-client-urls=https://192.168.1.10:2379 --listen-peer-urls=https://192.168.1.10:2380
     --initial-advertise-peer-urls=https://192.168.1.10:2380 --data-dir=/var/lib/etcd
     --initial-cluster=control-plane=https://192.168.1.10:2380 --cert-file=${pki}/etcd/server.crt
     --key-file=${pki}/etcd/server.key --trusted-ca-file=${pki}/etcd/ca.crt --client-cert-auth=true
     --peer-cert-file=${pki}/etcd/peer.crt --peer-key-file=${pki}/etcd/peer.key
     --peer-trusted-ca-file=${pki}/etcd/ca.crt --peer-client-cert-auth=true --snapshot-count=10000
     --listen-metrics-urls=http://127.0.0.1:2381 --watch-progress-notify-interval=5s`,
  ],
  [
    'kubeadm before 1.34',
    'etcd',
    `--name=control-plane --experimental-initial-corrupt-check=true
     --experimental-watch-progress-notify-interval=5s --data-dir=/var/lib/etcd`,
  ],
  [
    'kubeadm',
    'kube-scheduler',
    `--authentication-kubeconfig=/etc/kubernetes/scheduler.conf --bind-address=127.0.0.1
     --authorization-kubeconfig=/etc/kubernetes/scheduler.conf
     --kubeconfig=/etc/kubernetes/scheduler.conf --leader-elect=true`,
  ],
  [
    'kubeadm',
    'kube-controller-manager',
    `--authentication-kubeconfig=/etc/kubernetes/controller-manager.conf
     --authorization-kubeconfig=/etc/kubernetes/controller-manager.conf --bind-address=127.0.0.1
     --client-ca-file=${pki}/ca.crt --cluster-name=kubernetes
     --cluster-signing-cert-file=${pki}/ca.crt --cluster-signing-key-file=${pki}/ca.key
     --controllers=*,bootstrapsigner,tokencleaner --leader-elect=true
     --kubeconfig=/etc/kubernetes/controller-manager.conf
     --requestheader-client-ca-file=${pki}/front-proxy-ca.crt --root-ca-file=${pki}/ca.crt
     --service-account-private-key-file=${pki}/sa.key --use-service-account-credentials=true`,
  ],
];

/** As `kube-apiserver --help` lists them. */
const every = `
  admission-control admission-control-config-file advertise-address
  aggregator-reject-forwarding-redirect allow-metric-labels allow-metric-labels-manifest
  allow-privileged anonymous-auth api-audiences apiserver-count audit-log-batch-buffer-size
  audit-log-batch-max-size audit-log-batch-max-wait audit-log-batch-throttle-burst
  audit-log-batch-throttle-enable audit-log-batch-throttle-qps audit-log-compress audit-log-format
  audit-log-maxage audit-log-maxbackup audit-log-maxsize audit-log-mode audit-log-path
  audit-log-truncate-enabled audit-log-truncate-max-batch-size audit-log-truncate-max-event-size
  audit-log-version audit-policy-file audit-webhook-batch-buffer-size audit-webhook-batch-max-size
  audit-webhook-batch-max-wait audit-webhook-batch-throttle-burst
  audit-webhook-batch-throttle-enable audit-webhook-batch-throttle-qps audit-webhook-config-file
  audit-webhook-initial-backoff audit-webhook-mode audit-webhook-truncate-enabled
  audit-webhook-truncate-max-batch-size audit-webhook-truncate-max-event-size
  audit-webhook-version authentication-config authentication-token-webhook-cache-ttl
  authentication-token-webhook-config-file authentication-token-webhook-version
  authorization-config authorization-mode authorization-policy-file
  authorization-webhook-cache-authorized-ttl authorization-webhook-cache-unauthorized-ttl
  authorization-webhook-config-file authorization-webhook-version bind-address cert-dir
  client-ca-file contention-profiling cors-allowed-origins debug-socket-path
  default-not-ready-toleration-seconds default-unreachable-toleration-seconds
  default-watch-cache-size delete-collection-workers disable-admission-plugins
  disable-http2-serving disabled-metrics egress-selector-config-file emulated-version
  emulation-forward-compatible enable-admission-plugins enable-aggregator-routing
  enable-bootstrap-token-auth enable-garbage-collector enable-logs-handler
  enable-priority-and-fairness encryption-provider-config
  encryption-provider-config-automatic-reload endpoint-reconciler-type etcd-cafile etcd-certfile
  etcd-compaction-interval etcd-count-metric-poll-period etcd-db-metric-poll-interval
  etcd-healthcheck-timeout etcd-keyfile etcd-prefix etcd-readycheck-timeout etcd-servers
  etcd-servers-overrides event-ttl external-hostname feature-gates goaway-chance
  http2-max-streams-per-connection identity-lease-duration-seconds
  identity-lease-renew-interval-seconds kubelet-certificate-authority kubelet-client-certificate
  kubelet-client-key kubelet-port kubelet-preferred-address-types kubelet-read-only-port
  kubelet-timeout kubernetes-service-node-port lease-reuse-duration-seconds livez-grace-period
  log-flush-frequency log-json-info-buffer-size log-json-split-stream log-text-info-buffer-size
  log-text-split-stream logging-format max-connection-bytes-per-sec max-mutating-requests-inflight
  max-requests-inflight min-request-timeout oidc-ca-file oidc-client-id oidc-groups-claim
  oidc-groups-prefix oidc-issuer-url oidc-required-claim oidc-signing-algs oidc-username-claim
  oidc-username-prefix peer-advertise-ip peer-advertise-port peer-ca-file permit-address-sharing
  permit-port-sharing profiling proxy-client-cert-file proxy-client-key-file request-timeout
  requestheader-allowed-names requestheader-client-ca-file requestheader-extra-headers-prefix
  requestheader-group-headers requestheader-uid-headers requestheader-username-headers
  runtime-config runtime-config-emulation-forward-compatible secure-port
  service-account-extend-token-expiration service-account-issuer service-account-jwks-uri
  service-account-key-file service-account-lookup service-account-max-token-expiration
  service-account-signing-endpoint service-account-signing-key-file service-cluster-ip-range
  service-node-port-range show-hidden-metrics-for-version shutdown-delay-duration
  shutdown-send-retry-after shutdown-watch-termination-grace-period storage-backend
  storage-initialization-timeout storage-media-type strict-transport-security-directives
  tls-cert-file tls-cipher-suites tls-min-version tls-private-key-file tls-sni-cert-key
  token-auth-file tracing-config-file v version vmodule watch-cache watch-cache-sizes
`
  .trim()
  .split(/\s+/);

describe('command lines written for Kubernetes and etcd', () => {
  it.each(lines)('%s starts %s', (_whose, program, args) => {
    expect(said(program, args.trim().split(/\s+/))).toBe(undefined);
  });

  const server = (...args: string[]) =>
    said('kube-apiserver', ['--etcd-servers=http://a:1', ...args]);

  it.each([
    ['--advertise-address=me', 'failed to parse IP: "me"'],
    ['--audit-log-maxsize=x', 'A number from 0 is needed.'],
    ['--audit-log-format=legacy', 'audit-log-format can only be json here.'],
    ['--audit-webhook-mode=x', 'Allowed choices are batch, blocking, blocking-strict.'],
    ['--authorization-mode=ACL', '"ACL" is not a valid mode.'],
    ['--cloud-provider=aws', 'cloud-provider can only be no value, external here.'],
    [
      '--egress-selector-config-file=x',
      'there are no egress proxies; servers are dialled directly.',
    ],
    ['--etcd-prefix=/other', 'etcd-prefix can only be /registry, registry here.'],
    ['--etcd-servers-overrides=/events#http://b:1', 'all kinds are kept in one store.'],
    ['--event-ttl=2h', 'event-ttl can only be 1h, 1h0m0s, 60m here.'],
    ['--insecure-bind-address=127.0.0.1', 'there is no insecure port'],
    ['--insecure-port=8080', 'insecure-port can only be 0 here.'],
    ['--service-account-signing-endpoint=x', 'keys are read from files'],
    ['--tls-min-version=VersionTLS13', 'tls-min-version can only be VersionTLS10'],
    ['--tls-sni-cert-key=a,b', 'there is one serving certificate: --tls-cert-file.'],
    ['--tracing-config-file=x', 'requests are not traced'],
    ['--allow-privileged=false', 'allow-privileged can only be'],
    ['--no-such-flag', "unknown option '--no-such-flag'"],
  ])('kube-apiserver %s: %s', (flag, reason) => {
    expect(server(flag)).toContain(reason);
  });

  it.each(['--watch-cache=false', '--watch-cache', '--watch-cache-sizes=pods#10'])(
    'kube-apiserver %s changes nothing',
    (flag) => expect(server(flag)).toBe(undefined),
  );

  it('knows every flag of kube-apiserver 1.34', () => {
    const known = new Set(apiserverFlags().options.map(({ long }) => long?.slice(2)));
    expect(every.filter((name) => !known.has(name))).toEqual([]);
  });
});
