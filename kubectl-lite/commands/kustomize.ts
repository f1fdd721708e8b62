import { localCommand } from '../command.ts';
import { text } from '../flags/flag.ts';
import { buildKustomization } from '../manifest/kustomization.ts';
import { objectPrinter } from '../printers/printer.ts';
import { UsageError } from '../usage-error.ts';

export const kustomize = localCommand({
  usage: 'DIR [flags] [options]',
  flags: { output: text('A file to write to', { shorthand: 'o' }) },
  async runLocally(environment, { words, flags }) {
    if (words.length > 1) {
      throw new UsageError('specify one path to a kustomization directory');
    }
    const documents = await buildKustomization(environment.files, words[0] ?? '.');
    const print = (await objectPrinter(environment.files, 'yaml'))!;
    const whole = documents.map(({ object }) => print(object)).join('');
    if (flags.output === '') environment.output.out(whole);
    else await environment.disk.write(flags.output, whole, 0o644);
    return 0;
  },
});
