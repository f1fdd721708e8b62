/** Listing, choosing, renaming and deleting the entries of kubeconfig files. */
import { type AnyCommand, localCommand } from '../command.ts';
import { boolean, text } from '../flags/flag.ts';
import { TableWriter } from '../printers/table.ts';
import { UsageError } from '../usage-error.ts';
import { ConfigFiles, type Section } from './files.ts';

export const currentContext = localCommand({
  usage: '[flags] [options]',
  flags: {},
  async runLocally(environment, { flags }) {
    const { currentContext: current } = await ConfigFiles.read(environment, flags);
    if (current === '') throw new UsageError('current-context is not set');
    environment.output.out(`${current}\n`);
    return 0;
  },
});

export const useContext = localCommand({
  usage: 'CONTEXT_NAME [options]',
  flags: {},
  async runLocally(environment, { words, flags }) {
    const [name] = words;
    if (words.length !== 1 || name === undefined) {
      throw new UsageError(`Unexpected args: [${words.join(' ')}]`);
    }
    const files = await ConfigFiles.read(environment, flags);
    if (!files.entries('contexts').has(name)) {
      throw new UsageError(`no context exists with the name: "${name}"`);
    }
    files.currentContext = name;
    await files.save();
    environment.output.out(`Switched to context "${name}".\n`);
    return 0;
  },
});

export const renameContext = localCommand({
  usage: 'CONTEXT_NAME NEW_NAME [options]',
  flags: {},
  async runLocally(environment, { words, flags }) {
    const [from, to] = words;
    if (words.length !== 2 || !from || !to) {
      throw new UsageError(`Unexpected args: [${words.join(' ')}]`);
    }
    const files = await ConfigFiles.read(environment, flags);
    const contexts = files.entries('contexts');
    const context = contexts.get(from);
    if (context === undefined) {
      throw new UsageError(`cannot rename the context "${from}", it's not in ${files.defaultPath}`);
    }
    if (contexts.has(to)) {
      throw new UsageError(
        `cannot rename the context "${from}", the context "${to}" already exists in ` +
          files.defaultPath,
      );
    }
    const wasCurrent = files.currentContext === from;
    files.set('contexts', to, context);
    files.remove('contexts', from);
    if (wasCurrent) files.currentContext = to;
    await files.save();
    environment.output.out(`Context "${from}" renamed to "${to}".\n`);
    return 0;
  },
});

export const getContexts = localCommand({
  usage: '[(-o|--output=)name)] [options]',
  flags: {
    'no-headers': boolean('Print no headers'),
    output: text('"name"', { shorthand: 'o' }),
  },
  async runLocally(environment, { words, flags }) {
    if (flags.output !== '' && flags.output !== 'name') {
      throw new UsageError(
        `--output ${flags.output} is not available in kubectl-lite config get-contexts; ` +
          'resetting to default output format',
      );
    }
    const files = await ConfigFiles.read(environment, flags);
    const contexts = files.entries('contexts');
    const names = words.length > 0 ? words : [...contexts.keys()].sort();
    const missing = names.filter((name) => !contexts.has(name));
    const current = files.currentContext;
    const rows = names.flatMap((name) => {
      const context = contexts.get(name);
      if (context === undefined) return [];
      const { cluster = '', user = '', namespace = '' } = context as Record<string, string>;
      return [[name === current ? '*' : '', name, cluster, user, namespace]];
    });
    const { out, err } = environment.output;
    if (flags.output === 'name') for (const row of rows) out(`${row[1]}\n`);
    else {
      const header = ['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE'];
      const lines = flags['no-headers'] ? rows : [header, ...rows];
      for (const line of new TableWriter().lines(lines)) out(`${line}\n`);
    }
    if (missing.length === 0) return 0;
    const [first] = missing;
    if (missing.length === 1) throw new UsageError(`context ${first} not found`);
    err(`error: [${missing.map((name) => `context ${name} not found`).join(', ')}]\n`);
    return 1;
  },
});

/** `get-clusters`, `get-users`. */
function namesCommand(section: Section): AnyCommand {
  return localCommand({
    usage: '[flags] [options]',
    flags: {},
    async runLocally(environment, { flags }) {
      const files = await ConfigFiles.read(environment, flags);
      const names = [...files.entries(section).keys()].sort();
      for (const line of ['NAME', ...names]) environment.output.out(`${line}\n`);
      return 0;
    },
  });
}

export const getClusters = namesCommand('clusters');
export const getUsers = namesCommand('users');

/** `delete-cluster`, `delete-context`, `delete-user`. */
function deleteCommand(section: Section, noun: string): AnyCommand {
  return localCommand({
    usage: 'NAME [options]',
    flags: {},
    async runLocally(environment, { words, flags }) {
      const [name] = words;
      if (words.length !== 1 || name === undefined) {
        throw new UsageError(`Unexpected args: [${words.join(' ')}]`);
      }
      const files = await ConfigFiles.read(environment, flags);
      const wasCurrent = section === 'contexts' && files.currentContext === name;
      const path = files.remove(section, name);
      if (path === undefined) {
        throw new UsageError(`cannot delete ${noun} ${name}, not in ${files.defaultPath}`);
      }
      if (wasCurrent) {
        environment.output.err(
          'warning: this removed your active context, use "kubectl-lite config use-context" to ' +
            'select a different one\n',
        );
      }
      await files.save();
      environment.output.out(`deleted ${noun} ${name} from ${path}\n`);
      return 0;
    },
  });
}

export const deleteCluster = deleteCommand('clusters', 'cluster');
export const deleteContext = deleteCommand('contexts', 'context');
export const deleteUser = deleteCommand('users', 'user');
