/** What could stand where the cursor is: commands, flags, resource types, names, namespaces. */
import type { KubernetesObject } from '../../api/meta.ts';
import { groupResource } from '../../api/resource.ts';
import type { AnyCommand, CommandEntry } from '../command.ts';
import { commandTree } from '../commands/tree.ts';
import { ConfigFiles } from '../config/files.ts';
import type { Flags } from '../flags/flag.ts';
import { globalFlags } from '../flags/global.ts';
import { parseLine } from '../flags/parse.ts';
import { pathOf } from '../resource/resources.ts';
import { shellScripts } from './scripts.ts';
import type { Environment, Session } from '../session.ts';

export interface Candidate {
  readonly word: string;
  readonly about?: string;
}

/** Names offered at most: a shell cannot show more usefully. */
const MAX_NAMES = 1000;
/** The tab key must not hang on a server that does not answer. */
const LIMIT = '3s';

/** Commands whose words are not a type and names. */
const wordless = ['apply', 'config', 'create', 'options', 'version', 'cluster-info', 'plugin'];
const podCommands = ['logs', 'exec', 'attach', 'port-forward'];
const nodeCommands = ['cordon', 'uncordon', 'drain'];

export async function complete(
  environment: Environment,
  typed: readonly string[],
): Promise<readonly Candidate[]> {
  const words = typed.slice(0, -1);
  const last = typed.at(-1) ?? '';
  const { path, loaded, children, rest } = await commandOf(words);
  const flags: Flags = { ...globalFlags, ...(loaded?.flags ?? {}) };
  if (last.startsWith('-') && !last.includes('=')) return flagCandidates(flags, last);
  const valued = pendingFlag(flags, rest) ?? valueOf(last);
  if (valued !== undefined) return flagValues(environment, { ...valued, flags, rest });
  const positional = wordsOf(flags, rest);
  const commands = positional.length === 0 ? (children ?? []) : [];
  const found: Candidate[] = commands.map(({ name, short }) => ({ word: name, about: short }));
  if (loaded !== undefined) {
    found.push(...(await arguments_(environment, { path, flags, rest, positional, last })));
  }
  return found.filter(({ word }) => word.startsWith(last));
}

interface CommandFound {
  readonly path: readonly string[];
  readonly loaded: AnyCommand | undefined;
  readonly children: readonly CommandEntry[] | undefined;
  readonly rest: readonly string[];
}

async function commandOf(words: readonly string[]): Promise<CommandFound> {
  let children: readonly CommandEntry[] | undefined = commandTree;
  let loaded: AnyCommand | undefined;
  const path: string[] = [];
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at]!;
    const child: CommandEntry | undefined = children?.find(
      ({ name, aliases = [] }) => name === word || aliases.includes(word),
    );
    if (child === undefined) break;
    path.push(child.name);
    loaded = await child.load?.();
    children = child.subcommands;
  }
  return { path, loaded, children, rest: words.slice(at) };
}

function flagCandidates(flags: Flags, last: string): Candidate[] {
  return Object.entries(flags)
    .map(([name, { usage, alone }]) => ({
      word: alone === undefined ? `--${name}=` : `--${name}`,
      about: usage,
    }))
    .filter(({ word }) => word.startsWith(last))
    .sort((a, b) => (a.word < b.word ? -1 : 1));
}

interface Valued {
  readonly name: string;
  readonly prefix: string;
}

/** The flag whose value the next word is. */
function pendingFlag(flags: Flags, rest: readonly string[]): Valued | undefined {
  const before = rest.at(-1) ?? '';
  if (!before.startsWith('-') || before.includes('=')) return undefined;
  const found = Object.entries(flags).find(
    ([name, { shorthand }]) => before === `--${name}` || before === `-${shorthand}`,
  );
  return found === undefined || found[1].alone !== undefined
    ? undefined
    : { name: found[0], prefix: '' };
}

function valueOf(last: string): Valued | undefined {
  const match = /^--([^=]+)=/.exec(last);
  return match === null ? undefined : { name: match[1]!, prefix: match[0] };
}

async function flagValues(
  environment: Environment,
  asked: Valued & { readonly flags: Flags; readonly rest: readonly string[] },
): Promise<readonly Candidate[]> {
  const { name, prefix } = asked;
  const words = async (): Promise<readonly string[]> => {
    switch (name) {
      case 'namespace':
        return withSession(environment, asked, (session) => namesAt(session, '/api/v1/namespaces'));
      case 'context':
        return entryNames(environment, 'contexts');
      case 'cluster':
        return entryNames(environment, 'clusters');
      case 'user':
        return entryNames(environment, 'users');
      case 'output':
        return ['yaml', 'json', 'name', 'wide', 'jsonpath=', 'custom-columns=', 'go-template='];
      case 'dry-run':
        return ['none', 'client', 'server'];
      case 'cascade':
        return ['background', 'foreground', 'orphan'];
      default:
        return [];
    }
  };
  return (await words()).map((word) => ({ word: prefix + word }));
}

async function entryNames(
  environment: Environment,
  section: 'contexts' | 'clusters' | 'users',
): Promise<readonly string[]> {
  const { flags } = parseLine(globalFlags, []);
  const files = await ConfigFiles.read(environment, flags);
  return [...files.entries(section).keys()].sort();
}

function wordsOf(flags: Flags, rest: readonly string[]): readonly string[] {
  try {
    return parseLine(flags, rest).words;
  } catch {
    return [];
  }
}

interface Position {
  readonly path: readonly string[];
  readonly flags: Flags;
  readonly rest: readonly string[];
  readonly positional: readonly string[];
  readonly last: string;
}

async function arguments_(
  environment: Environment,
  position: Position,
): Promise<readonly Candidate[]> {
  const { path, positional, last } = position;
  const [verb = '', sub = ''] = path;
  if (verb === 'completion') return Object.keys(shellScripts).map((word) => ({ word }));
  if (verb === 'config') {
    const section = sub.endsWith('cluster')
      ? 'clusters'
      : sub.endsWith('user')
        ? 'users'
        : 'contexts';
    if (!/^(use|delete|rename|set)-|^get-contexts$/.test(sub)) return [];
    return (await entryNames(environment, section)).map((word) => ({ word }));
  }
  if (wordless.includes(verb)) return [];
  const words = await withSession(environment, position, async (session) => {
    if (podCommands.includes(verb)) {
      if (positional.length > 0) return [];
      return namesAt(session, `/api/v1/namespaces/${session.namespace}/pods`);
    }
    if (nodeCommands.includes(verb)) return namesAt(session, '/api/v1/nodes');
    return typesOrNames(session, positional, last);
  });
  return words.map((word) => ({ word }));
}

async function typesOrNames(
  session: Session,
  positional: readonly string[],
  last: string,
): Promise<readonly string[]> {
  const resources = await session.resources();
  const slash = last.indexOf('/');
  const first = slash >= 0 ? last.slice(0, slash) : positional[0];
  if (first === undefined) {
    const names = resources.all.map((type) =>
      resources.find(type.resource) === type ? type.resource : groupResource(type),
    );
    return [...new Set(names)].sort();
  }
  if (first.includes(',') || first.includes('/')) return [];
  const names = await namesAt(session, pathOf(resources.find(first), session.namespace));
  return slash >= 0 ? names.map((name) => `${first}/${name}`) : names;
}

async function namesAt(session: Session, path: string): Promise<readonly string[]> {
  const list = (await session.api.send({
    method: 'GET',
    path,
    query: { limit: String(MAX_NAMES) },
    accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json',
  })) as { items?: KubernetesObject[] };
  return (list.items ?? []).map(({ metadata }) => metadata.name ?? '');
}

/** Nothing is offered where there is no server to ask. */
async function withSession(
  environment: Environment,
  { flags, rest }: { readonly flags: Flags; readonly rest: readonly string[] },
  ask: (session: Session) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  try {
    const complete = parseLine({ ...flags, ...globalFlags }, rest).flags;
    const session = await environment.connect({ ...complete, 'request-timeout': LIMIT });
    try {
      return await ask(session);
    } finally {
      await session.close();
    }
  } catch {
    return [];
  }
}
