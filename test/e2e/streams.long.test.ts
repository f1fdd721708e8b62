/** Logs, exec, attach, cp and port-forward of stock clients, old and new, on real processes. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { Attach, Exec, KubeConfig, PortForward, type V1Status } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pythonWith } from '../support/python.ts';
import { eventually, kubectls, type Result, run, temporaryFolder, TestCluster } from './harness.ts';

/** SPDY alone before 1.30; then WebSockets for exec, from 1.31 on for all. */
const releases = kubectls();

const server = `require('http').createServer((request, response) => {
  let size = 0;
  request.on('data', (chunk) => (size += chunk.length));
  request.on('end', () => response.end(request.method + ' ' + request.url + ' ' + size));
}).listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'))`;

/** Tells how many bytes it was sent, once it has them all. */
const counter = `require('net').createServer({ allowHalfOpen: true }, (socket) => {
  let size = 0;
  socket.on('error', () => {});
  socket.on('data', (chunk) => (size += chunk.length));
  socket.on('end', () => socket.end(String(size)));
}).listen(0, '127.0.0.1', function () { console.log('counting on ' + this.address().port); })`;

/** Different in each run, since the process runtime shares the machine's ports. */
const port = 20_000 + (process.pid % 20_000);

let cluster: TestCluster;
let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
let folder: string;

const pod = (): object => {
  const script = 'echo one; echo two; while read line; do echo got $line; done';
  const containers = [
    {
      ...{ name: 'main', image: 'x', command: ['node', join(folder, 'server.js'), String(port)] },
      ports: [{ containerPort: port }],
    },
    { name: 'side', image: 'x', stdin: true, command: ['sh', '-c', script] },
    { name: 'counter', image: 'x', command: ['node', '-e', counter] },
  ];
  return {
    ...{ kind: 'Pod', apiVersion: 'v1', metadata: { name: 'web', labels: { app: 'web' } } },
    spec: { terminationGracePeriodSeconds: 1, containers },
  };
};
const service = {
  ...{ kind: 'Service', apiVersion: 'v1', metadata: { name: 'web' } },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: port }] },
};

beforeAll(async () => {
  temporary = await temporaryFolder();
  folder = temporary.path;
  cluster = await TestCluster.up(join(folder, 'data'), ['--nodes', '1', '--runtime', 'process']);
  await writeFile(join(folder, 'server.js'), server);
  if (releases.length === 0) return;
  const kubectl = (line: readonly string[], input?: string): Promise<Result> =>
    say(releases[0]!.path, line, input);
  for (const object of [pod(), service])
    await kubectl(['apply', '-f', '-'], JSON.stringify(object));
  await kubectl(['wait', '--for=condition=Ready', 'pod/web', '--timeout=60s']);
  await eventually('the server', async () =>
    (await kubectl(['logs', 'web', '-c', 'main'])).stdout.includes('listening'),
  );
});

afterAll(async () => {
  await cluster.stop();
  await temporary.remove();
});

const say = (path: string, line: readonly string[], input?: string): Promise<Result> =>
  run(path, line, {
    env: { ...cluster.env, HOME: folder },
    ...(input === undefined ? {} : { input }),
  });

/** The local port that a forwarding kubectl chose. */
function forwarded(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.once('exit', () => reject(new Error(`it ended: ${text}`)));
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = /127\.0\.0\.1:(\d+) ->/.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
}

/** Resolves once the child has printed the text. */
function said(child: ChildProcess, wanted: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const hear = (chunk: Buffer): void => {
      text += chunk.toString();
      if (text.includes(wanted)) resolve();
    };
    child.once('exit', () => reject(new Error(`it ended: ${text}`)));
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
  });
}

async function killed(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await ended;
}

describe.each(releases)('$name', ({ path }) => {
  const kubectl = (line: readonly string[], input?: string): Promise<Result> =>
    say(path, line, input);

  it('shows logs', async () => {
    const side = ['logs', 'web', '-c', 'side'];
    expect((await kubectl([...side, '--limit-bytes=7'])).stdout).toBe('one\ntwo');
    expect((await kubectl([...side, '--since=1h'])).stdout).toMatch(/^one\ntwo\n/);
    expect((await kubectl(['logs', 'web', '-c', 'main', '--timestamps'])).stdout).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z listening\n$/,
    );
    const all = await kubectl(['logs', '-l', 'app=web', '--all-containers', '--prefix']);
    expect(all.stdout).toContain('[pod/web/main] listening\n');
    const previous = await kubectl([...side, '--previous']);
    expect(previous.stderr).toContain(
      'Error from server (BadRequest): previous terminated container "side" in pod "web" not found',
    );
    const invalid = await kubectl([...side, '--limit-bytes=-1']);
    expect(invalid.code).toBe(1);
  });

  it('runs commands', async () => {
    const exec = ['exec', 'web', '-c', 'main', '--'];
    expect(await kubectl([...exec, 'sh', '-c', 'echo out; echo err >&2; exit 3'])).toEqual({
      code: 3,
      stdout: 'out\n',
      stderr: 'err\ncommand terminated with exit code 3\n',
    });
    const big = 'x'.repeat(3_000_000);
    const counted = await kubectl(['exec', '-i', 'web', '-c', 'main', '--', 'wc', '-c'], big);
    expect(counted.stdout.trim()).toBe('3000000');
    const echoed = await kubectl(['exec', '-i', 'web', '-c', 'main', '--', 'cat'], big);
    expect(echoed.stdout === big).toBe(true);
    const none = await kubectl(['exec', 'web', '-c', 'none', '--', 'ls']);
    expect(none.stderr).toContain('container none is not valid for pod web');
  });

  it('attaches to what runs', async () => {
    const word = `hello-${path.replace(/\W/g, '-')}`;
    const env = { ...process.env, ...cluster.env, HOME: folder };
    const child = spawn(path, ['attach', '-i', 'web', '-c', 'side'], { env });
    try {
      const heard = said(child, `got ${word}\n`);
      child.stdin.write(`${word}\n`);
      await heard;
    } finally {
      await killed(child);
    }
    const { stdout } = await kubectl(['logs', 'web', '-c', 'side']);
    expect(stdout).toContain(`got ${word}\n`);
  });

  it('copies files there and back', async () => {
    const own = await mkdtemp(join(folder, 'cp-'));
    await mkdir(join(own, 'from'));
    await writeFile(join(own, 'from', 'file'), 'content');
    await kubectl(['cp', join(own, 'from'), `web:${own}/there`, '-c', 'main']);
    await kubectl(['cp', `web:${own}/there/file`, join(own, 'back'), '-c', 'main']);
    expect(await readFile(join(own, 'back'), 'utf8')).toBe('content');
  });

  it.each(['pods/web', `pods/web:${port}`, 'services/web'])(
    'reaches %s through the API server',
    async (of) => {
      const raw = ['get', '--raw', `/api/v1/namespaces/default/${of}/proxy/a/b?c=d`];
      expect((await kubectl(raw)).stdout).toBe('GET /a/b?c=d 0');
      const posted = ['create', '--raw', raw[2]!, '-f', '-'];
      expect((await kubectl(posted, 'text')).stdout).toBe('POST /a/b?c=d 4');
      // More than the API server itself takes.
      const large = 'x'.repeat(5_000_000);
      expect((await kubectl(posted, large)).stdout).toBe('POST /a/b?c=d 5000000');
    },
  );

  it('reaches a node agent through the API server', async () => {
    const raw = ['get', '--raw', '/api/v1/nodes/node1/proxy/healthz'];
    expect((await kubectl(raw)).stdout).toBe('ok');
  });

  it('hears why nobody is reached', async () => {
    const raw = (of: string): string[] => [
      'get',
      '--raw',
      `/api/v1/namespaces/default/${of}/proxy/`,
    ];
    expect((await kubectl(raw('pods/none'))).stderr).toContain('pods "none" not found');
    expect((await kubectl(raw('services/web:none'))).stderr).toContain(
      'no endpoints available for service "web:none"',
    );
    expect((await kubectl(raw('pods/web:9'))).stderr).toContain('error trying to reach service');
  });

  it('forwards ports', async () => {
    const env = { ...process.env, ...cluster.env, HOME: folder };
    const child = spawn(path, ['port-forward', 'pod/web', `:${port}`], { env });
    try {
      const url = `http://127.0.0.1:${await forwarded(child)}`;
      expect(await (await fetch(`${url}/a`)).text()).toBe('GET /a 0');
      const body = Buffer.alloc(500_000);
      expect(await (await fetch(`${url}/b`, { method: 'POST', body })).text()).toBe(
        'POST /b 500000',
      );
    } finally {
      await killed(child);
    }
  });
});

/** What a stream was given, as text. */
class Collected extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

describe('@kubernetes/client-node', () => {
  let config: KubeConfig;
  beforeAll(() => {
    config = new KubeConfig();
    config.loadFromFile(cluster.env['KUBECONFIG']!);
  });

  it('runs commands', async () => {
    const [out, error] = [new Collected(), new Collected()];
    const input = Readable.from([Buffer.from('typed\n')]);
    const command = ['sh', '-c', 'read a; echo "out $a"; echo err >&2; exit 3'];
    const status = await new Promise<V1Status>((resolve, reject) => {
      new Exec(config)
        .exec('default', 'web', 'main', command, out, error, input, false, resolve)
        .catch(reject);
    });
    expect([out.text, error.text]).toEqual(['out typed\n', 'err\n']);
    expect(status).toMatchObject({
      status: 'Failure',
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
  });

  it('attaches to what runs', async () => {
    const out = new Collected();
    const input = new PassThrough();
    const attach = new Attach(config);
    const socket = await attach.attach('default', 'web', 'side', out, null, input, false);
    input.write('node\n');
    await eventually('the answer', async () => out.text.includes('got node\n'));
    socket.close();
  });

  it('forwards ports', async () => {
    const forward = new PortForward(config);
    const listener = createServer((socket) => {
      forward.portForward('default', 'web', [port], socket, null, socket).catch(() => {
        socket.destroy();
      });
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port: local } = listener.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${local}/node`, {
      headers: { connection: 'close' },
    });
    expect(await answer.text()).toBe('GET /node 0');
    listener.close();
  });
});

/** Undefined where it cannot be built. */
function goProgram(): string | undefined {
  const program = join(mkdtempSync(join(tmpdir(), 'wherry-go-')), 'streams');
  const cwd = join(import.meta.dirname, '..', 'clients', 'go');
  try {
    execFileSync('go', ['build', '-o', program, './streams'], { cwd, stdio: 'pipe' });
    return program;
  } catch (error) {
    const why = (error as { stderr?: Buffer }).stderr?.toString().slice(0, 500) ?? String(error);
    console.warn(`SKIPPED: no Go client was built, so nothing here was tried with it: ${why}`);
    return undefined;
  }
}

const program = goProgram();

/** Where the pod's counter listens. */
async function counterPort(): Promise<string> {
  const said = (await say(releases[0]!.path, ['logs', 'web', '-c', 'counter'])).stdout;
  return /counting on (\d+)/.exec(said)?.[1] ?? Promise.reject(new Error(said));
}

describe.skipIf(program === undefined || releases.length === 0)('client-go', () => {
  afterAll(() => rm(dirname(program!), { recursive: true, force: true }));

  it.each(['spdy', 'websocket', 'fallback'])(
    'runs, attaches and forwards: %s',
    async (transport) => {
      const count = await eventually("the counter's port", counterPort);
      const words = [transport, 'web', String(port), count];
      const { stdout } = await run(program!, words, { env: cluster.env, timeoutMs: 240_000 });
      const commands = ['exec', 'half', 'terminal', 'flood', 'attach'];
      const forwards = ['forward', 'forward half', 'forward refused', 'forward many'];
      expect(stdout.trim().split('\n')).toEqual(
        [...commands, ...forwards].map((what) => `ok ${what}`),
      );
    },
    250_000,
  );
});

const environment = mkdtempSync(join(tmpdir(), 'wherry-python-'));
const python = pythonWith(environment, ['kubernetes==37.0.2']);

describe.skipIf(python === undefined)('the Python client', () => {
  afterAll(() => rm(environment, { recursive: true, force: true }));

  it('runs, attaches, forwards and reads logs', async () => {
    const script = join(import.meta.dirname, '..', 'clients', 'python', 'streams.py');
    const words = [script, String(port)];
    const { stdout } = await run(python!, words, { env: cluster.env, timeoutMs: 240_000 });
    const commands = ['whole', 'session', 'bytes_through', 'terminal', 'refused', 'attach'];
    expect(stdout.trim().split('\n')).toEqual(
      [...commands, 'forwards', 'logs'].map((what) => `ok ${what}`),
    );
  }, 250_000);
});
