/** What etcd refuses of flags that are well-formed each by itself. */
import type { AutoCompaction } from '../auto-compaction.ts';
import { FlagError } from './flag-error.ts';
import type { StoreFlags } from './flags.ts';

const HOUR_MS = 3_600_000;
const unitsMs: Readonly<Record<string, number>> = { h: HOUR_MS, m: 60_000, s: 1000, ms: 1 };
const MAX_ELECTION_TIMEOUT_MS = 50_000;

/** Throws {@link FlagError}. `explicit` tells the flags that were given from the defaults. */
export function checkFlags(flags: StoreFlags, explicit: (name: keyof StoreFlags) => boolean): void {
  checkTls(flags);
  checkBootstrap(flags);
  if (flags.compactHashCheckTime === 0) {
    throw new FlagError('--compact-hash-check-time must be >0 (set to 0s)');
  }
  const { electionTimeout, heartbeatInterval } = flags;
  if (electionTimeout < 5 * heartbeatInterval) {
    throw new FlagError(
      `--election-timeout[${electionTimeout}ms] should be at least as 5 times as ` +
        `--heartbeat-interval[${heartbeatInterval}ms]`,
    );
  }
  if (electionTimeout > MAX_ELECTION_TIMEOUT_MS) {
    throw new FlagError(
      `--election-timeout[${electionTimeout}ms] is too long, and should be set less than ` +
        `${MAX_ELECTION_TIMEOUT_MS}ms`,
    );
  }
  if (flags.listenClientUrls.length === 0) {
    throw new FlagError('--listen-client-urls names no URL to serve clients on');
  }
  if (explicit('listenClientUrls') && flags.advertiseClientUrls === undefined) {
    throw new FlagError(
      '--advertise-client-urls is required when --listen-client-urls is set explicitly',
    );
  }
}

function checkBootstrap(flags: StoreFlags): void {
  const { initialCluster, discoverySrv, discoveryEndpoints, discoveryToken = '' } = flags;
  const ways = [initialCluster, discoverySrv, discoveryEndpoints[0]];
  if (ways.filter((way) => way !== undefined).length > 1)
    throw new FlagError(
      'multiple discovery or bootstrap flags are set. ' +
        'Choose one of "initial-cluster", "discovery-endpoints" or "discovery-srv"',
    );
  if ((discoveryToken !== '') !== discoveryEndpoints.length > 0)
    throw new FlagError('both --discovery-token and --discovery-endpoints must be set');
}

function checkTls(flags: StoreFlags): void {
  if ((flags.certFile === undefined) !== (flags.keyFile === undefined)) {
    throw new FlagError('--cert-file and --key-file belong together');
  }
  if ((flags.peerCertFile === undefined) !== (flags.peerKeyFile === undefined)) {
    throw new FlagError('--peer-cert-file and --peer-key-file belong together');
  }
  if ((flags.peerClientCertFile === undefined) !== (flags.peerClientKeyFile === undefined)) {
    throw new FlagError('--peer-client-cert-file and --peer-client-key-file belong together');
  }
  const peer = flags.listenPeerUrls.find((url) => url.secure);
  if (peer !== undefined && flags.peerCertFile === undefined && !flags.peerAutoTls) {
    throw new FlagError(`${peer.text} needs --peer-cert-file and --peer-key-file`);
  }
  if (flags.peerClientCertAuth && flags.peerTrustedCaFile === undefined) {
    throw new FlagError('--peer-client-cert-auth needs --peer-trusted-ca-file');
  }
  if (flags.peerTrustedCaFile === undefined) {
    if (flags.peerCertAllowedCn !== undefined)
      throw new FlagError('--peer-cert-allowed-cn needs --peer-trusted-ca-file');
    if (flags.peerCertAllowedHostname !== undefined)
      throw new FlagError('--peer-cert-allowed-hostname needs --peer-trusted-ca-file');
  }
  if (flags.peerCertAllowedCn !== undefined && flags.peerCertAllowedHostname !== undefined) {
    throw new FlagError(
      '--peer-cert-allowed-cn and --peer-cert-allowed-hostname exclude each other',
    );
  }
  const hasCertificate = flags.certFile !== undefined || flags.autoTls;
  const { listenClientUrls, listenClientHttpUrls } = flags;
  const secure = [...listenClientUrls, ...listenClientHttpUrls].find((url) => url.secure);
  if (secure !== undefined && !hasCertificate)
    throw new FlagError(`${secure.text} needs --cert-file and --key-file`);
  if (flags.listenMetricsUrls.some((url) => url.secure) && !hasCertificate)
    throw new FlagError(
      'client TLS key/cert (--cert-file, --key-file) must be provided for metrics secure url',
    );
  if (flags.trustedCaFile === undefined) {
    if (flags.clientCertAuth) throw new FlagError('--client-cert-auth needs --trusted-ca-file');
    if (flags.clientCertAllowedHostname !== undefined)
      throw new FlagError('--client-cert-allowed-hostname needs --trusted-ca-file');
  }
  checkTlsVersions(flags);
}

function checkTlsVersions({ tlsMinVersion: min, tlsMaxVersion: max, cipherSuites }: StoreFlags) {
  const LATEST = 'TLS1.3';
  if (min > (max ?? LATEST)) {
    throw new FlagError(`min version (${min}) is greater than max version (${max})`);
  }
  if (min === LATEST && cipherSuites !== undefined) {
    throw new FlagError('cipher suites cannot be configured when only TLS1.3 is enabled');
  }
}

/** Undefined when it is off. A bare number of the periodic mode is hours. */
export function autoCompactionOf(flags: StoreFlags): AutoCompaction | undefined {
  const { autoCompactionMode: mode, autoCompactionRetention: text } = flags;
  const refuse = (): never => {
    throw new FlagError(
      `--auto-compaction-retention: ${JSON.stringify(text)} is no ${
        mode === 'revision' ? 'number of revisions' : 'number of hours and no duration like 5m'
      }`,
    );
  };
  const bare = /^\d+$/.test(text) ? Number(text) : undefined;
  if (bare === 0) return undefined;
  if (mode === 'revision') return { mode, retention: bare ?? refuse() };
  if (bare !== undefined) return { mode, retentionMs: bare * HOUR_MS };
  if (!/^(\d+(ms|[hms]))+$/.test(text)) return refuse();
  const retentionMs = [...text.matchAll(/(\d+)(ms|[hms])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * unitsMs[unit!]!,
    0,
  );
  return retentionMs === 0 ? undefined : { mode, retentionMs };
}
