/** The `wherry` command by hand: a cluster in the background, its logs, its copies, its refusals. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAlive } from '../../platform/node/child-process.ts';
import {
  eventually,
  kubectlLiteMain,
  type Result,
  run,
  temporaryFolder,
  tool,
  wherryMain,
} from './harness.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dataDir: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  dataDir = join(folder.path, 'data');
});
afterEach(async () => {
  if (existsSync(join(dataDir, 'run.json'))) await wherry('down');
  await folder.remove();
});

const wherry = (...args: string[]): Promise<Result> =>
  run(process.execPath, [wherryMain, ...args, '--data-dir', dataDir]);
const up = (...args: string[]): Promise<Result> =>
  wherry('up', '--detach', '--port', '0', '--store-port', '0', '--nodes', '1', ...args);
const lite = (...args: string[]): Promise<Result> =>
  run(process.execPath, [kubectlLiteMain, ...args, '--kubeconfig', join(dataDir, 'kubeconfig')]);
const state = (): { pid: number; server: string } =>
  JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')) as never;

async function succeeded(result: Promise<Result>): Promise<string> {
  const { code, stdout, stderr } = await result;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

async function refused(result: Promise<Result>): Promise<string> {
  const { code, stderr } = await result;
  expect(code).toBe(1);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  return stderr;
}

describe('a cluster in the background', () => {
  it('starts, is looked over, tells its logs and kubeconfig, and stops', async () => {
    expect(await succeeded(up())).toMatch(/^Ready: https:\/\/127\.0\.0\.1:\d+ \(pid \d+\)$/m);
    const { pid } = state();
    expect(await refused(up())).toContain(`is running already (pid ${pid}`);
    expect(await succeeded(wherry('kubeconfig'))).toBe(
      readFileSync(join(dataDir, 'kubeconfig'), 'utf8'),
    );
    expect(await succeeded(wherry('status'))).toMatch(/^apiserver +ready +\d+ /m);
    const report = await succeeded(wherry('doctor'));
    for (const what of ['store quorum', 'apiserver', 'compaction', 'nodes', 'certificates'])
      expect(report).toMatch(new RegExp(`^(ok|WARN) +${what} `, 'm'));
    const logs = await succeeded(wherry('logs', 'store', '--tail', '1'));
    expect(logs).toMatch(/^\S+ (INFO|WARN) +store {2}.+\n$/);
    const lines = (await succeeded(wherry('logs', '-o', 'json'))).trimEnd().split('\n');
    const said = lines.map((line) => JSON.parse(line) as { level: string });
    expect(said.filter(({ level }) => level === 'info')).not.toEqual([]);
    // A component that lacks a permission or a kind says so here.
    expect(said.filter(({ level }) => level !== 'info')).toEqual([]);
    expect(await refused(wherry('logs', 'nobody'))).toContain(
      'there are store, apiserver, controllers, scheduler, kubelet',
    );
    // Both find the cluster by its data.
    const here = { env: { WHERRY_DATA_DIR: dataDir, KUBECONFIG: '' } };
    const words = (line: string): string[] => [wherryMain, ...line.split(' ')];
    const names = run(process.execPath, words('kubectl get nodes -o name'), here);
    expect(await succeeded(names)).toBe('node/master\nnode/node1\n');
    const keys = run(
      process.execPath,
      words('etcdctl get /registry/minions/node1 -w fields'),
      here,
    );
    expect(await succeeded(keys)).toContain('"Key" : "/registry/minions/node1"');
    expect(await succeeded(wherry('upgrade'))).toMatch(/^WARN +process +it is running/m);
    expect(await succeeded(wherry('down'))).toBe('stopped\n');
    const record = join(dataDir, 'cluster.json');
    const of = JSON.parse(readFileSync(record, 'utf8')) as object;
    await writeFile(record, JSON.stringify({ ...of, lastRunBy: '0.0.9' }));
    const checked = await succeeded(wherry('upgrade'));
    expect(checked).toMatch(/^ok +data +layout 1, last run by wherry 0\.0\.9: it is read as/m);
    expect(checked).toContain('`wherry up` upgrades: it notes');
    await eventually('its end', () => Promise.resolve(!isAlive({ pid })));
    for (const command of ['doctor', 'status'])
      expect(await refused(wherry(command))).toContain('no cluster is running');
  }, 90_000);

  it.runIf(process.platform === 'linux')(
    'knows its process from another of that id',
    async () => {
      await succeeded(up());
      const note = join(dataDir, 'run.json');
      const killed = JSON.parse(readFileSync(note, 'utf8')) as { components: { pid: number }[] };
      process.kill(state().pid, 'SIGKILL');
      // As in a container that is started again, where ids begin anew.
      const other = { pid: process.pid };
      const components = killed.components.map((component) => ({ ...component, ...other }));
      await writeFile(note, JSON.stringify({ ...killed, ...other, components }));
      for (const command of ['status', 'down'])
        expect(await refused(wherry(command))).toContain('no cluster is running');
      await succeeded(up());
    },
    90_000,
  );

  it('takes the two signals of `timeout` as one wish to stop', async () => {
    await succeeded(up());
    const { pid } = state();
    process.kill(pid, 'SIGTERM');
    process.kill(pid, 'SIGTERM');
    await eventually('its end', () => Promise.resolve(!isAlive({ pid })));
    expect(existsSync(join(dataDir, 'run.json'))).toBe(false);
    expect(readFileSync(join(dataDir, 'logs', 'up.log'), 'utf8')).toMatch(/Stopped\.\n$/);
  }, 90_000);

  it('follows a log until it is told to stop', async () => {
    await succeeded(up());
    const child = spawn(process.execPath, [wherryMain, 'logs', '-f', '--data-dir', dataDir]);
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    await eventually('the lines that are there', () => Promise.resolve(text.includes('store')));
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  }, 90_000);

  it('is saved, changed, restored and reset', async () => {
    await succeeded(up());
    await succeeded(lite('create', 'deployment', 'web', '--image=nginx', '--replicas=2'));
    await succeeded(lite('rollout', 'status', 'deployment/web', '--timeout=30s'));
    const before = await podNames();
    expect(await succeeded(wherry('snapshot', 'save', 'two'))).toMatch(
      /^Saved .*snapshots\/two\.db: \d+ keys at revision \d+$/m,
    );
    await succeeded(lite('scale', 'deployment/web', '--replicas=0'));
    await succeeded(lite('create', 'configmap', 'later'));
    expect(await refused(wherry('snapshot', 'restore', 'two'))).toContain('stop it before');
    await succeeded(wherry('down'));
    expect(await succeeded(wherry('snapshot', 'list'))).toMatch(/^two +\d+ +\d+ +\d+$/m);
    expect(await refused(wherry('snapshot', 'restore', 'three'))).toContain('three.db');
    expect(await succeeded(wherry('snapshot', 'restore', 'two'))).toContain('what was there is in');
    await succeeded(up());
    await succeeded(lite('rollout', 'status', 'deployment/web', '--timeout=30s'));
    expect(await podNames()).toEqual(before);
    expect((await lite('get', 'configmap', 'later')).stderr).toContain('not found');
    await succeeded(wherry('down'));
    await writeFile(join(dataDir, 'thesis.txt'), '');
    expect(await refused(wherry('reset'))).toContain('say --yes');
    await succeeded(wherry('reset', '--yes'));
    expect(readdirSync(dataDir)).toEqual(['snapshots', 'thesis.txt']);
  }, 120_000);

  async function podNames(): Promise<string[]> {
    const text = await succeeded(lite('get', 'pods', '-o', 'name'));
    return text.trimEnd().split('\n').sort();
  }
});

describe('wherry up', () => {
  it('takes a file and variables, and lets a flag win', async () => {
    const file = join(folder.path, 'wherry.yaml');
    await writeFile(file, 'nodes: 2\ncontrolPlaneNode: false\nlogLevel: error\nport: 0\n');
    const env = { WHERRY_STORE_PORT: '0', WHERRY_DATA_DIR: dataDir };
    const args = [wherryMain, 'up', '-d', '--config', file];
    await succeeded(run(process.execPath, args, { env }));
    expect(await nodes()).toEqual(['node/node1', 'node/node2']);
    await succeeded(wherry('down'));
    await succeeded(run(process.execPath, [...args, '--nodes', '1'], { env }));
    await succeeded(lite('wait', '--for=condition=Ready', 'node/node1', '--timeout=20s'));
    const { stdout } = await wherry('status');
    expect(stdout).not.toContain('node2');
  }, 90_000);

  const nodes = async (): Promise<string[]> =>
    (await succeeded(lite('get', 'nodes', '-o', 'name'))).trimEnd().split('\n');

  it.each([
    ['nodes: -1', 'nodes must be >= 0'],
    ['storeMembers: 2', 'storeMembers must be equal to one of the allowed values: 1, 3, 5'],
    ['nodez: 3', 'unknown field nodez'],
    ['extraArgs: {storage: {}}', 'unknown field extraArgs.storage'],
    ['nodes: [', 'unexpected end of the stream'],
  ])('refuses a file with %j', async (text, says) => {
    const file = join(folder.path, 'wherry.yaml');
    await writeFile(file, text);
    expect(await refused(up('--config', file))).toContain(`--config ${file}: ${says}`);
  });

  it('says in one line where there is no cluster or snapshot', async () => {
    for (const command of [['status'], ['doctor'], ['down'], ['snapshot', 'save']])
      expect(await refused(wherry(...command))).toContain('no cluster is running with its data in');
    for (const command of [['upgrade'], ['snapshot', 'list']])
      expect(await refused(wherry(...command))).toContain(
        `there is no cluster in ${dataDir}; name`,
      );
    expect(await refused(wherry('kubeconfig'))).toContain('there is no ');
    expect(await refused(wherry('logs'))).toContain('no cluster has written logs in');
    expect(await refused(wherry('snapshot', 'restore', 'monday'))).toContain(
      `there is no snapshot ${dataDir}/snapshots/monday.db; \`wherry snapshot list\` shows`,
    );
  }, 180_000);

  it('says in one line what is in the way', async () => {
    const nowhere = await run(process.execPath, [wherryMain, 'up', '--data-dir', '']);
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toContain('It must name a folder');
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'thesis.txt'), '');
    expect(await refused(up())).toContain('holds something else (thesis.txt)');
    expect(await refused(wherry('reset', '--yes'))).toContain('holds something else');
    const newer = JSON.stringify({ version: 99, storeMembers: [{ name: 'store' }] });
    await writeFile(join(dataDir, 'cluster.json'), newer);
    expect(await refused(up())).toContain('was written by a newer wherry (layout 99');
    expect(await refused(wherry('upgrade'))).toContain('run that one, or choose another');
    const older = JSON.stringify({ version: 0, storeMembers: [{ name: 'store' }] });
    await writeFile(join(dataDir, 'cluster.json'), older);
    expect(await refused(up())).toContain('by a wherry too old for this one (layout 0');
    expect(await refused(wherry('upgrade'))).toContain('save a snapshot with the old one');
    await writeFile(join(dataDir, 'cluster.json'), '{');
    expect(await refused(up())).toContain('cluster.json is damaged');
    await writeFile(
      join(dataDir, 'cluster.json'),
      JSON.stringify({ version: 1, storeMembers: [{ name: 'store' }] }),
    );
    expect(await refused(up('--store-members', '3'))).toContain('has 1 member, not 3');
    expect(await refused(up('--etcd-servers', 'http://127.0.0.1:1'))).toContain(
      'has a store of its own',
    );
    const taken = createServer();
    const port = await new Promise<number>((resolve) =>
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port)),
    );
    expect(await refused(up('--port', String(port)))).toContain(
      `port ${port} is in use; choose another with --port`,
    );
    await new Promise((resolve) => taken.close(resolve));
  }, 180_000);
});

describe.skipIf(tool('etcdctl') === undefined)('a snapshot', () => {
  it('is one that etcdctl reads', async () => {
    await succeeded(up());
    await succeeded(wherry('snapshot', 'save', 'one'));
    const file = join(dataDir, 'snapshots', 'one.db');
    const env = { ETCDCTL_API: '3' };
    const { stdout } = await run('etcdctl', ['snapshot', 'status', file, '-w', 'json'], { env });
    const { totalKey } = JSON.parse(stdout) as { totalKey: number };
    expect(totalKey).toBeGreaterThan(10);
  }, 60_000);
});

it('says an error that nobody handled in one last sentence', async () => {
  await mkdir(dataDir);
  const broken = join(folder.path, 'broken.cjs');
  const source = `process.on('newListener', (name) => {
    if (name === 'SIGTERM') setImmediate(() => { throw new TypeError('out of the blue'); });
  });`;
  await writeFile(broken, source);
  const args = ['--require', broken, wherryMain, 'up', '--port', '0', '--store-port', '0'];
  const { code, stderr } = await run(process.execPath, [...args, '--data-dir', dataDir]);
  expect(code).toBe(1);
  const lines = stderr.trimEnd().split('\n');
  expect(lines[0]).toBe('TypeError: out of the blue');
  expect(lines.at(-1)).toMatch(/^error: out of the blue \(unexpected: a bug of this program/);
  for (const line of lines) expect(line.length).toBeLessThan(200);
});
