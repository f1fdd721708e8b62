/**
 * Plugins: programs on PATH called `kubectl-NAME`, for words that name no command. A dash in the
 * name separates words; an underscore stands for a dash of the command line.
 */
import type { Environment } from '../session.ts';

const prefixes = ['kubectl-'];

/** Folders of PATH, each once, in their order. */
export function pathFolders({ variables }: Environment): readonly string[] {
  const folders = (variables['PATH'] ?? '').split(':').filter((folder) => folder.trim() !== '');
  return [...new Set(folders)];
}

/**
 * The longest name that fits: `foo bar baz` is `kubectl-foo-bar-baz`, else `kubectl-foo-bar` with
 * the argument `baz`, else `kubectl-foo` with both.
 */
async function findPlugin(
  environment: Environment,
  line: readonly string[],
): Promise<{ readonly path: string; readonly args: readonly string[] } | undefined> {
  const firstFlag = line.findIndex((word) => word.startsWith('-'));
  const words = firstFlag < 0 ? line : line.slice(0, firstFlag);
  if (words.length === 0) return undefined;
  const programs = await programsOnPath(environment);
  for (let count = words.length; count > 0; count--) {
    const name = words
      .slice(0, count)
      .map((word) => word.replaceAll('-', '_'))
      .join('-');
    for (const prefix of prefixes) {
      const path = programs.get(prefix + name);
      if (path !== undefined) return { path, args: line.slice(count) };
    }
  }
  return undefined;
}

async function programsOnPath(environment: Environment): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const folder of pathFolders(environment)) {
    for (const { name, runs } of await filesOf(environment, folder)) {
      if (!runs || found.has(name) || !isPlugin(name)) continue;
      found.set(name, `${folder}/${name}`);
    }
  }
  return found;
}

async function filesOf(environment: Environment, folder: string) {
  try {
    return await environment.programs.files(folder);
  } catch {
    // PATH may name folders that are not there; `plugin list` says so, a command does not.
    return [];
  }
}

export const isPlugin = (name: string): boolean =>
  prefixes.some((prefix) => name.startsWith(prefix));

/** Runs the plugin that the line names, if there is one; resolves to its exit code. */
export async function runPlugin(
  environment: Environment,
  line: readonly string[],
): Promise<number | undefined> {
  const plugin = await findPlugin(environment, line);
  if (plugin === undefined) return undefined;
  const { path, args } = plugin;
  const { code } = await environment.programs.run({ program: path, args, output: 'shared' });
  return code ?? 1;
}
