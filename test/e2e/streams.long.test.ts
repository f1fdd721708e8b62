/** Logs, exec, cp and port-forward of stock kubectl, old and new, on real processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, kubectls, type Result, run, temporaryFolder, TestCluster } from './harness.ts';

/** SPDY alone; WebSockets for exec; WebSockets for all. */
const wanted = /1\.(27|30|33)$/;
const releases = kubectls().filter(({ name }, _, all) => all.length === 1 || wanted.test(name));

const server = `require('http').createServer((request, response) => {
  let size = 0;
  request.on('data', (chunk) => (size += chunk.length));
  request.on('end', () => response.end(request.method + ' ' + request.url + ' ' + size));
}).listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'))`;

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
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
    }
  });
});
