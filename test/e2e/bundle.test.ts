/** What only the bundle can get wrong: other tests run the sources. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { succeed, temporaryFolder, TestCluster, wherryMain } from './harness.ts';

const root = join(import.meta.dirname, '..', '..', 'dist');

function programs(): string[] {
  const chunks = ['chunks', 'kubectl-lite/chunks'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name)),
  );
  return ['cluster/main.js', 'kubectl-lite/main.js', 'index.js', ...chunks].filter((name) =>
    name.endsWith('.js'),
  );
}

it('takes only the default of CommonJS packages that are imported late', () => {
  const texts = new Map(programs().map((name) => [name, readFileSync(join(root, name), 'utf8')]));
  const facades = [...texts]
    .filter(([, text]) => /^export default require_\w+\(\);$/m.test(text))
    .map(([name]) => name.replace(/^.*chunks\//, ''));
  // ajv and prom-client at least: if there are none, this test looks for the wrong thing.
  expect(facades.length).toBeGreaterThanOrEqual(2);
  const wrong: string[] = [];
  for (const [name, text] of texts)
    for (const facade of facades)
      for (const found of text.matchAll(
        new RegExp(`.{0,60}import\\("[^"]*${facade}"\\).{0,20}`, 'g'),
      ))
        if (!/default/.test(found[0])) wrong.push(`${name}: ${found[0]}`);
  expect(wrong).toEqual([]);
});

it('answers metrics, and hashes passwords in a worker', async () => {
  const folder = await temporaryFolder();
  const cluster = await TestCluster.up(folder.path, ['--nodes', '0']);
  try {
    const state = JSON.parse(readFileSync(join(folder.path, 'run.json'), 'utf8')) as {
      components: { name: string; address: string }[];
    };
    const { address } = state.components.find(({ name }) => name === 'store')!;
    const metrics = await (await fetch(`${address}/metrics`)).text();
    expect(metrics).toContain('etcd_server_has_leader 1');
    const etcdctl = ['etcdctl', '--endpoints', new URL(address).host];
    const added = await succeed(process.execPath, [wherryMain, ...etcdctl, 'user', 'add', 'u:pw']);
    expect(added).toBe('User u created\n');
  } finally {
    await cluster.stop();
    await folder.remove();
  }
});
