/** Command line of `wherry up`. Flags win over `WHERRY_*` variables, those over `--config`. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { runtimeOption, stagesOption } from '../kubelet/flags.ts';
import type { RuntimeName } from '../kubelet/runtimes-by-class.ts';
import { type LogLevel, logLevels } from '../platform/node/logger.ts';
import {
  DEFAULT_NODES,
  DEFAULT_PORT,
  DEFAULT_STORE_PORT,
  type ExtraArgs,
  type LeftOut,
  leftOut,
} from './options.ts';
import { DEFAULT_DATA_DIR } from './paths.ts';

export interface UpFlags {
  readonly dataDir: string;
  readonly port: number;
  readonly storePort: number;
  readonly nodes: number;
  readonly controlPlaneNode: boolean;
  readonly runtime: RuntimeName;
  readonly stages: readonly string[];
  readonly separate: boolean;
  readonly detach: boolean;
  readonly storeMembers?: number;
  readonly apiservers: number;
  readonly etcdServers?: readonly string[];
  readonly schedulerConfig?: string;
  readonly schedulerPlugins?: readonly string[];
  readonly without: readonly LeftOut[];
  readonly logLevel: LogLevel;
  readonly config?: string;
  readonly extraArgs?: ExtraArgs;
}

/** More nodes than this in one process were never tried. */
const MAX_NODES = 5000;
const MAX_APISERVERS = 9;

/** Of an option: a whole number from 0. */
export function natural(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function port(text: string): number {
  const value = natural(text);
  if (value > 65_535) throw new InvalidArgumentError('A port is between 0 and 65535.');
  return value;
}

function nodes(text: string): number {
  const value = natural(text);
  if (value > MAX_NODES) throw new InvalidArgumentError(`At most ${MAX_NODES} nodes.`);
  return value;
}

function apiservers(text: string): number {
  const value = natural(text);
  if (value < 1 || value > MAX_APISERVERS) {
    throw new InvalidArgumentError(`Between 1 and ${MAX_APISERVERS} API servers.`);
  }
  return value;
}

function members(text: string): number {
  if (!['1', '3', '5'].includes(text)) {
    throw new InvalidArgumentError('A store has 1, 3 or 5 members.');
  }
  return Number(text);
}

function urls(text: string): string[] {
  const list = text.split(',').map((url) => url.trim());
  if (list.every((url) => /^https?:\/\/[^/]+\/?$/.test(url))) return list;
  throw new InvalidArgumentError('It is a list of http(s)://host:port.');
}

function without(text: string): LeftOut[] {
  const names = text.split(',');
  const known = leftOut.filter((name) => names.includes(name));
  if (known.length < names.length)
    throw new InvalidArgumentError(`It is a list of ${leftOut.join(' and ')}.`);
  return known;
}

/** By a flag or a variable: what has neither, nor a default, is not. */
export function isGiven(command: Command, name: string): boolean {
  const source = command.getOptionValueSource(name) ?? 'default';
  return source !== 'default';
}

/** Of nothing, as an unset variable of a shell gives, paths would be those of the root. */
function folder(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must name a folder.');
  return text;
}

export const dataDirOption = (): Option =>
  new Option('--data-dir <folder>', 'where the cluster keeps its data')
    .env('WHERRY_DATA_DIR')
    .argParser(folder)
    .default(DEFAULT_DATA_DIR);

export function upCommand(): Command {
  const option = (flags: string, description: string): Option => {
    const made = new Option(flags, description);
    return made.env(`WHERRY_${made.attributeName().replace(/[A-Z]/g, '_$&').toUpperCase()}`);
  };
  return new Command('up')
    .description('Run a cluster in the foreground until Ctrl-C')
    .addOption(dataDirOption())
    .addOption(
      option('--port <port>', 'port of the API server; 0 takes a free one')
        .argParser(port)
        .default(DEFAULT_PORT),
    )
    .addOption(
      option('--store-port <port>', 'port of the store; 0 takes a free one')
        .argParser(port)
        .default(DEFAULT_STORE_PORT),
    )
    .addOption(option('--nodes <count>', 'simulated nodes').argParser(nodes).default(DEFAULT_NODES))
    .option(
      '--no-control-plane-node',
      'leave out the node `master`, which shows the components as pods of kube-system',
    )
    .addOption(stagesOption().env('WHERRY_STAGES'))
    .addOption(runtimeOption().env('WHERRY_RUNTIME'))
    .option('-d, --detach', 'return once it is ready and let it run', false)
    .option('--separate', 'run each component as a process of its own', false)
    .addOption(
      option(
        '--store-members <count>',
        'members of the store: 1, 3 or 5, each a process of its own (default: as its data has, or 1)',
      ).argParser(members),
    )
    .addOption(
      option('--apiservers <count>', 'API servers, each a process of its own')
        .argParser(apiservers)
        .default(1),
    )
    .addOption(
      option('--etcd-servers <urls>', 'use this etcd in place of a store of our own').argParser(
        urls,
      ),
    )
    .addOption(option('--scheduler-config <file>', 'a KubeSchedulerConfiguration'))
    .addOption(
      option(
        '--scheduler-plugins <files>',
        'JavaScript modules that export plugins for it, separated by commas',
      ).argParser((text: string) => text.split(',')),
    )
    .addOption(
      option('--without <components>', 'leave out controllers, scheduler: you run your own')
        .argParser(without)
        .default([], 'none'),
    )
    .addOption(
      option('--log-level <level>', 'least level logged').choices(logLevels).default('warn'),
    )
    .addOption(option('--config <file>', 'read what no flag says from this YAML file'));
}
