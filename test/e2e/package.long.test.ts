/** The package as users get it: packed, installed elsewhere, run from any folder, left without trace. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fencesOf, stepsOf } from '../docs/document.ts';
import { run, succeed, temporaryFolder } from './harness.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let prefix: string;
let tarball: string;
const INSTALL_MS = 300_000;
const ROUNDS_MS = 3_600_000;
const MEBIBYTE = 1024 ** 2;

beforeAll(async () => {
  folder = await temporaryFolder();
  prefix = join(folder.path, 'prefix');
  const packed = await succeed('npm', ['pack', '--json', '--pack-destination', folder.path], {
    timeoutMs: INSTALL_MS,
  });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  tarball = join(folder.path, filename);
  await succeed('npm', ['install', '--global', '--prefix', prefix, '--loglevel=error', tarball], {
    timeoutMs: INSTALL_MS,
  });
}, 2 * INSTALL_MS);
afterAll(() => folder.remove());

describe('the package', () => {
  it('installs globally, and both commands work from any folder', async () => {
    const cwd = join(folder.path, 'elsewhere');
    mkdirSync(cwd);
    const bin = join(prefix, 'bin');
    const env = { WHERRY_PORT: '0', WHERRY_STORE_PORT: '0' };
    const wherry = (...args: string[]) => succeed(join(bin, 'wherry'), args, { cwd, env });
    const lite = (...args: string[]) => succeed(join(bin, 'kubectl-lite'), args, { cwd });
    expect(await wherry('up', '--detach')).toMatch(/^Ready: /);
    try {
      expect(await lite('get', 'nodes', '-o', 'name')).toBe(
        'node/master\nnode/node1\nnode/node2\nnode/node3\n',
      );
      expect(await lite('explain', 'pod.spec.nodeName')).toContain('FIELD: nodeName <string>');
    } finally {
      await wherry('down');
    }
    expect(readdirSync(cwd)).toEqual(['.wherry']);
  }, 60_000);

  it(
    'serves a vitest file of ten lines, as the documentation shows it',
    async () => {
      const project = join(folder.path, 'project');
      mkdirSync(project);
      writeFileSync(join(project, 'package.json'), '{ "type": "module", "private": true }\n');
      const shown = stepsOf('docs/HOWTO.md').flatMap(({ files }) => files);
      const { name, text } = shown.find((file) => file.name === 'cluster.test.ts')!;
      expect(text.split('\n').filter((line) => line.trim() !== '')).toHaveLength(10);
      writeFileSync(join(project, name), text);
      const args = ['install', '--loglevel=error', tarball, 'vitest@4.1.12', 'typescript@6'];
      await succeed('npm', args, { cwd: project, timeoutMs: INSTALL_MS });
      await succeed('npx', ['vitest', 'run'], { cwd: project });
      const checks = [
        '--noEmit',
        '--strict',
        '--module',
        'nodenext',
        '--skipLibCheck',
        'cluster.test.ts',
      ];
      await succeed('npx', ['tsc', ...checks], { cwd: project });
      // And the program of the README, which ends by itself: nothing keeps its process alive.
      const [program] = fencesOf('README.md', 'ts');
      writeFileSync(join(project, 'readme.ts'), program!);
      const typed = checks.map((word) => (word === 'cluster.test.ts' ? 'readme.ts' : word));
      await succeed('npx', ['tsc', ...typed], { cwd: project });
      writeFileSync(join(project, 'readme.mjs'), `${program}process.stdout.write('ended');\n`);
      expect(await succeed('node', ['readme.mjs'], { cwd: project })).toBe('ended');
    },
    INSTALL_MS,
  );

  it(
    'serves Jest and other CommonJS, with its types',
    async () => {
      const project = join(folder.path, 'commonjs');
      mkdirSync(project);
      writeFileSync(join(project, 'package.json'), '{ "private": true }\n');
      const program = `import { startCluster, type Cluster, type StartClusterOptions } from 'wherry';
const options: StartClusterOptions = { nodes: 1 };
let cluster: Cluster;
beforeAll(async () => { cluster = await startCluster(options); });
afterAll(() => cluster.stop());
test('one library, however it is loaded', async () => {
  expect(cluster.kubeconfig).toContain(cluster.server);
  expect(startCluster).toBe(require('wherry').startCluster);
});
`;
      writeFileSync(join(project, 'cluster.test.ts'), program);
      const tools = ['jest@30', 'typescript@6', '@types/jest@30', '@types/node@20'];
      const args = ['install', '--loglevel=error', tarball, ...tools];
      await succeed('npm', args, { cwd: project, timeoutMs: INSTALL_MS });
      const compile = ['tsc', '--strict', '--module', 'node20', '--types', 'jest,node'];
      await succeed('npx', [...compile, 'cluster.test.ts'], { cwd: project });
      await succeed('npx', ['jest', 'cluster.test.js'], { cwd: project });
    },
    2 * INSTALL_MS,
  );

  it('runs the steps that the documentation gives for CI', async () => {
    const [text = ''] = fencesOf('docs/HOWTO.md', 'yaml');
    const steps = load(text) as { readonly run?: string; readonly env?: Record<string, string> }[];
    const cwd = join(folder.path, 'ci');
    mkdirSync(cwd);
    const shared = {
      ...{ PATH: `${join(prefix, 'bin')}:${process.env['PATH']}` },
      ...{ WHERRY_PORT: '0', WHERRY_STORE_PORT: '0' },
    };
    // The package is not taken from the registry, and there is a command in place of a suite.
    const instead: Readonly<Record<string, string>> = {
      'npm install --global wherry': 'wherry --version',
      'make test': 'kubectl-lite get nodes',
    };
    const said: string[] = [];
    for (const { run: command, env = {} } of steps) {
      if (command === undefined) continue;
      const script = instead[command] ?? command;
      said.push(await succeed('sh', ['-ec', script], { cwd, env: { ...shared, ...env } }));
    }
    expect(said).toEqual([
      expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      expect.stringMatching(/^Ready: /),
      expect.stringMatching(/^node1 +Ready /m),
      'stopped\n',
    ]);
  }, 120_000);

  it(
    'starts and stops ten clusters again and again, and leaves nothing behind',
    async () => {
      const temporary = join(folder.path, 'temporary');
      mkdirSync(temporary);
      // A hundred rounds take half an hour on a busy machine of two cores: WHERRY_ROUNDS=100.
      const rounds = Number(process.env['WHERRY_ROUNDS'] ?? 12);
      const args = ['--expose-gc', 'test/e2e/many-clusters.mjs', String(rounds)];
      // With an arena per thread glibc keeps so much that is free that a leak would not show.
      const env = { TMPDIR: temporary, MALLOC_ARENA_MAX: '1' };
      const options = { env, timeoutMs: ROUNDS_MS };
      const { code, stdout, stderr } = await run(process.execPath, args, options);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const left = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, number> & { handles: string[] });
      expect(left).toHaveLength(rounds);
      const [, second] = left;
      const last = left.at(-1)!;
      expect({ files: last['files'], folders: last['folders'], handles: last.handles }).toEqual({
        files: second!['files'],
        folders: 0,
        handles: [],
      });
      // Code that became hot in between is kept; clusters are not.
      expect(last['heapUsed']! - second!['heapUsed']!).toBeLessThan(8 * MEBIBYTE);
      // The process's own memory settles later: freed pages stay with the allocator.
      expect(last['rss']! - second!['rss']!).toBeLessThan(48 * MEBIBYTE);
    },
    ROUNDS_MS,
  );
});
