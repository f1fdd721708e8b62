/** Real processes of this machine, each test in a folder of its own. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { statusError } from '../../api/status.ts';
import type { Container, Pod, PodSpec } from '../../api/types/core-v1.ts';
import type { Client } from '../../client/interface.ts';
import type { ByteSink } from '../../platform/bytes/byte-stream.ts';
import { silentLogger } from '../../platform/logger.ts';
import { realClock } from '../../platform/node/clock.ts';
import { realDisk } from '../../platform/node/files/disk.ts';
import { realFileTree } from '../../platform/node/files/file-tree.ts';
import { realLocalNetwork } from '../../platform/node/net/local-network.ts';
import { outgoingHttp } from '../../platform/node/net/outgoing-http.ts';
import { realProcesses } from '../../platform/node/processes.ts';
import { ContainerStreamError, type ContainerIo } from '../container-streams.ts';
import type { ContainerExit } from '../runtime.ts';
import { CONTAINER_VARIABLE } from './process-host.ts';
import { ProcessRuntime } from './process-runtime.ts';

let root: string;
let runtime: ProcessRuntime;
/** What the API server has: "configmaps/default/x". */
let objects: Map<string, object>;

const client = {
  get: async ({ resource }: { resource: string }, ref: { namespace?: string; name: string }) => {
    const found = objects.get(`${resource}/${ref.namespace}/${ref.name}`);
    if (found === undefined) throw statusError('NotFound', 'no');
    return found;
  },
  list: async () => ({
    items: [
      {
        metadata: { namespace: 'default', name: 'db-main' },
        spec: { clusterIP: '10.96.0.9', ports: [{ port: 5432, name: 'sql' }] },
      },
    ],
  }),
  createSubresource: async () => ({
    status: { token: 'a.b.c', expirationTimestamp: '2999-01-01T00:00:00Z' },
  }),
} as unknown as Client;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wherry-process-'));
  objects = new Map();
  runtime = newRuntime();
});
afterEach(async () => {
  await runtime.close();
  // What was killed may take the system a moment to be rid of.
  await eventually(() => left().length === 0);
  await rm(root, { recursive: true });
});

const left = () =>
  realProcesses.withVariable(CONTAINER_VARIABLE).filter(({ value }) => value.startsWith(root));

function newRuntime(): ProcessRuntime {
  return new ProcessRuntime({
    ...{ client, clock: realClock, logger: silentLogger, disk: realDisk, files: realFileTree },
    ...{ processes: realProcesses, network: realLocalNetwork, http: outgoingHttp() },
    ...{ root, persistent: `${root}/volumes` },
    place: { podIp: '192.0.2.7', hostIp: '192.0.2.7', allocatable: { cpu: '4', memory: '8Gi' } },
    env: { PATH: process.env['PATH'] ?? '' },
  });
}

let ids = 0;

interface Heard {
  readonly id: string;
  readonly pod: Pod;
  readonly events: string[];
  exit?: ContainerExit;
}

const shell = (script: string): Partial<Container> => ({ command: ['/bin/sh', '-c', script] });

function run(
  container: Partial<Container>,
  spec: Partial<PodSpec> = {},
  uid = `uid-${ids}`,
): Heard {
  const whole = { name: 'c', ...container };
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name: 'p', uid, labels: { app: 'web' } },
    spec: { containers: [whole], nodeName: 'n', serviceAccountName: 'default', ...spec },
  };
  const heard: Heard = { id: Buffer.from(`run ${ids++}`).toString('hex'), pod, events: [] };
  const note = (text: string): void => void heard.events.push(text);
  runtime.start({
    ...{ id: heard.id, pod, container: whole },
    listener: {
      pulling: () => note('pulling'),
      waiting: ({ reason, message }) => note(`${reason}: ${message}`),
      running: () => note('running'),
      started: (started) => note(started ? 'started' : 'not started'),
      ready: (ready) => note(ready ? 'ready' : 'unready'),
      unhealthy: ({ probe }) => note(`${probe} gave up`),
      event: ({ reason, message }) => note(`${reason}: ${message}`),
      exited: (exit) => void (heard.exit = exit),
    },
  });
  return heard;
}

async function eventually<T>(probe: () => T | undefined | false | Promise<T>): Promise<T> {
  for (const until = performance.now() + 20_000; ;) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > until) throw new Error(`never: ${String(probe)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const ended = (heard: Heard): Promise<ContainerExit> => eventually(() => heard.exit);
const running = (heard: Heard) => eventually(() => heard.events.includes('ready'));
const never = (): AbortSignal => new AbortController().signal;

async function logOf({ id }: Heard): Promise<string[]> {
  const lines: string[] = [];
  for await (const { line } of runtime.logs(id, { follow: false, signal: never() }))
    lines.push(Buffer.from(line).toString());
  return lines;
}

/** A shell runs before it has set its traps: until it has said so. */
const up = (heard: Heard) => eventually(async () => (await logOf(heard)).includes('up'));

/** Runs the script and yields what it printed. */
async function output(container: Partial<Container>, spec?: Partial<PodSpec>): Promise<string[]> {
  const heard = run(container, spec);
  expect(await ended(heard)).toMatchObject({ exitCode: 0, reason: 'Completed' });
  return logOf(heard);
}

function collecting(): { sink: ByteSink; text: () => string } {
  const chunks: Uint8Array[] = [];
  const sink = {
    write: async (bytes: Uint8Array) => void chunks.push(bytes),
    end: async () => {},
  };
  return { sink, text: () => Buffer.concat(chunks).toString() };
}

async function exec(heard: Heard, command: string[], io: Partial<ContainerIo> = {}) {
  const out = collecting();
  const err = collecting();
  const code = await runtime.exec(heard.id, command, {
    ...{ stdout: out.sink, tty: false, signal: never() },
    ...(io.tty ? {} : { stderr: err.sink }),
    ...io,
  });
  return { code, out: out.text(), err: err.text() };
}

describe('a container of the process runtime', () => {
  it('runs, writes a log and ends with a code', async () => {
    const heard = run(shell('echo one; echo two >&2; exit 3'));
    expect(await ended(heard)).toEqual({ exitCode: 3, reason: 'Error' });
    expect((await logOf(heard)).sort()).toEqual(['one', 'two']);
    expect(heard.events[0]).toBe('running');
  });

  it('tells a signal as 128 more, and what it left to be told', async () => {
    expect(await ended(run(shell('kill -9 $$$$')))).toMatchObject({ exitCode: 137 });
    const message = run(shell('echo because > dev/termination-log; exit 1'));
    expect((await ended(message)).message).toBe('because\n');
    const elsewhere = { terminationMessagePath: '/var/told/why' };
    const other = run({ ...shell('echo so > var/told/why; exit 1'), ...elsewhere });
    expect((await ended(other)).message).toBe('so\n');
    const policy = { terminationMessagePolicy: 'FallbackToLogsOnError' };
    const fallback = run({ ...shell('echo last; printf words; exit 1'), ...policy });
    expect((await ended(fallback)).message).toBe('last\nwords');
  });

  it('has its variables from everywhere', async () => {
    objects.set('configmaps/default/cfg', { data: { COLOR: 'red', key: 'of map' } });
    objects.set('secrets/default/s', { data: { word: Buffer.from('hush').toString('base64') } });
    const lines = await output({
      command: ['/bin/sh', '-c', 'echo "$0"; env'],
      args: ['$(GREETING) $$(GREETING) $(NOBODY)'],
      envFrom: [{ prefix: 'CFG_', configMapRef: { name: 'cfg' } }],
      env: [
        { name: 'GREETING', value: 'hello $(CFG_COLOR) $(DB_MAIN_SERVICE_HOST)' },
        { name: 'WORD', valueFrom: { secretKeyRef: { name: 's', key: 'word' } } },
        { name: 'KEY', valueFrom: { configMapKeyRef: { name: 'cfg', key: 'key' } } },
        {
          name: 'NONE',
          valueFrom: { secretKeyRef: { name: 'gone', key: 'x', optional: true } },
        },
        { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'APP', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        {
          name: 'MEMORY',
          valueFrom: { resourceFieldRef: { resource: 'requests.memory', divisor: '1Mi' } },
        },
      ],
      resources: { requests: { memory: '1500Ki' } },
    });
    expect(lines[0]).toBe('hello red 10.96.0.9 $(GREETING) $(NOBODY)');
    expect(lines).toEqual(
      expect.arrayContaining([
        ...['CFG_COLOR=red', 'WORD=hush', 'KEY=of map', 'POD=p', 'APP=web', 'IP=192.0.2.7'],
        ...['CPU=4', 'MEMORY=2', 'DB_MAIN_SERVICE_PORT_SQL=5432', 'HOSTNAME=p'],
        'DB_MAIN_PORT_5432_TCP=tcp://10.96.0.9:5432',
      ]),
    );
    expect(lines.some((line) => line.startsWith('NONE='))).toBe(false);
    expect(lines.some((line) => line.startsWith('npm_'))).toBe(false);
  });

  it('has its volumes below its root folder', async () => {
    objects.set('configmaps/default/cfg', { data: { 'a.txt': 'from map', b: 'left out' } });
    const lines = await output(
      {
        ...shell(
          'cat etc/config/deep/a.txt; echo; cat $WHERRY_ROOT/var/run/token; echo; ' +
            'cat info/labels; echo; echo kept > /$WHERRY_ROOT/scratch/x; cat part/x; ' +
            'stat -c %a scratch/; pwd',
        ),
        volumeMounts: [
          { name: 'cfg', mountPath: '/etc/config' },
          { name: 'all', mountPath: '/var/run' },
          { name: 'info', mountPath: '/info' },
          { name: 'scratch', mountPath: '/scratch' },
          { name: 'scratch', mountPath: '/part', subPath: '.' },
        ],
      },
      {
        volumes: [
          {
            name: 'cfg',
            configMap: { name: 'cfg', items: [{ key: 'a.txt', path: 'deep/a.txt' }] },
          },
          { name: 'all', projected: { sources: [{ serviceAccountToken: { path: 'token' } }] } },
          {
            name: 'info',
            downwardAPI: {
              items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }],
            },
          },
          { name: 'scratch', emptyDir: {} },
        ],
      },
    );
    expect(lines.slice(0, 5)).toEqual(['from map', 'a.b.c', 'app="web"', 'kept', '777']);
    expect(lines[5]).toMatch(/\/root$/);
  });

  it('waits for what it needs, and says so', async () => {
    const env = [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'late', key: 'x' } } }];
    const heard = run({ ...shell('echo $X'), env });
    await eventually(() => heard.events.length > 0);
    objects.set('configmaps/default/late', { data: { x: 'here' } });
    await ended(heard);
    expect(heard.events.slice(0, 2)).toEqual([
      'CreateContainerConfigError: configmap "late" not found',
      'running',
    ]);
    expect(await logOf(heard)).toEqual(['here']);
  });

  it('takes its arguments for the command where it has none', async () => {
    const container = run({ image: 'busybox', args: ['sh', '-c', 'exit 3'] });
    expect(await ended(container)).toMatchObject({ exitCode: 3 });
  });

  it('is refused what cannot be done, with the field named', async () => {
    const image = run({ image: 'nginx' });
    await eventually(() => image.events.length > 0);
    expect(image.events).toEqual([
      expect.stringMatching(/^CreateContainerError: .*no command.*"nginx".*containers\[\].command/),
    ]);
    const volumes = [{ name: 'v', nfs: { server: 's', path: '/' } }];
    const mounting = { ...shell('true'), volumeMounts: [{ name: 'v', mountPath: '/v' }] };
    const nfs = run(mounting, { volumes });
    await eventually(() => nfs.events.length > 0);
    expect(nfs.events[0]).toMatch(/^FailedMount: .*spec.volumes\[0\].nfs/);
    const missing = run({ command: ['no-such-program'] });
    expect(await ended(missing)).toMatchObject({
      ...{ exitCode: 128, reason: 'StartError' },
      message: expect.stringContaining('executable file not found in $PATH') as string,
    });
    const resources = { limits: { cpu: '1', memory: '1Gi' } };
    const ignored = run({ ...shell('true'), resources, securityContext: { runAsUser: 7 } });
    await ended(ignored);
    expect(ignored.events[0]).toMatch(
      /^NotIsolated: .*securityContext.runAsUser, .*resources.limits.cpu$/,
    );
  });
});

describe.runIf(process.platform === 'linux')('a container with a limit', () => {
  it('of memory is killed with what it started when it has more', async () => {
    const greedy = `const bytes = Buffer.alloc(256 << 20, 1); setInterval(() => bytes, 1000)`;
    const heard = run({
      command: ['/bin/sh', '-c', '"$0" -e "$1" & sleep 1000', process.execPath, greedy],
      resources: { limits: { memory: '128Mi' } },
    });
    expect(await ended(heard)).toEqual({ exitCode: 137, reason: 'OOMKilled' });
    await eventually(() => left().length === 0);
  });

  it('of nothing it has more of goes on', async () => {
    const heard = run({
      ...shell('sleep 1.5; exit 7'),
      resources: { limits: { memory: '64Mi', 'ephemeral-storage': '1Mi' } },
    });
    expect(await ended(heard)).toEqual({ exitCode: 7, reason: 'Error' });
  });

  it('is told what it and its pod’s emptyDirs take of the disk', async () => {
    const write = (file: string, kib: number): string =>
      `head -c ${kib * 1024} /dev/urandom > ${file}`;
    const volumes = [{ name: 'v', emptyDir: {} }];
    const writes = `${write('a', 300)}; ${write('cache/sub', 500)}`;
    const script = `${writes}; ln -s / link; echo up; sleep 99`;
    const mounting = { ...shell(script), volumeMounts: [{ name: 'v', mountPath: '/cache' }] };
    const heard = run(mounting, { volumes });
    await up(heard);
    const { containers, volumes: dirs } = await runtime.storage(heard.pod.metadata.uid!);
    const kib = (bytes = 0): number => Math.floor(bytes / 1024 / 100);
    expect(kib(containers.get('c'))).toBe(3);
    expect(kib(dirs.get('v'))).toBe(5);
  });
});

describe('the end of a container', () => {
  it('is asked for, waited for and forced', async () => {
    const polite = run(
      shell('trap "echo bye; exit 0" TERM; echo up; while :; do sleep 0.05; done'),
    );
    await up(polite);
    runtime.stop(polite.id, 30);
    expect(await ended(polite)).toMatchObject({ exitCode: 0 });
    expect((await logOf(polite)).at(-1)).toBe('bye');
    const deaf = run(shell('trap "" TERM; echo up; while :; do sleep 0.05; done'));
    await up(deaf);
    runtime.stop(deaf.id, 30);
    runtime.stop(deaf.id, 0);
    expect(await ended(deaf)).toEqual({ exitCode: 137, reason: 'Error' });
    const plain = run({ command: ['sleep', '1000'] });
    await running(plain);
    runtime.stop(plain.id, 30);
    expect(await ended(plain)).toEqual({ exitCode: 143, reason: 'Error' });
    expect(await logOf(plain)).toEqual([]);
  });

  it('is the end of all it has started, in other sessions too', async () => {
    const heard = run(shell('sleep 1000 & setsid sleep 1000 & sleep 0.2; exit 0'));
    expect(await ended(heard)).toMatchObject({ exitCode: 0 });
    await eventually(() => left().length === 0);
  });

  it('begins with its preStop hook', async () => {
    const exec = { command: ['/bin/sh', '-c', 'echo bye > dev/termination-log'] };
    const lifecycle = { preStop: { exec } };
    const heard = run({ command: ['sleep', '1000'], lifecycle });
    await running(heard);
    runtime.stop(heard.id, 30);
    expect(await ended(heard)).toMatchObject({ exitCode: 143, message: 'bye\n' });
  });

  it('follows a postStart hook that fails', async () => {
    const lifecycle = { postStart: { exec: { command: ['/bin/sh', '-c', 'echo no; exit 9'] } } };
    const heard = run({ command: ['sleep', '1000'], lifecycle });
    expect(await ended(heard)).toMatchObject({ exitCode: 143 });
    expect(heard.events[1]).toBe('FailedPostStartHook: PostStartHook failed');
  });

  it('leaves nothing of a pod that is gone', async () => {
    const heard = run({ command: ['sleep', '1000'] });
    await running(heard);
    runtime.podGone(heard.pod.metadata.uid!);
    await eventually(() => left().length === 0);
    await eventually(async () => (await readdir(`${root}/pods`)).length === 0);
    expect(heard.exit).toBeUndefined();
  });
});

describe('commands beside a container', () => {
  it('run where it runs, and tell their code', async () => {
    const heard = run({ command: ['sleep', '1000'], env: [{ name: 'A', value: 'b' }] });
    await running(heard);
    expect(await exec(heard, ['/bin/sh', '-c', 'echo $A; pwd >&2; exit 5'])).toEqual({
      ...{ code: 5, out: 'b\n' },
      err: expect.stringMatching(/\/root\n$/) as string,
    });
    const stdin = (async function* () {
      yield Buffer.from('typed\n');
    })();
    expect((await exec(heard, ['cat'], { stdin })).out).toBe('typed\n');
    await expect(exec(heard, ['no-such-program'])).rejects.toThrow(/executable file not found/);
  });

  it('have a terminal if they ask for one', async () => {
    const heard = run({ command: ['sleep', '1000'] });
    await running(heard);
    const resizes = (async function* () {
      yield { width: 91, height: 17 };
    })();
    const script =
      'tty >/dev/null && while [ "$(stty size)" != "17 91" ]; do sleep 0.05; done; exit 4';
    const { code, out } = await exec(heard, ['/bin/sh', '-c', script], { tty: true, resizes });
    expect([code, out]).toEqual([4, '']);
  });

  it('have its size before they start, where it is known', async () => {
    const heard = run({ command: ['sleep', '1000'] });
    await running(heard);
    const never = new Promise<void>(() => {});
    const resizes = (async function* () {
      yield { width: 91, height: 17 };
      await never;
    })();
    const { out } = await exec(heard, ['stty', 'size'], { tty: true, resizes });
    expect(out).toBe('17 91\r\n');
    const unknown = (async function* () {
      await never;
      yield { width: 1, height: 1 };
    })();
    const { code } = await exec(heard, ['true'], { tty: true, resizes: unknown });
    expect(code).toBe(0);
  });

  it('end when whoever asked has gone away', async () => {
    const heard = run({ command: ['sleep', '1000'] });
    await running(heard);
    const leaving = new AbortController();
    const asked = exec(heard, ['sleep', '1000'], { signal: leaving.signal });
    await eventually(() => left().length > 2);
    leaving.abort();
    expect((await asked).code).toBe(137);
  });

  it('are refused where nothing runs', async () => {
    const heard = run(shell('true'));
    await ended(heard);
    expect(() => runtime.exec(heard.id, ['ls'], { tty: false, signal: never() })).toThrow(
      ContainerStreamError,
    );
  });

  it('are not needed to talk to its own process', async () => {
    const heard = run({ command: ['cat'], stdin: true, stdinOnce: true });
    await running(heard);
    const out = collecting();
    const stdin = (async function* () {
      yield Buffer.from('echo\n');
      await eventually(() => out.text() === 'echo\n');
    })();
    await runtime.attach(heard.id, { stdin, stdout: out.sink, tty: false, signal: never() });
    expect(await ended(heard)).toMatchObject({ exitCode: 0 });
    expect(await logOf(heard)).toEqual(['echo']);
  });
});

const server =
  'require("http").createServer((q, s) => { s.statusCode = q.url === "/bad" ? 500 : 200; ' +
  's.end("from " + process.env.NAME) }).listen(process.env.PORT)';

function serving(port: number, more: Partial<Container> = {}): Heard {
  return run({
    command: [process.execPath, '-e', server],
    ports: [{ name: 'http', containerPort: port }],
    readinessProbe: { httpGet: { port: 'http' }, periodSeconds: 1 },
    env: [{ name: 'NAME', value: `server ${ids}` }],
    ...more,
  });
}

async function ask(heard: Heard, port: number): Promise<string> {
  const stream = await runtime.dial(heard.pod.metadata.uid!, port, never());
  await stream.write(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'));
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream.incoming) chunks.push(chunk);
  stream.destroy();
  return Buffer.concat(chunks).toString().split('\r\n').at(-1) ?? '';
}

describe('ports and probes', () => {
  it('let two containers have the same port, each by its pod', async () => {
    const port = await realLocalNetwork.freePort();
    const first = serving(port);
    const second = serving(port);
    await running(first);
    await running(second);
    const answers = await Promise.all([ask(first, port), ask(second, port)]);
    expect(new Set(answers).size).toBe(2);
    await expect(
      runtime.dial(first.pod.metadata.uid!, await realLocalNetwork.freePort(), never()),
    ).rejects.toThrow(/failed to connect to localhost:\d+ .*ECONNREFUSED/);
  });

  it('give up a container whose liveness probe fails', async () => {
    const port = await realLocalNetwork.freePort();
    const httpGet = { path: '/bad', port };
    const heard = serving(port, {
      livenessProbe: { httpGet, periodSeconds: 1, failureThreshold: 1, initialDelaySeconds: 1 },
    });
    await eventually(() => heard.events.includes('liveness gave up'));
    expect(heard.events).toContainEqual(
      expect.stringMatching(/^Unhealthy: Liveness probe failed: /),
    );
  });

  it('ask commands and sockets too', async () => {
    const port = await realLocalNetwork.freePort();
    const heard = serving(port, {
      startupProbe: { exec: { command: ['test', '-e', 'begun'] }, periodSeconds: 1 },
      readinessProbe: { tcpSocket: { port: 'http' }, periodSeconds: 1 },
    });
    await eventually(() => heard.events.some((text) => text.startsWith('Unhealthy: Startup')));
    await exec(heard, ['touch', 'begun']);
    await running(heard);
    expect(heard.events).toContain('started');
  });
});

describe('an agent that starts again', () => {
  it('takes over what runs, and ends what nobody knows', async () => {
    const keeps = `${root}/keeps`;
    const stray = `${root}/pods/gone/runs/1`;
    const env = (folder: string) => ({
      PATH: process.env['PATH'] ?? '',
      [CONTAINER_VARIABLE]: folder,
    });
    await realFileTree.makeFolder(keeps);
    await realFileTree.makeFolder(stray);
    const command = ['/bin/sh', '-c', 'read x; echo "$x"; exit 6'];
    const first = await realProcesses.supervise({
      ...{ command, env: env(keeps), cwd: root, folder: keeps, stdin: 'kept' },
    });
    const other = await realProcesses.supervise({
      ...{ command: ['sleep', '1000'], env: env(stray), cwd: root, folder: stray, stdin: 'none' },
    });
    first.close();
    other.close();
    const again = realProcesses.takeOver(first.id, keeps)!;
    await again.stdin!.write(Buffer.from('still here\n'));
    let text = '';
    for await (const bytes of again.stdout) text += Buffer.from(bytes).toString();
    expect(text).toBe('still here\n');
    expect(await again.exited).toBe(6);
    expect(realProcesses.takeOver(first.id, keeps)).toBeUndefined();
    expect(await readFile(`${keeps}/exit`, 'utf8')).toBe('6\n');
    again.close();
    runtime.begin(new Set());
    expect(await other.exited).toBe(137);
    await eventually(async () => (await readdir(`${root}/pods`)).length === 0);
  });

  it('knows how a container ended while nobody looked', async () => {
    const heard = run(shell('exit 4'));
    await ended(heard);
    const log = await logOf(heard);
    await runtime.close();
    runtime = newRuntime();
    runtime.begin(new Set([heard.pod.metadata.uid!]));
    expect(await logOf(heard)).toEqual(log);
    const exit = new Promise<ContainerExit>((resolve) =>
      runtime.adopt(
        {
          ...{ id: heard.id, pod: heard.pod, container: heard.pod.spec.containers[0]! },
          listener: { exited: resolve } as never,
        },
        0,
      ),
    );
    expect(await exit).toEqual({ exitCode: 4, reason: 'Error' });
  });
});
