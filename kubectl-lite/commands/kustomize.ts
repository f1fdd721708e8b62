import { localCommand } from '../command.ts';
import { boolean, list, text } from '../flags/flag.ts';
import { buildKustomization } from '../kustomize/build.ts';
import { objectPrinter } from '../printers/printer.ts';
import { UsageError } from '../usage-error.ts';

const refusedFlags = [
  ...['as-current-user', 'enable-alpha-plugins', 'enable-helm', 'env', 'helm-api-versions'],
  ...['helm-debug', 'helm-kube-version', 'mount', 'network'],
];

export const kustomize = localCommand({
  usage: 'DIR [flags] [options]',
  flags: {
    'as-current-user': boolean('Refused: there are no plugins to run'),
    'enable-alpha-plugins': boolean('Refused: there are no plugins to run'),
    'enable-helm': boolean('Refused: charts are not inflated'),
    env: list('Refused: there are no plugins to run', { shorthand: 'e' }),
    'helm-api-versions': list('Refused: charts are not inflated'),
    'helm-command': text('Accepted for compatibility: charts are not inflated', { value: 'helm' }),
    'helm-debug': boolean('Refused: charts are not inflated'),
    'helm-kube-version': text('Refused: charts are not inflated'),
    'load-restrictor': text('"LoadRestrictionsNone" lets files stand outside of the folder', {
      value: 'LoadRestrictionsRootOnly',
    }),
    mount: list('Refused: there are no plugins to run'),
    network: boolean('Refused: there are no plugins to run'),
    'network-name': text('Accepted for compatibility: there are no plugins to run', {
      value: 'bridge',
    }),
    output: text('A file to write to', { shorthand: 'o' }),
  },
  async runLocally(environment, { words, flags, given }) {
    const refused = refusedFlags.find((name) => given.has(name));
    if (refused !== undefined) {
      throw new UsageError(
        `--${refused} is not supported: kubectl-lite runs no plugins and inflates no charts`,
      );
    }
    if (words.length > 1) {
      throw new UsageError('specify one path to a kustomization directory');
    }
    const documents = await buildKustomization(environment.files, words[0] ?? '.', {
      sha256: environment.sha256,
      warn: (text) => environment.output.err(`${text}\n`),
      unrestricted: flags['load-restrictor'] === 'LoadRestrictionsNone',
    });
    const print = (await objectPrinter(environment.files, { output: 'yaml' }))!;
    const whole = documents.map(({ object }) => print(object)).join('');
    if (flags.output === '') environment.output.out(whole);
    else await environment.disk.write(flags.output, whole, { mode: 0o644 });
    return 0;
  },
});
