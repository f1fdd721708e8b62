/** The manifests of examples/tasks reach the state that the Kubernetes documentation tells. */
import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, run, succeed, temporaryFolder, TestCluster, tool } from './harness.ts';

const kubectl = tool('kubectl');
const tasks = readdirSync('examples/tasks').filter((name) => name.endsWith('.yaml'));
/** What takes a node away from others comes when they are done. */
const last = 'taints.yaml';
const ordered = [...tasks.filter((name) => name !== last), last];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cluster: TestCluster;

beforeAll(async () => {
  if (kubectl === undefined) return;
  folder = await temporaryFolder();
  cluster = await TestCluster.up(join(folder.path, 'data'));
}, 120_000);
afterAll(async () => {
  await cluster?.stop();
  await folder?.remove();
});

const k = (...args: string[]): Promise<string> => succeed(kubectl!, args, { env: cluster.env });

/** The lines by which a file says how its state is seen. */
const linesOf = (name: string): string[] =>
  readFileSync(join('examples/tasks', name), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('#$ '))
    .map((line) => line.slice(3));

/** Of one namespace, by its own kubeconfig. */
async function environment(namespace: string): Promise<Record<string, string>> {
  await k('create', 'namespace', namespace);
  const KUBECONFIG = join(folder.path, namespace);
  const text = await k('config', 'view', '--raw', '--flatten', '-o', 'json');
  const config = JSON.parse(text) as { contexts: { context: { namespace?: string } }[] };
  config.contexts[0]!.context.namespace = namespace;
  const { writeFile } = await import('node:fs/promises');
  await writeFile(KUBECONFIG, JSON.stringify(config));
  const path = `${dirname(kubectl!)}${delimiter}${process.env['PATH'] ?? ''}`;
  return { KUBECONFIG, PATH: path };
}

describe.skipIf(kubectl === undefined)('a task of the documentation', () => {
  it.each(ordered)(
    '%s reaches its state',
    async (name) => {
      const env = await environment(name.replace('.yaml', ''));
      const file = join('examples/tasks', name);
      await eventually('the service account', async () => {
        const { code } = await run(kubectl!, ['get', 'serviceaccount', 'default'], { env });
        return code === 0;
      });
      await succeed(kubectl!, ['apply', '-f', file], { env });
      const lines = linesOf(name);
      expect(lines.length).toBeGreaterThan(2);
      for (const line of lines) {
        await eventually(
          line,
          async () => (await run('sh', ['-c', line], { env, timeoutMs: 120_000 })).code === 0,
          120_000,
        );
      }
    },
    300_000,
  );
});
