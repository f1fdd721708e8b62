/**
 * `npx tsx scripts/build-reference.ts` writes docs/REFERENCE.md from the code: flags from the command
 * lines' own declarations, the configuration file from its schema, metrics and kinds from a
 * cluster started for it. `test/docs` fails when it is out of date.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command, Option } from 'commander';
import { apiserverFlags } from '../apiserver/options/flags.ts';
import { managementProgram } from '../cluster/cli.ts';
import { configSchema } from '../cluster/config-file.ts';
import { startCluster } from '../cluster/start-cluster.ts';
import { controllersFlags } from '../controllers/flags.ts';
import { kubeletFlags } from '../kubelet/flags.ts';
import { schedulerFlags } from '../scheduler/flags.ts';
import { storeFlags } from '../store/options/flags.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function row({
  flags,
  description,
  defaultValue,
  defaultValueDescription,
  envVar,
}: Option): string {
  const value = defaultText(defaultValueDescription ?? defaultValue);
  const shown = value === '' || value === 'false' ? '' : `\`${value}\``;
  const variable = envVar === undefined ? '' : ` (\`${envVar}\`)`;
  return `| \`${cell(flags)}\` | ${cell(description)}${variable} | ${cell(shown)} |`;
}

/** As it would be given on the command line. */
function defaultText(value: unknown): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map(defaultText).join(',');
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return Object.entries(value as Record<string, unknown>)
    .map(([name, one]) => `${name}=${defaultText(one)}`)
    .join(',');
}

function flagTable(command: Command): string {
  const options = command.options.filter(({ hidden, long }) => !hidden && long !== '--version');
  if (options.length === 0) return '';
  return `| flag | meaning | default |\n|---|---|---|\n${options.map(row).join('\n')}\n`;
}

function commandSection(command: Command, path: string): string {
  const below = command.commands.map((one) => commandSection(one, `${path} ${command.name()}`));
  if (below.length > 0) return below.join('\n');
  const args = command.registeredArguments
    .map((argument) => (argument.required ? ` <${argument.name()}>` : ` [${argument.name()}]`))
    .join('');
  const title = `### \`${path} ${command.name()}${args}\``;
  return `${title}\n\n${command.description()}.\n\n${flagTable(command)}`;
}

interface Schema {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
}

function configTable(): string {
  const rows = Object.entries(configSchema.properties as Record<string, Schema>).map(
    ([name, schema]) => {
      const type = schema.enum?.map(String).join(', ') ?? [schema.type].flat().join(' or ');
      return `| \`${name}\` | ${type} | ${cell(schema.description ?? '')} |`;
    },
  );
  return `| field | type | meaning |\n|---|---|---|\n${rows.join('\n')}\n`;
}

function metricTable(text: string): string {
  const rows = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)]
    .map(([, name, help, type]) => `| \`${name}\` | ${type} | ${cell(help!)} |`)
    .filter((line) => !/`(nodejs|process)_/.test(line))
    .sort();
  return `| metric | type | meaning |\n|---|---|---|\n${rows.join('\n')}\n`;
}

interface Discovery {
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources: readonly {
        readonly resource: string;
        readonly scope: string;
        readonly responseKind: { readonly kind: string };
        readonly shortNames?: readonly string[];
        readonly subresources?: readonly { readonly subresource: string }[];
      }[];
    }[];
  }[];
}

function kindTable(documents: readonly Discovery[]): string {
  const rows = documents.flatMap(({ items }) =>
    items.flatMap(({ metadata: { name: group }, versions }) =>
      versions.flatMap(({ version, resources }) =>
        resources.map((one) => {
          const below = (one.subresources ?? []).map(({ subresource }) => subresource).sort();
          return [
            ...[`\`${one.resource}\``, one.responseKind.kind],
            ...[group === undefined ? version : `${group}/${version}`, one.scope],
            ...[(one.shortNames ?? []).join(', '), below.join(', ')],
          ].join(' | ');
        }),
      ),
    ),
  );
  const head = '| resource | kind | group and version | scope | short names | subresources |';
  return `${head}\n|---|---|---|---|---|---|\n${rows.map((line) => `| ${line} |`).join('\n')}\n`;
}

/** The whole text of docs/REFERENCE.md. */
export async function reference(): Promise<string> {
  const context = { argv: [], env: {}, out: () => {} };
  const program = managementProgram(context as never, () => {});
  const cluster = await startCluster({ nodes: 0 });
  try {
    const aggregated = {
      accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    };
    const discovery = (await Promise.all(
      ['/api', '/apis'].map((path) => cluster.client.getPath(path, aggregated)),
    )) as Discovery[];
    const served = String(await cluster.client.getPath('/metrics'));
    const parts = {
      store: storeFlags(),
      apiserver: apiserverFlags(),
      controllers: controllersFlags(),
      scheduler: schedulerFlags(),
      kubelet: kubeletFlags(),
    };
    const components = Object.entries(parts).map(
      ([name, command]) => `### \`wherry ${name}\`\n\n${flagTable(command)}`,
    );
    const stored = await (await fetch(`${cluster.storeEndpoint}/metrics`)).text();
    return [
      '# Reference',
      'Made from the code by `npx tsx scripts/build-reference.ts`; do not edit.',
      '## Commands about a cluster',
      program.commands.map((command) => commandSection(command, 'wherry')).join('\n'),
      '## The configuration file',
      'What `wherry up --config` reads. Flags and variables win over it.',
      configTable(),
      '## Components',
      components.join('\n'),
      '## Metrics of the store',
      metricTable(stored),
      '## Metrics of the API server',
      metricTable(served),
      '## Kinds',
      kindTable(discovery),
    ]
      .join('\n\n')
      .replace(/\n{3,}/g, '\n\n');
  } finally {
    await cluster.stop();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const path = join(import.meta.dirname, '..', 'docs', 'REFERENCE.md');
  writeFileSync(path, await reference());
  console.log(`wrote ${path}`);
}
