/**
 * What can be in a cluster's way: each gets one clear sentence that says what to do, and nothing
 * that was written is lost.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realX509 } from '../../platform/node/crypto/x509.ts';
import {
  eventually,
  kubectlLiteMain,
  type Result,
  run,
  temporaryFolder,
  TestCluster,
  wherryMain,
} from './harness.ts';

const DAY_MS = 24 * 3_600_000;
const isRoot = process.getuid?.() === 0;
const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dataDir: string;
/** What else has to be undone, last first. */
let undo: (() => Promise<unknown>)[];

beforeEach(async () => {
  undo = [];
  folder = await temporaryFolder();
  dataDir = join(folder.path, 'data');
});
afterEach(async () => {
  if (existsSync(join(dataDir, 'run.json'))) await wherry('down');
  for (const step of undo.reverse()) await step();
  await folder.remove();
});

const wherry = (...args: string[]): Promise<Result> =>
  run(process.execPath, [wherryMain, ...args, '--data-dir', dataDir]);
const upArgs = ['up', '--port', '0', '--store-port', '0', '--nodes', '1'];
const lite = (...args: string[]): Promise<Result> =>
  run(process.execPath, [kubectlLiteMain, ...args, '--kubeconfig', join(dataDir, 'kubeconfig')]);

async function started(...args: string[]): Promise<void> {
  const { code, stderr } = await wherry(...upArgs, '--detach', ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

/** One sentence, and a failure for scripts. */
async function refused(result: Promise<Result>, before = ''): Promise<string> {
  const { code, stderr } = await result;
  expect(stderr).toMatch(new RegExp(`^${before}error: .+\n$`));
  expect(code).toBe(1);
  return stderr;
}

async function written(name: string): Promise<string> {
  const { code, stderr } = await lite('create', 'configmap', name);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return `configmap/${name}`;
}

async function expectThere(names: readonly string[]): Promise<void> {
  const { stdout } = await lite('get', 'configmaps', '-o', 'name');
  expect(stdout.split('\n')).toEqual(expect.arrayContaining([...names]));
}

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  undo.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as { port: number }).port;
}

describe('a port that is taken', () => {
  it.each([
    ['--port', []],
    ['--store-port', []],
    ['--port', ['--separate']],
    ['--store-port', ['--separate']],
  ] as const)(
    'is named with %s %j',
    async (flag, mode) => {
      const port = await takenPort();
      const answer = await refused(wherry(...upArgs, ...mode, flag, String(port)));
      expect(answer).toContain(`port ${port} is in use; choose another with ${flag} (0: any`);
    },
    60_000,
  );
});

describe('Ctrl-C, which reaches the components too,', () => {
  it('ends a start that waits for a silent etcd', async () => {
    const silent = `http://127.0.0.1:${await takenPort()}`;
    const args = [...upArgs, '--separate', '--etcd-servers', silent, '--data-dir', dataDir];
    const child = spawn(process.execPath, [wherryMain, ...args], { detached: true });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve));
    await eventually('its address', () => Promise.resolve(stdout.includes(silent)));
    process.kill(-child.pid!, 'SIGINT');
    expect({ code: await closed, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').slice(1)).toEqual(['Stopping …', 'Stopped.', '']);
  }, 60_000);
});

describe('a data directory', () => {
  it('that a running cluster uses is left to it', async () => {
    await started();
    const name = await written('mine');
    expect(await refused(wherry(...upArgs))).toMatch(/is running already \(pid \d+.*wherry down/);
    // Without the note that says so, the lock of the store does.
    await rename(join(dataDir, 'run.json'), join(folder.path, 'run.json'));
    const second = await refused(wherry(...upArgs));
    await rename(join(folder.path, 'run.json'), join(dataDir, 'run.json'));
    expect(second).toMatch(
      /another process has this data directory open; stop it, or choose another directory/,
    );
    await expectThere([name]);
  }, 60_000);

  it("that is somebody else's is named, whatever is asked", async () => {
    await started();
    const name = await written('mine');
    await wherry('down');
    if (isRoot) await chmod(folder.path, 0o755);
    else await chmod(dataDir, 0);
    const program = isRoot ? 'setpriv' : process.execPath;
    const before = isRoot ? [...nobody, process.execPath] : [];
    for (const command of [upArgs, ['status'], ['doctor'], ['snapshot', 'list'], ['reset', '-y']]) {
      const args = [...before, wherryMain, ...command, '--data-dir', dataDir];
      const answer = await refused(run(program, args, { env: { HOME: folder.path } }));
      expect(answer).toMatch(/this user may not touch \S+; run as its owner, or choose another/);
    }
    if (!isRoot) await chmod(dataDir, 0o700);
    await started();
    await expectThere([name]);
  }, 90_000);

  it('that is a file, or of etcd, or of others is left as it is', async () => {
    await writeFile(dataDir, 'precious');
    expect(await refused(wherry(...upArgs))).toContain('is a file, not a folder; choose another');
    expect(await readFile(dataDir, 'utf8')).toBe('precious');
    await rm(dataDir);
    await mkdir(join(dataDir, 'member', 'wal'), { recursive: true });
    expect(await refused(wherry(...upArgs))).toContain('holds something else (member)');
    const store = run(process.execPath, [wherryMain, 'store', '--data-dir', dataDir]);
    // A member's log begins with its settings, as etcd's.
    expect(await refused(store, '.*starting an etcd server.*\n')).toContain(
      'is a data folder of etcd, which this store cannot',
    );
  }, 60_000);
});

it('a full disk stops the cluster, which goes on once there is space', async () => {
  const mounted = isRoot && (await run('mount', mountArgs(dataDir))).code === 0;
  if (!mounted) {
    console.warn('a small file system cannot be mounted: the test of a full disk is skipped');
    return;
  }
  undo.push(() => run('umount', [dataDir]));
  const cluster = await TestCluster.up(join(dataDir, 'd'), ['--nodes', '1']);
  undo.push(() => cluster.stop());
  const filler = join(dataDir, 'filler');
  const acknowledged: string[] = [];
  const write = async (name: string): Promise<boolean> => {
    const blob = join(folder.path, 'blob');
    await writeFile(blob, Buffer.alloc(500_000, name));
    const args = ['create', 'configmap', name, `--from-file=${blob}`];
    const { code } = await cluster.kubectlLite(...args);
    if (code === 0) acknowledged.push(`configmap/${name}`);
    return code === 0;
  };
  expect(await write('before')).toBe(true);
  await run('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1M']);
  let count = 0;
  await eventually('the disk to be full', async () => !(await write(`more-${count++}`)), 60_000);
  await eventually(
    'the end of the cluster',
    async () => {
      await write(`last-${count++}`);
      return cluster.process.exitCode !== null;
    },
    60_000,
  );
  expect(cluster.process.exitCode).toBe(1);
  expect(cluster.output.trimEnd().split('\n').at(-1)).toMatch(
    /^error: the disk of the data directory is full: nothing acknowledged is lost; free some space/,
  );
  const again = await run(process.execPath, [wherryMain, ...upArgs, '--data-dir', cluster.dataDir]);
  expect(again.stderr).toMatch(/^error: .*(is full|No space left|ENOSPC).*\n$/);
  await rm(filler);
  const next = await TestCluster.up(cluster.dataDir, ['--nodes', '1']);
  undo.push(() => next.stop());
  const { stdout } = await next.kubectlLite('get', 'configmaps', '-o', 'name');
  expect(stdout.split('\n')).toEqual(expect.arrayContaining(acknowledged));
}, 240_000);

it('a full disk stops the members of a store of three, and space brings them back', async () => {
  const mounted = isRoot && (await run('mount', mountArgs(dataDir, '160m'))).code === 0;
  if (!mounted) {
    console.warn('a small file system cannot be mounted: the test of three members is skipped');
    return;
  }
  undo.push(() => run('umount', [dataDir]));
  const members = ['--store-members', '3', '--nodes', '1'];
  const cluster = await TestCluster.up(join(dataDir, 'd'), members);
  undo.push(() => cluster.stop());
  const create = async (name: string): Promise<boolean> =>
    (await cluster.kubectlLite('create', 'configmap', name)).code === 0;
  expect(await create('before')).toBe(true);
  const filler = join(dataDir, 'filler');
  await run('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1M']);
  const blob = join(folder.path, 'blob');
  await writeFile(blob, Buffer.alloc(500_000, 'x'));
  const command = (name: string): Promise<Result> =>
    run(process.execPath, [wherryMain, name, '--data-dir', cluster.dataDir]);
  let count = 0;
  await eventually(
    'its word about the disk',
    async () => {
      await cluster.kubectlLite('create', 'configmap', `big-${count++}`, `--from-file=${blob}`);
      return /^! disk space: \S+ MiB free .*: free some/m.test((await command('status')).stdout);
    },
    60_000,
  );
  expect((await command('doctor')).stdout).toMatch(/^FAIL +disk space +.*: free some on the disk/m);
  // Whoever looks after the others goes on, though it can write neither its state nor its log.
  expect(cluster.process.exitCode).toBe(null);
  await rm(filler);
  await eventually('a write', () => create('after'), 60_000);
  await eventually('a healthy cluster', async () => (await command('status')).code === 0, 60_000);
  const { stdout } = await cluster.kubectlLite('get', 'configmaps', '-o', 'name');
  expect(stdout.split('\n')).toEqual(
    expect.arrayContaining(['configmap/before', 'configmap/after']),
  );
}, 300_000);

function mountArgs(path: string, size = '48m'): string[] {
  return ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', '--mkdir', path];
}

describe('a clock', () => {
  const clockFile = (): string => join(folder.path, 'clock');
  async function withClock(aheadMs: number, ...args: string[]): Promise<Result> {
    await writeFile(clockFile(), String(aheadMs));
    const preload = pathToFileURL(join(process.cwd(), 'test/e2e/set-clock.mjs')).href;
    const env = { NODE_OPTIONS: `--import=${preload}`, WHERRY_TEST_CLOCK: clockFile() };
    return run(process.execPath, [wherryMain, ...args, '--data-dir', dataDir], { env });
  }

  it.each([
    ['an hour ahead', 3_600_000],
    ['an hour back', -3_600_000],
  ])(
    'that jumps %s is told of, and nothing else happens',
    async (_way, aheadMs) => {
      expect((await withClock(0, ...upArgs, '--detach')).code).toBe(0);
      await lite('create', 'deployment', 'web', '--image=nginx', '--replicas=2');
      await lite('rollout', 'status', 'deployment/web', '--timeout=60s');
      const pods = (await lite('get', 'pods', '-o', 'name')).stdout;
      const { pid } = JSON.parse(await readFile(join(dataDir, 'run.json'), 'utf8')) as {
        pid: number;
      };
      await writeFile(clockFile(), String(aheadMs));
      process.kill(pid, 'SIGUSR2');
      await eventually('a word about it', async () => {
        const said = /the clock of this machine jumped by -?3600 s: .*NTP/;
        return said.test((await wherry('logs')).stdout);
      });
      const name = await written('after');
      expect((await lite('get', 'nodes')).stdout).toMatch(/^node1 +Ready /m);
      expect((await lite('get', 'pods', '-o', 'name')).stdout).toBe(pods);
      await expectThere([name]);
    },
    120_000,
  );

  it('that is behind the certificates is told of at the start', async () => {
    await started();
    const name = await written('mine');
    await wherry('down');
    expect(await refused(withClock(-30 * DAY_MS, ...upArgs))).toMatch(
      /ca\.crt is good only in 719 hours by this machine's clock.*set it right and start again/,
    );
    await started();
    await expectThere([name]);
  }, 90_000);
});

describe('a certificate that has expired', () => {
  const file = (name: string): string => join(dataDir, 'pki', name);
  const past = { notBeforeMs: Date.now() - 10 * DAY_MS, notAfterMs: Date.now() - DAY_MS };

  it('is issued anew at the start', async () => {
    await started();
    const name = await written('mine');
    await wherry('down');
    const ca = {
      certificate: await readFile(file('ca.crt'), 'utf8'),
      privateKey: await readFile(file('ca.key'), 'utf8'),
    };
    const names = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] };
    const subject = { commonName: 'kube-apiserver' };
    const old = realX509.issue({ subject, usage: 'server', names, validity: past }, ca);
    await writeFile(file('apiserver.crt'), old.certificate);
    await writeFile(file('apiserver.key'), old.privateKey);
    expect((await wherry('upgrade')).stdout).toMatch(
      /^FAIL +certificates +apiserver\.crt has expired; a restart of the cluster issues it anew$/m,
    );
    await started();
    await expectThere([name]);
    expect((await wherry('doctor')).stdout).toMatch(/^ok +certificates /m);
  }, 90_000);

  it('is renewed with its key if it is the CA, and everything it signed goes on', async () => {
    await started();
    const name = await written('mine');
    await wherry('down');
    const old = {
      certificate: await readFile(file('ca.crt'), 'utf8'),
      privateKey: await readFile(file('ca.key'), 'utf8'),
    };
    await writeFile(file('ca.crt'), realX509.renewed(old, past));
    await started();
    expect(await readFile(file('ca.key'), 'utf8')).toBe(old.privateKey);
    const { notAfterMs } = realX509.inspect(await readFile(file('ca.crt'), 'utf8'));
    expect(notAfterMs).toBeGreaterThan(Date.now() + 3600 * DAY_MS);
    await expectThere([name]);
    expect((await wherry('doctor')).stdout).toMatch(/^ok +certificates /m);
  }, 90_000);
});
