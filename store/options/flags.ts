/** Command line of `wherry store`: etcd's names, defaults and environment variables. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { processEnvironment } from '../../platform/node/process-environment.ts';
import { isMemberUrl, UNIX_URL } from '../cluster-member.ts';
import { corruptionRows, type CorruptionFlags } from './corruption-flags.ts';
import type { ConnectionSettings } from '../grpc/connection-settings.ts';
import { clusterEntries, type ClusterEntry } from './cluster-entries.ts';
import { connectionRows } from './connection-flags.ts';
import { discoveryRows, type DiscoveryFlags } from './discovery-flags.ts';
import { etcdArguments, flagsWithoutEffect } from './etcd-arguments.ts';
import { vainGates } from './feature-gates.ts';
import {
  bcryptCost,
  boolean,
  integer,
  list,
  milliseconds,
  natural,
  type Row,
} from './flag-values.ts';
import { logRows, type LogFlags } from './log-flags.ts';
import { tlsRows, type TlsFlags } from './tls-flags.ts';

export interface StoreFlags
  extends TlsFlags, CorruptionFlags, ConnectionSettings, LogFlags, DiscoveryFlags {
  readonly name: string;
  readonly dataDir?: string;
  readonly listenClientUrls: readonly Url[];
  readonly advertiseClientUrls?: readonly string[];
  readonly listenPeerUrls: readonly Url[];
  readonly initialAdvertisePeerUrls: readonly string[];
  readonly initialCluster?: readonly ClusterEntry[];
  readonly initialClusterState: 'new' | 'existing';
  readonly initialClusterToken: string;
  readonly listenMetricsUrls: readonly Url[];
  readonly metrics: string;
  readonly enableGrpcGateway: boolean;
  readonly snapshotCount: number;
  readonly snapshotCatchupEntries: number;
  readonly strictReconfigCheck: boolean;
  readonly maxLearners: number;
  readonly preVote: boolean;
  readonly initialElectionTickAdvance: boolean;
  readonly forceNewCluster: boolean;
  readonly heartbeatInterval: number;
  readonly electionTimeout: number;
  readonly quotaBackendBytes: number;
  readonly maxTxnOps: number;
  readonly maxRequestBytes: number;
  readonly autoCompactionMode: 'periodic' | 'revision';
  readonly autoCompactionRetention: string;
  readonly authToken: string;
  /** Seconds. */
  readonly authTokenTtl: number;
  readonly bcryptCost: number;
  readonly configFile?: string;
  /** Served like the others: every client port carries both protocols. */
  readonly listenClientHttpUrls: readonly Url[];
  /** Milliseconds. */
  readonly watchProgressNotifyInterval?: number;
  /** Origins of pages that may call; `*`: any. */
  readonly cors: readonly string[];
  /** Names in HTTP's Host header that are answered without TLS; `*`: any. */
  readonly hostWhitelist: readonly string[];
}

/** An address to listen on. */
export interface Url {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  /** Of a Unix socket, in place of host and port. */
  readonly file?: string;
  readonly text: string;
}

function bindUrl(text: string): Url {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  const secure = parsed?.protocol === 'https:';
  if (parsed === undefined || (!secure && parsed.protocol !== 'http:')) {
    throw new InvalidArgumentError(`${JSON.stringify(text)} is not http(s)://host:port.`);
  }
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  // URL drops the port that is the scheme's default; etcd wants it written.
  const port = /:(\d+)\/?$/.exec(text)?.[1];
  if (port === undefined) throw new InvalidArgumentError(`${text} has no port.`);
  if (host !== 'localhost' && !/^[\d.]+$|:/.test(host)) {
    throw new InvalidArgumentError(`expected an IP address or localhost for listening in ${text}.`);
  }
  return { secure, host: host === 'localhost' ? '127.0.0.1' : host, port: Number(port), text };
}

const bindUrls = (text: string): Url[] => list(text).map(bindUrl);

/** etcd takes all that stands behind the slashes for the name of the file. */
function peerBindUrl(text: string): Url {
  const [, scheme, file] = UNIX_URL.exec(text) ?? [];
  if (file === undefined) return bindUrl(text);
  return { secure: scheme === 'unixs', host: '127.0.0.1', port: 0, file, text };
}

const peerBindUrls = (text: string): Url[] => list(text).map(peerBindUrl);

function urls(text: string): string[] {
  const found = list(text);
  const bad = found.find((url) => !isMemberUrl(url));
  if (bad !== undefined || found.length === 0) {
    throw new InvalidArgumentError(`${JSON.stringify(bad ?? text)} is not http(s)://host:port.`);
  }
  return found;
}

const CLIENT = 'http://localhost:2379';
const PEER = 'http://localhost:2380';

const rows: readonly Row[] = [
  { flags: '--name <name>', text: 'name of this member', fallback: 'default' },
  { flags: '--data-dir <folder>', text: 'where the store is kept (default: <name>.etcd)' },
  {
    flags: '--listen-client-urls <urls>',
    text: 'where clients are served; port 0 takes any free one',
    parse: bindUrls,
    fallback: [bindUrl(CLIENT)],
  },
  { flags: '--advertise-client-urls <urls>', text: 'where clients are told to go', parse: urls },
  {
    flags: '--listen-peer-urls <urls>',
    text: 'where other members are served; a lone member listens there only if it is given',
    parse: peerBindUrls,
    fallback: [bindUrl(PEER)],
  },
  {
    flags: '--initial-advertise-peer-urls <urls>',
    text: "this member's peer URLs, which its ID is computed from",
    parse: urls,
    fallback: [PEER],
  },
  {
    flags: '--initial-cluster <members>',
    text: 'name=url of every first member',
    parse: clusterEntries,
  },
  {
    flags: '--initial-cluster-state <state>',
    text: 'whether the cluster exists already',
    choices: ['new', 'existing'],
    fallback: 'new',
  },
  {
    flags: '--initial-cluster-token <token>',
    text: 'told apart by it: clusters with the same URLs',
    fallback: 'etcd-cluster',
  },
  ...discoveryRows,
  {
    flags: '--listen-metrics-urls <urls>',
    text: 'where /metrics and the probes are served besides the client URLs',
    parse: bindUrls,
    fallback: [],
  },
  {
    flags: '--metrics <level>',
    text: 'basic, or extensive: how long every gRPC call took besides',
    fallback: 'basic',
  },
  {
    flags: '--enable-grpc-gateway [true|false]',
    text: 'serve JSON under /v3/, too',
    parse: boolean,
    fallback: true,
  },
  {
    flags: '--snapshot-count <n>',
    text: 'entries the log may hold before it is compacted',
    parse: natural,
    fallback: 10_000,
  },
  {
    flags: '--snapshot-catchup-entries <n>',
    text: 'entries that a compacted log keeps for slow followers',
    parse: natural,
    fallback: 5000,
  },
  {
    flags: '--strict-reconfig-check [true|false]',
    text: 'refuse changes of the membership that would cost the quorum',
    parse: boolean,
    fallback: true,
  },
  {
    flags: '--max-learners <n>',
    text: 'learners that may be members at a time',
    parse: integer,
    fallback: 1,
  },
  {
    flags: '--pre-vote [true|false]',
    text: 'ask the others before standing for election',
    parse: boolean,
    fallback: true,
  },
  {
    flags: '--initial-election-tick-advance [true|false]',
    text: 'stand for election early at a start',
    parse: boolean,
    fallback: true,
  },
  {
    flags: '--force-new-cluster [true|false]',
    text: 'go on alone with the data that is there, after the others are lost',
    parse: boolean,
    fallback: false,
  },
  {
    flags: '--heartbeat-interval <ms>',
    text: 'length of a tick',
    parse: natural,
    fallback: 100,
  },
  {
    flags: '--election-timeout <ms>',
    text: 'silence after which an election starts',
    parse: natural,
    fallback: 1000,
  },
  {
    flags: '--quota-backend-bytes <n>',
    text: 'space the store may take; 0: 2 GiB, negative: no limit',
    parse: integer,
    fallback: 0,
  },
  {
    flags: '--max-txn-ops <n>',
    text: 'operations a transaction may have',
    parse: natural,
    fallback: 128,
  },
  {
    flags: '--max-request-bytes <n>',
    text: 'largest request',
    parse: natural,
    fallback: 1_572_864,
  },
  {
    flags: '--auto-compaction-mode <mode>',
    text: 'what the retention counts',
    choices: ['periodic', 'revision'],
    fallback: 'periodic',
  },
  {
    flags: '--auto-compaction-retention <n>',
    text: 'history kept: revisions, or hours or a duration; 0: all',
    fallback: '0',
  },
  ...tlsRows,
  {
    flags: '--auth-token <spec>',
    text: 'simple, or jwt,pub-key=…,priv-key=…,sign-method=RS256,ttl=10m',
    fallback: 'simple',
  },
  {
    flags: '--auth-token-ttl <seconds>',
    text: 'how long a simple token outlives its last use',
    parse: natural,
    fallback: 300,
  },
  {
    flags: '--bcrypt-cost <n>',
    text: 'how slow passwords are to guess: 4 to 31, each step twice as slow',
    parse: bcryptCost,
    fallback: 10,
  },
  {
    flags: '--config-file <file>',
    text: "etcd's YAML of all of these; other flags and the environment count for nothing then",
  },
  {
    flags: '--listen-client-http-urls <urls>',
    text: 'further client URLs: each carries gRPC and HTTP',
    parse: bindUrls,
    fallback: [],
  },
  {
    flags: '--watch-progress-notify-interval <duration>',
    text: 'after which silent watches that want it are told of progress (default: 10m)',
    parse: milliseconds,
  },
  ...corruptionRows,
  ...connectionRows,
  { flags: '--cors <origins>', text: 'of pages that may call', parse: list, fallback: ['*'] },
  {
    flags: '--host-whitelist <names>',
    text: 'in the Host header of HTTP without TLS that are answered',
    parse: list,
    fallback: ['*'],
  },
  ...logRows,
];

/**
 * ETCD_LISTEN_CLIENT_URLS for --listen-client-urls; the flag beats the variable. Where only the
 * name is set that the flag had while it was experimental, that one.
 */
function variable(flags: string): string {
  const name = flags.split(' ')[0]!.slice(2).replaceAll('-', '_').toUpperCase();
  const old = `ETCD_EXPERIMENTAL_${name}`;
  const environment = processEnvironment();
  return old in environment && !(`ETCD_${name}` in environment) ? old : `ETCD_${name}`;
}

type CommandError = Parameters<Command['error']>;

/** Go's flag library says it so, and ends with 2; words that are no flags end with 1. */
function inWordsOfEtcd(...[message, options]: CommandError): CommandError {
  if (options?.code === 'commander.excessArguments') return [message, options];
  const text = message.replace(
    /^error: unknown option '--?([^'=]*)[^']*'/,
    'flag provided but not defined: -$1',
  );
  return [text, { ...options, exitCode: 2 }];
}

/** A configuration file stands alone: nothing is read from the environment beside it. */
export function storeFlags({ environment = true } = {}): Command {
  const command = new Command('store').description('Serve one member of an etcd v3 store');
  const add = (option: Option, flags: string): void => {
    command.addOption(environment ? option.env(variable(flags)) : option);
  };
  for (const { flags, text, parse, fallback, choices, ...row } of rows) {
    const option = new Option(flags, text);
    if (parse !== undefined) option.argParser(parse);
    if (choices !== undefined) option.choices(choices);
    if (flags.includes('[')) option.preset('true');
    const shown = Array.isArray(fallback)
      ? fallback.map((value: unknown) => (value as Url).text ?? value).join(',')
      : row.shown;
    if (fallback !== undefined) option.default(fallback, shown === '' ? 'none' : shown);
    add(option, flags);
  }
  for (const name of flagsWithoutEffect)
    add(new Option(`--${name} [value]`, 'taken for etcd, without effect').hideHelp(), `--${name}`);
  const known = new Set(command.options.map(({ long }) => long!.slice(2)));
  const error = command.error.bind(command);
  command.error = (message, options) => error(...inWordsOfEtcd(message, options));
  const parseOptions = command.parseOptions.bind(command);
  command.parseOptions = (args) => parseOptions(etcdArguments(args, known));
  return command;
}

const isUrl = (value: unknown): value is Url =>
  typeof value === 'object' && value !== null && 'text' in value;

/** What a log is not told. */
const secretFlags = ['discovery-password'];

/** What holds for every flag that has an effect, by its name: what the log begins with. */
export function settingsOf(command: Command): Readonly<Record<string, unknown>> {
  const settings: Record<string, unknown> = {};
  for (const option of command.options) {
    const value: unknown = command.getOptionValue(option.attributeName());
    if (option.hidden || value === undefined || option.long === '--version') continue;
    if (secretFlags.includes(option.name())) continue;
    settings[option.name()] = Array.isArray(value)
      ? value.map((each: unknown) => (isUrl(each) ? each.text : each))
      : value;
  }
  return settings;
}

/** Those of {@link flagsWithoutEffect} that were given, and feature gates. */
export function givenWithoutEffect(command: Command): string[] {
  const isGiven = (name: string): boolean => {
    const option = command.options.find(({ long }) => long === `--${name}`);
    return command.getOptionValueSource(option!.attributeName()) !== undefined;
  };
  const gates = command.opts<StoreFlags>().featureGates ?? {};
  return [...flagsWithoutEffect.filter(isGiven), ...vainGates(gates)];
}
