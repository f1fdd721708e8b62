/** Logs, exec, cp and port-forward of stock kubectl, old and new, on real processes. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../../cluster/start-cluster.ts';

/** SPDY alone; WebSockets for exec; WebSockets for all. */
const wanted = ['1.27', '1.30', '1.33'];

function installed(): string[] {
  try {
    const path = execFileSync('which', ['kubectl'], { encoding: 'utf8' }).trim();
    const folder = dirname(realpathSync(path));
    const paths = wanted.map((version) => join(folder, `kubectl.${version}`));
    const found = paths.filter((each) => existsSync(each));
    return found.length === 0 ? [path] : found;
  } catch {
    return [];
  }
}

const kubectls = installed();
if (kubectls.length === 0) console.warn('SKIPPED: kubectl is not installed');

const server = `require('http').createServer((request, response) => {
  let size = 0;
  request.on('data', (chunk) => (size += chunk.length));
  request.on('end', () => response.end(request.method + ' ' + request.url + ' ' + size));
}).listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'))`;

/** Different in each run, since the process runtime shares the machine's ports. */
const port = 20_000 + (process.pid % 20_000);

let cluster: Cluster;
let folder: string;

beforeAll(async () => {
  if (kubectls.length === 0) return;
  folder = await mkdtemp(join(tmpdir(), 'wherry-streams-'));
  cluster = await startCluster({ nodes: 1, runtime: 'process' });
  await writeFile(join(folder, 'config'), cluster.kubeconfig);
  await writeFile(join(folder, 'server.js'), server);
  const script = 'echo one; echo two; while read line; do echo got $line; done';
  const containers = [
    {
      ...{ name: 'main', image: 'x', command: ['node', join(folder, 'server.js'), String(port)] },
      ports: [{ containerPort: port }],
    },
    { name: 'side', image: 'x', stdin: true, command: ['sh', '-c', script] },
  ];
  const pod = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: { terminationGracePeriodSeconds: 1, containers },
  };
  await writeFile(join(folder, 'pod.json'), JSON.stringify(pod));
  const first = kubectls[0]!;
  await run(first, ['apply', '-f', join(folder, 'pod.json')]);
  await run(first, ['wait', '--for=condition=Ready', 'pod/web', '--timeout=60s']);
  await eventually(() => run(first, ['logs', 'web', '-c', 'main']), /listening/);
}, 120_000);

afterAll(async () => {
  if (kubectls.length === 0) return;
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(kubectl: string, line: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const env = { ...process.env, KUBECONFIG: join(folder, 'config'), HOME: folder };
    const options = { env, timeout: 60_000, maxBuffer: 1 << 26 };
    const child = execFile(kubectl, [...line], options, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, out, err });
    });
    child.stdin?.end(input);
  });
}

async function eventually(work: () => Promise<Ran>, shown: RegExp): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (shown.test((await work()).out)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${shown} was never shown`);
}

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

describe.each(kubectls)('%s', (kubectl) => {
  const say = (line: readonly string[], input?: string): Promise<Ran> => run(kubectl, line, input);

  it('shows logs', async () => {
    const side = ['logs', 'web', '-c', 'side'];
    expect((await say([...side, '--limit-bytes=7'])).out).toBe('one\ntwo');
    expect((await say([...side, '--since=1h'])).out).toMatch(/^one\ntwo\n/);
    expect((await say(['logs', 'web', '-c', 'main', '--timestamps'])).out).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z listening\n$/,
    );
    const all = await say(['logs', '-l', 'app=web', '--all-containers', '--prefix']);
    expect(all.out).toContain('[pod/web/main] listening\n');
    const previous = await say([...side, '--previous']);
    expect(previous.err).toContain(
      'Error from server (BadRequest): previous terminated container "side" in pod "web" not found',
    );
    const invalid = await say([...side, '--limit-bytes=-1']);
    expect(invalid.code).toBe(1);
  });

  it('runs commands', async () => {
    const exec = ['exec', 'web', '-c', 'main', '--'];
    expect(await say([...exec, 'sh', '-c', 'echo out; echo err >&2; exit 3'])).toEqual({
      code: 3,
      out: 'out\n',
      err: 'err\ncommand terminated with exit code 3\n',
    });
    const big = 'x'.repeat(3_000_000);
    const counted = await say(['exec', '-i', 'web', '-c', 'main', '--', 'wc', '-c'], big);
    expect(counted.out.trim()).toBe('3000000');
    const echoed = await say(['exec', '-i', 'web', '-c', 'main', '--', 'cat'], big);
    expect(echoed.out === big).toBe(true);
    const none = await say(['exec', 'web', '-c', 'none', '--', 'ls']);
    expect(none.err).toContain('container none is not valid for pod web');
  });

  it('copies files there and back', async () => {
    const own = await mkdtemp(join(folder, 'cp-'));
    await mkdir(join(own, 'from'));
    await writeFile(join(own, 'from', 'file'), 'content');
    await say(['cp', join(own, 'from'), `web:${own}/there`, '-c', 'main']);
    await say(['cp', `web:${own}/there/file`, join(own, 'back'), '-c', 'main']);
    expect(await readFile(join(own, 'back'), 'utf8')).toBe('content');
  });

  it('forwards ports', async () => {
    const env = { ...process.env, KUBECONFIG: join(folder, 'config'), HOME: folder };
    const child = spawn(kubectl, ['port-forward', 'pod/web', `:${port}`], { env });
    try {
      const url = `http://127.0.0.1:${await forwarded(child)}`;
      expect(await (await fetch(`${url}/a`)).text()).toBe('GET /a 0');
      const body = Buffer.alloc(500_000);
      expect(await (await fetch(`${url}/b`, { method: 'POST', body })).text()).toBe(
        'POST /b 500000',
      );
    } finally {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
    }
  });
});
