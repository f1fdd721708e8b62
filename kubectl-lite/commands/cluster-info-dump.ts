import type { KubernetesObject } from '../../api/meta.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { StatusError } from '../../api/status.ts';
import { command } from '../command.ts';
import { boolean, duration, list, text } from '../flags/flag.ts';
import { bodyText } from '../get/raw-body.ts';
import { outputFlags } from '../printers/change-printer.ts';
import { noPrinter, objectFormats, objectPrinter } from '../printers/printer.ts';
import type { Session } from '../session.ts';

/** What is dumped of each namespace, in kubectl's order: file name and path. */
const namespaced = [
  ['events', '/api/v1', 'events'],
  ['replication-controllers', '/api/v1', 'replicationcontrollers'],
  ['services', '/api/v1', 'services'],
  ['daemonsets', '/apis/apps/v1', 'daemonsets'],
  ['deployments', '/apis/apps/v1', 'deployments'],
  ['replicasets', '/apis/apps/v1', 'replicasets'],
  ['pods', '/api/v1', 'pods'],
] as const;

export const clusterInfoDump = command({
  usage: '[flags] [options]',
  flags: {
    ...outputFlags,
    output: text(outputFlags.output.usage, { shorthand: 'o', value: 'json' }),
    'all-namespaces': boolean('Dump all namespaces', { shorthand: 'A' }),
    namespaces: list('Namespaces to dump; kube-system and the one in force if none is given'),
    'output-directory': text('A folder to write to; "-" or nothing is standard output'),
    'pod-running-timeout': duration('Accepted for compatibility', { valueMs: 20_000 }),
  },
  async run(session, { flags }) {
    const { output } = flags;
    const print = await objectPrinter(session.files, flags);
    if (print === undefined) throw noPrinter(output, objectFormats);
    const write = await writerTo(session, flags['output-directory']);
    const ending = output.startsWith('yaml') ? 'yaml' : 'json';
    const dump = async (path: string, file: string): Promise<unknown> => {
      const found = await session.api.send({ method: 'GET', path });
      await write(`${file}.${ending}`, print(found));
      return found;
    };
    await dump('/api/v1/nodes', 'nodes');
    for (const namespace of await namespacesOf(session, flags)) {
      for (const [file, group, resource] of namespaced) {
        const path = `${group}/namespaces/${namespace}/${resource}`;
        const found = await dump(path, `${namespace}/${file}`);
        if (resource !== 'pods') continue;
        for (const pod of (found as { items?: Pod[] }).items ?? []) {
          await dumpLogs(session, { ...pod, kind: 'Pod' }, write);
        }
      }
    }
    if (!toStandardOutput(flags['output-directory'])) {
      session.print(`Cluster info dumped to ${flags['output-directory']}`);
    }
    return 0;
  },
});

const toStandardOutput = (folder: string): boolean => folder === '' || folder === '-';

type Write = (file: string, content: string) => Promise<void>;

function writerTo(session: Session, folder: string): Promise<Write> {
  const write: Write = toStandardOutput(folder)
    ? async (_, content) => session.output.out(content)
    : (file, content) =>
        session.environment.disk.write(`${folder}/${file}`, content, { mode: 0o644 });
  return Promise.resolve(write);
}

async function namespacesOf(
  session: Session,
  flags: { readonly 'all-namespaces': boolean; readonly namespaces: readonly string[] },
): Promise<readonly string[]> {
  if (flags['all-namespaces']) {
    const all = (await session.api.send({ method: 'GET', path: '/api/v1/namespaces' })) as {
      items: KubernetesObject[];
    };
    return all.items.map(({ metadata }) => metadata.name ?? '');
  }
  if (flags.namespaces.length > 0) return flags.namespaces;
  return ['kube-system', session.namespace];
}

/** A log that cannot be read must not end the dump: why stands in its place. */
async function dumpLogs(session: Session, pod: Pod, write: Write): Promise<void> {
  const { name = '', namespace = '' } = pod.metadata;
  const parts: string[] = [];
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    const about = `container ${container.name} of pod ${namespace}/${name}`;
    parts.push(`==== START logs for ${about} ====\n`);
    try {
      const response = await session.api.exchange({
        method: 'GET',
        path: `/api/v1/namespaces/${namespace}/pods/${name}/log`,
        query: { container: container.name },
      });
      parts.push(await bodyText(response.body));
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      parts.push(`Request log error: ${error.message}\n`);
    }
    parts.push(`==== END logs for ${about} ====\n`);
  }
  await write(`${namespace}/${name}/logs.txt`, parts.join(''));
}
