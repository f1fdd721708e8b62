/** The package as users get it: packed, installed elsewhere, run from any folder, left without trace. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run, succeed, temporaryFolder } from './harness.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let prefix: string;
let tarball: string;
const INSTALL_MS = 300_000;

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
      writeFileSync(
        join(project, 'cluster.test.ts'),
        `import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, startCluster } from 'wherry';

let cluster: Cluster;
beforeAll(async () => (cluster = await startCluster()));
afterAll(() => cluster.stop());

it('says where it is', () => {
  expect(cluster.kubeconfig).toContain(cluster.server);
});
`,
      );
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
    },
    INSTALL_MS,
  );

  it(
    'starts and stops ten clusters again and again, and leaves nothing behind',
    async () => {
      const temporary = join(folder.path, 'temporary');
      mkdirSync(temporary);
      const rounds = 12;
      const args = ['--expose-gc', 'test/e2e/many-clusters.mjs', String(rounds)];
      const options = { env: { TMPDIR: temporary }, timeoutMs: INSTALL_MS };
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
      expect(last['heapUsed']! - second!['heapUsed']!).toBeLessThan(8 * 1024 * 1024);
    },
    INSTALL_MS,
  );
});
