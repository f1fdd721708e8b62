/** Command lines written for etcd: dashes as Go takes them, names of old, flags without a use. */

/**
 * Taken, so that command lines and configuration files made for etcd work, and without effect:
 * what they tune is not there (bbolt, a separate log, file rotation), or is always on.
 */
export const flagsWithoutEffect: readonly string[] = [
  ...['wal-dir', 'max-snapshots', 'max-wals', 'memory-mlock', 'unsafe-no-fsync'],
  ...['backend-bbolt-freelist-type', 'backend-batch-interval', 'backend-batch-limit'],
  ...['bootstrap-defrag-threshold-megabytes', 'compaction-batch-limit'],
  ...['compaction-sleep-interval', 'downgrade-check-time'],
  ...['socket-reuse-port', 'socket-reuse-address'],
  ...['raft-read-timeout', 'raft-write-timeout', 'enable-pprof'],
  ...[
    'enable-lease-checkpoint',
    'enable-lease-checkpoint-persist',
    'txn-mode-write-with-shared-buffer',
  ],
  ...['logger', 'log-package-levels', 'debug'],
  ...['enable-v2', 'enable-v2v3', 'v2-deprecation', 'proxy'],
  ...['proxy-failure-wait', 'proxy-refresh-interval', 'proxy-dial-timeout'],
  ...['proxy-write-timeout', 'proxy-read-timeout', 'discovery-fallback'],
  ...['discovery-dial-timeout', 'discovery-keepalive-time', 'discovery-keepalive-timeout'],
  // What etcd's gateway shows to etcd's own port: ours makes no connection.
  ...['client-cert-file', 'client-key-file'],
  ...['peer-skip-client-san-verification', 'stop-grpc-service-on-defrag'],
  ...['enable-distributed-tracing', 'distributed-tracing-address'],
  ...['distributed-tracing-instance-id', 'distributed-tracing-sampling-rate'],
  ...['distributed-tracing-service-name'],
];

const OLD_PREFIX = 'experimental-';
/** Flags that got another name when they were no longer experimental. */
const renamed: Readonly<Record<string, string>> = {
  'snapshot-catch-up-entries': 'snapshot-catchup-entries',
};

/** `-name=x` and `--experimental-name x` as `--name`, if such a flag is known. */
export function etcdArguments(args: readonly string[], known: ReadonlySet<string>): string[] {
  return args.map((arg) => {
    const [, name, value = ''] = /^--?([a-z][a-z0-9-]+)(=.*)?$/s.exec(arg) ?? [];
    if (name === undefined) return arg;
    const plain = name.startsWith(OLD_PREFIX) ? name.slice(OLD_PREFIX.length) : name;
    const found = [name, renamed[plain] ?? plain].find((each) => known.has(each));
    return found === undefined ? arg : `--${found}${value}`;
  });
}
