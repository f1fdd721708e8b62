import { fileTrouble } from '../manifest/file-trouble.ts';
import { type AnyCommand, type CommandEntry, localCommand } from '../command.ts';
import { boolean } from '../flags/flag.ts';
import { UsageError } from '../usage-error.ts';
import { isPlugin, pathFolders } from './find.ts';

/** `commands`: what a plugin cannot replace. */
export function pluginList(commands: readonly CommandEntry[]): AnyCommand {
  return localCommand({
    usage: '[flags] [options]',
    flags: { 'name-only': boolean('Print the names of the programs, without their folders') },
    async runLocally(environment, { flags }) {
      const { out, err } = environment.output;
      const seen = new Map<string, string>();
      const warnings: string[] = [];
      let first = true;
      for (const folder of pathFolders(environment)) {
        let files;
        try {
          files = await environment.programs.files(folder);
        } catch (error) {
          const reason = `open ${folder}: ${fileTrouble(error)}`;
          err(`Unable to read directory "${folder}" from your PATH: ${reason}. Skipping...\n`);
          continue;
        }
        for (const { name, runs } of files.filter((file) => isPlugin(file.name))) {
          if (first) out('The following compatible plugins are available:\n\n');
          first = false;
          const path = `${folder}/${name}`;
          out(`${flags['name-only'] ? name : path}\n`);
          for (const warning of warningsOf(commands, {
            name,
            path,
            runs,
            before: seen.get(name),
          })) {
            err(`  - ${warning}\n`);
            warnings.push(warning);
          }
          if (!seen.has(name)) seen.set(name, path);
        }
      }
      if (first) throw new UsageError('unable to find any kubectl-lite plugins in your PATH');
      if (warnings.length === 0) return 0;
      const count =
        warnings.length === 1
          ? 'one plugin warning was'
          : `${warnings.length} plugin warnings were`;
      err(`error: ${count} found\n`);
      return 1;
    },
  });
}

interface Plugin {
  readonly name: string;
  readonly path: string;
  readonly runs: boolean;
  readonly before: string | undefined;
}

function warningsOf(commands: readonly CommandEntry[], plugin: Plugin): string[] {
  const { name, path, runs, before } = plugin;
  const [first = ''] = name.replace(/^kubectl-/, '').split('-');
  const warnings: string[] = [];
  if (commands.some((entry) => entry.name === first.replaceAll('_', '-'))) {
    warnings.push(
      `warning: ${name} overwrites existing command: "kubectl-lite ${first.replaceAll('_', '-')}"`,
    );
  }
  if (!runs) {
    warnings.push(`warning: ${path} identified as a kubectl-lite plugin, but it is not executable`);
  }
  if (before !== undefined) {
    warnings.push(`warning: ${path} is overshadowed by a similarly named plugin: ${before}`);
  }
  return warnings;
}
