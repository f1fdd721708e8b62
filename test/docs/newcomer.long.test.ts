/**
 * The README, word by word, by somebody who has Node.js and npm, and nothing else of a developer's
 * machine: the files of the repository, an empty home, the first command, then the following ones.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, run, temporaryFolder, tool } from '../e2e/harness.ts';
import { stepsOf } from './document.ts';

const MINUTES = 60_000;
/** What a bare system has, without the programs that the README names. */
const basic = (
  'sh bash env uname ls cat cp mv rm mkdir rmdir ln chmod dirname basename readlink realpath ' +
  'grep sed awk head tail sort tr cut wc xargs find sleep date kill ps test true false id'
).split(' ');

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let root: string;
let env: Record<string, string>;
let server: ChildProcess | undefined;
let output = '';
const steps = stepsOf('README.md');

beforeAll(async () => {
  folder = await temporaryFolder();
  root = join(folder.path, 'wherry');
  const listed = spawnSync('git', ['ls-files', '-z'], { encoding: 'utf8' });
  for (const file of listed.stdout.split('\0').filter((name) => existsSync(name)))
    cpSync(file, join(root, file));
  const bin = join(folder.path, 'bin');
  const home = join(folder.path, 'home');
  for (const path of [bin, home]) mkdirSync(path);
  symlinkSync(process.execPath, join(bin, 'node'));
  for (const name of ['npm', 'npx', ...basic]) {
    const path = tool(name);
    if (path !== undefined) symlinkSync(path, join(bin, name));
  }
  env = { PATH: bin, HOME: home, WHERRY_PORT: '0', WHERRY_STORE_PORT: '0', WHERRY_TESTS: '' };
  // Where packages come from is this machine's affair.
  const { stdout } = await run('npm', ['config', 'get', 'registry']);
  env['NPM_CONFIG_REGISTRY'] = stdout.trim();
});

afterAll(async () => {
  if (server?.exitCode === null) {
    const ended = new Promise((resolve) => server!.once('exit', resolve));
    process.kill(-server.pid!, 'SIGTERM');
    await ended;
  }
  await folder.remove();
});

const says = async (script: string, more: Record<string, string> = {}): Promise<string> => {
  const options = { cwd: root, env: { ...env, ...more }, timeoutMs: 10 * MINUTES };
  const { code, stdout, stderr } = await run('bash', ['-euc', script], options);
  expect(code, `${script}\n${stdout}\n${stderr}`).toBe(0);
  return stdout;
};

describe('who follows the README', () => {
  it('finds its two commands first', () => {
    const [first] = steps;
    expect(first!.script.split('\n').map((line) => line.replace(/ +#.*/, ''))).toEqual([
      'npm start',
      'npm test',
      '',
    ]);
  });

  it(
    'has a cluster with the first command',
    async () => {
      // A group of its own: npm does not pass signals on to what it starts.
      server = spawn('npm', ['start'], {
        ...{ cwd: root, env, detached: true },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [server.stdout!, server.stderr!])
        stream.setEncoding('utf8').on('data', (text: string) => (output += text));
      const ready = (): Promise<boolean> => {
        if (server!.exitCode !== null) throw new Error(output);
        return Promise.resolve(/^Ready in .*https:/m.test(output));
      };
      await eventually('npm start', ready, 8 * MINUTES);
      expect(output).toMatch(/^Kubeconfig: \.wherry\/kubeconfig$/m);
    },
    9 * MINUTES,
  );

  it(
    'goes on with the second block in another terminal',
    async () => {
      const { script } = steps[1]!;
      expect(script).toMatch(/^npx kubectl-lite apply -f examples\/web\.yaml/);
      const shown = await says(`${script}npx kubectl-lite rollout status deployment/web -n web`);
      expect(shown).toContain('deployment.apps/web created');
      expect(shown).toMatch(/^Name: +web$/m);
      expect(await says('npx wherry status')).toMatch(/^apiserver +ready /m);
      expect(await says('npx wherry doctor')).not.toMatch(/^FAIL/m);
    },
    5 * MINUTES,
  );

  it.skipIf(tool('kubectl') === undefined || tool('etcdctl') === undefined)(
    'uses stock clients, if they are there',
    async () => {
      const { script } = steps[2]!;
      const { stdout } = await run('node', ['dist/cluster/main.cjs', 'status'], { cwd: root });
      const store = /^store .*http:\/\/(\S+)/m.exec(stdout)![1]!;
      const more = { PATH: `${env['PATH']}:${dirname(tool('kubectl')!)}`, ETCDCTL_API: '3' };
      const shown = await says(script, { ...more, ETCDCTL_ENDPOINTS: store });
      expect(shown).toContain('deployment.apps/web scaled');
      expect(shown).toContain('/registry/deployments/web/web');
    },
    5 * MINUTES,
  );

  it(
    'runs the tests with the second command',
    async () => {
      // All of them would be this test's own suite once more: one file stands for them.
      expect(await says('npm test -- api/quantity')).toMatch(/Tests .*passed/);
    },
    8 * MINUTES,
  );
});
