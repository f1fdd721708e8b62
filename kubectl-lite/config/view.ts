import { isObject } from '../../api/deep.ts';
import { localCommand } from '../command.ts';
import { boolean, text } from '../flags/flag.ts';
import { missingKeysFlag } from '../printers/change-printer.ts';
import { goJsonAsIs } from '../../api/go-json.ts';
import { noPrinter, objectFormats, objectPrinter } from '../printers/printer.ts';
import type { Environment } from '../session.ts';
import { UsageError } from '../usage-error.ts';
import { inFieldOrder } from './field-order.ts';
import { ConfigFiles, fieldOf, type Fields, type Section } from './files.ts';

export const configView = localCommand({
  usage: '[flags] [options]',
  flags: {
    flatten: boolean('Put the contents of the files that are referred to into the result'),
    merge: boolean('Merge all kubeconfig files', { on: true }),
    minify: boolean('Only what the current context uses'),
    output: text(`Output format. One of: (${objectFormats.join(', ')})`, {
      shorthand: 'o',
      value: 'yaml',
    }),
    ...missingKeysFlag,
    'show-managed-fields': boolean('Accepted for compatibility: a kubeconfig has none'),
    raw: boolean('Show certificates, keys and tokens'),
    template: text('Template for -o go-template and go-template-file'),
  },
  async runLocally(environment, { words, flags }) {
    if (words.length > 0) throw new UsageError(`unexpected arguments: [${words.join(' ')}]`);
    const print = await objectPrinter(environment.files, flags);
    if (print === undefined) throw noPrinter(flags.output, objectFormats);
    const files = await ConfigFiles.read(environment, flags);
    const context = flags.context || files.currentContext;
    let config = files.merged();
    if (flags.minify) config = minified(config, context);
    if (flags.flatten) config = await flattened(environment, config, files);
    const shown = flags.raw || flags.flatten ? config : redacted(config);
    environment.output.out(
      flags.output === 'json' ? `${goJsonAsIs(inFieldOrder(shown), '    ')}\n` : print(shown),
    );
    return 0;
  },
});

type Entry = Readonly<Record<string, unknown>>;

const entriesOf = (config: Fields, section: Section): readonly Entry[] =>
  (config[section] ?? []) as readonly Entry[];

function minified(config: Fields, current: string): Fields {
  if (current === '') throw new UsageError('current-context must exist in order to minify');
  const contexts = entriesOf(config, 'contexts').filter((entry) => entry['name'] === current);
  if (contexts.length === 0) {
    throw new UsageError(`cannot locate context ${current}`);
  }
  const { cluster, user } = (contexts[0]!['context'] ?? {}) as { cluster?: string; user?: string };
  const only = (section: Section, name: string | undefined): readonly Entry[] | null => {
    if (!name) return null;
    const kept = entriesOf(config, section).filter((entry) => entry['name'] === name);
    if (kept.length > 0) return kept;
    throw new UsageError(`cannot locate ${fieldOf[section]} ${name}`);
  };
  return {
    ...config,
    contexts,
    'current-context': current,
    clusters: only('clusters', cluster),
    users: only('users', user),
  };
}

const secretFields: Readonly<Record<string, string>> = {
  'certificate-authority-data': 'DATA+OMITTED',
  'client-certificate-data': 'DATA+OMITTED',
  'client-key-data': 'DATA+OMITTED',
  token: 'REDACTED',
  password: 'REDACTED',
};

function redacted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redacted);
  if (!isObject(value)) return value;
  const shown = Object.entries(value).map(([key, inner]) => [
    key,
    secretFields[key] !== undefined && inner !== '' ? secretFields[key] : redacted(inner),
  ]);
  return Object.fromEntries(shown) as unknown;
}

const fileFields = ['certificate-authority', 'client-certificate', 'client-key'] as const;

/** Files' content in place of their names, which are told from the folder of the kubeconfig. */
async function flattened(
  environment: Environment,
  config: Fields,
  files: ConfigFiles,
): Promise<Fields> {
  const flatten = async (section: Section): Promise<unknown> => {
    const entries: unknown[] = [];
    const field = fieldOf[section];
    for (const entry of entriesOf(config, section)) {
      const fields = { ...(entry[field] as Fields) };
      for (const name of fileFields) {
        const given = fields[name];
        if (typeof given !== 'string' || given === '') continue;
        delete fields[name];
        const path = files.resolved(section, entry['name'] as string, given);
        const bytes = await environment.disk.read(path);
        if (bytes === undefined) throw new UsageError(`open ${path}: no such file or directory`);
        fields[`${name}-data`] = Buffer.from(bytes).toString('base64');
      }
      entries.push({ ...entry, [field]: fields });
    }
    return entries.length === 0 ? null : entries;
  };
  const users = await flatten('users');
  return { ...config, clusters: await flatten('clusters'), users };
}
