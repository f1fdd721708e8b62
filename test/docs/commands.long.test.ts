/** Every command of the README and of docs/, run as a reader would: page by page, in order. */
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { freePorts } from '../../platform/node/net/free-ports.ts';
import { run, temporaryFolder, tool } from '../e2e/harness.ts';
import { stepsOf } from './document.ts';

const root = process.cwd();

/** Blocks that are not run, and why. A block counts as named by its first line. */
const notRun: Readonly<Record<string, string>> = {
  'npm start      # installs, builds and runs a cluster with three simulated nodes':
    'run by newcomer.long.test.ts; here the next blocks run against a cluster that is there',
};

const storeEndpoint = `$(npx wherry status | awk '$1 == "store" { sub("http://", "", $5); print $5 }')`;

/** What has to be there before a page begins. */
const before: Readonly<Record<string, string>> = {
  'README.md': `npx wherry up --detach; export ETCDCTL_ENDPOINTS="${storeEndpoint}"`,
};

const pages = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)].filter(
  (page) => page.endsWith('.md') && stepsOf(page).length > 0,
);

let folder: Awaited<ReturnType<typeof temporaryFolder>> | undefined;
afterEach(async () => {
  if (folder === undefined) return;
  for (const name of readdirSync(folder.path).filter((entry) => entry.startsWith('.wherry'))) {
    const dataDir = join(folder.path, name);
    await run('node', [join(root, 'dist/cluster/main.cjs'), 'down', '--data-dir', dataDir]);
  }
  await folder.remove();
});

/** A folder as a reader has it: the examples, the package installed, the commands on the path. */
function prepare(path: string): string {
  symlinkSync(join(root, 'examples'), join(path, 'examples'));
  const modules = join(path, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name !== 'wherry') symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  symlinkSync(root, join(modules, 'wherry'));
  writeFileSync(join(path, 'package.json'), '{ "type": "module" }\n');
  const bin = join(path, 'bin');
  mkdirSync(bin);
  const programs = {
    wherry: `exec node ${root}/dist/cluster/main.cjs "$@"`,
    'kubectl-lite': `exec node ${root}/dist/kubectl-lite/main.js "$@"`,
    npx: 'exec "$@"',
  };
  for (const [name, line] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return `${bin}:${join(root, 'node_modules', '.bin')}:${process.env['PATH']}`;
}

describe('the commands of', () => {
  it.each(pages)(
    '%s',
    async (page) => {
      folder = await temporaryFolder();
      const path = prepare(folder.path);
      // What a block starts in the background ends with the page.
      const script = ['set -euo pipefail', "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"];
      script.push(before[page] ?? '');
      for (const { line, script: block, needs, files } of stepsOf(page)) {
        const [first = ''] = block.split('\n');
        if (notRun[first] !== undefined) continue;
        if (needs !== undefined && tool(needs) === undefined) continue;
        for (const file of files) writeFileSync(join(folder.path, file.name), file.text);
        script.push(`echo "# ${page}:${line}"`, block);
      }
      const [client, peer] = await freePorts('127.0.0.1', 2);
      const text = script
        .join('\n')
        .replaceAll('23790', `${client}`)
        .replaceAll('23800', `${peer}`);
      const { code, stdout, stderr } = await run('bash', ['-c', text], {
        cwd: folder.path,
        env: { PATH: path, WHERRY_PORT: '0', WHERRY_STORE_PORT: '0', ETCDCTL_API: '3' },
        timeoutMs: 240_000,
      });
      const last = /^# \S+:\d+$/gm[Symbol.match](stdout)?.at(-1);
      expect(code, `${last}\n${stdout.slice(-1500)}\n${stderr.slice(-1500)}`).toBe(0);
    },
    300_000,
  );
});
