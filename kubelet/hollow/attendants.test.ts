/** Hooks and exec probes of simulated containers, with a clock moved by hand. */
import { describe, expect, it, vi } from 'vitest';
import type { Container, Pod, Probe } from '../../api/types/core-v1.ts';
import type { Client } from '../../client/interface.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { aPod } from '../../test/support/scheduling.ts';
import { HollowRuntime } from './runtime.ts';
import type { ContainerListener } from '../runtime.ts';

const volumes = [{ name: 'config', configMap: { name: 'config' } }];
const volumeMounts = [{ name: 'config', mountPath: '/etc/config' }];

/** Loading the shell may take a while on a busy machine. */
const patience = { timeout: 30_000, interval: 5 };

interface Beginning {
  readonly annotations?: Record<string, string>;
  /** How long it ran under an earlier agent. */
  readonly ranMs?: number;
}

function begin(more: Partial<Container>, { annotations = {}, ranMs }: Beginning = {}) {
  const clock = new FakeClock();
  const container = { ...aPod({}).spec.containers[0]!, ...more };
  const pod: Pod = {
    ...aPod({ nodeName: 'node1', annotations, volumes, containers: [container] }),
    status: { podIP: '10.244.1.7', containerStatuses: [{ name: 'c', started: true } as never] },
  };
  let latest = pod;
  const annotate = (told: Record<string, string>): void => {
    latest = { ...pod, metadata: { ...pod.metadata, annotations: told } };
  };
  const objects: Record<string, object> = {
    ...{ pods: pod, nodes: { status: {} } },
    configmaps: { data: { ready: 'no' } },
  };
  const client = {
    get: ({ resource }: { resource: string }) =>
      resource in objects ? Promise.resolve(objects[resource]) : Promise.reject(new Error('away')),
    list: () => Promise.resolve({ items: [] }),
  } as unknown as Client;
  const runtime = new HollowRuntime(clock, client);
  const heard: string[] = [];
  const note = (text: string): void => void heard.push(`${clock.monotonic() / 1000} ${text}`);
  const listener: ContainerListener = {
    pulling: () => {},
    waiting: () => {},
    running: () => note('running'),
    started: (started) => note(started ? 'started' : 'not started'),
    ready: (ready) => note(ready ? 'ready' : 'unready'),
    unhealthy: ({ probe }) => note(`unhealthy: ${probe}`),
    event: ({ reason, message }) => note(`${reason}: ${message.trim()}`),
    exited: ({ exitCode }) => note(`exited ${exitCode}`),
  };
  const request = { id: 'x', pod, latest: () => latest, container, listener };
  if (ranMs === undefined) runtime.start(request);
  else runtime.adopt(request, clock.now() - ranMs);
  return { clock, runtime, heard, objects, annotate };
}

type World = ReturnType<typeof begin>;

/** Until it is heard, second by second. */
async function hear({ clock, heard }: World, what: RegExp): Promise<void> {
  await vi.waitFor(async () => {
    await clock.advance(1000);
    expect(heard.some((each) => what.test(each))).toBe(true);
  }, patience);
}

/** What was heard, without when. */
const order = ({ heard }: World): string[] => heard.map((each) => each.replace(/^\S+ /, ''));

const sh = (script: string): Partial<Container> => ({ command: ['/bin/sh', '-c', script] });
const probe = (command: readonly string[], more: Probe = {}): Probe => ({
  ...{ exec: { command: [...command] }, periodSeconds: 5 },
  ...more,
});
const missing = "cat: can't open '/tmp/healthy': No such file or directory";

describe('an exec probe of a hollow container', () => {
  it('sees what its command does to its files, as the page about liveness probes tells', async () => {
    const world = begin({
      ...sh('touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600'),
      livenessProbe: probe(['cat', '/tmp/healthy'], { initialDelaySeconds: 5 }),
    });
    await hear(world, /unhealthy/);
    expect(order(world)).toEqual([
      ...['running', 'ready'],
      ...Array<string>(3).fill(`Unhealthy: Liveness probe failed: ${missing}`),
      'unhealthy: liveness',
    ]);
    expect(world.clock.monotonic()).toBeGreaterThan(30_000);
    world.runtime.stop('x', 30);
    await world.clock.advance(60_000);
    expect(world.heard.at(-1)).toMatch(/exited 137$/);
    expect(world.clock.timers).toBe(0);
  });

  it('is answered by what kubectl exec wrote', async () => {
    const world = begin({ ...sh('sleep 3600'), readinessProbe: probe(['cat', '/tmp/healthy']) });
    await hear(world, /Readiness probe failed: cat/);
    expect(order(world)).not.toContain('ready');
    const io = { tty: false, signal: new AbortController().signal };
    expect(await world.runtime.exec('x', ['touch', '/tmp/healthy'], io)).toBe(0);
    await hear(world, /ready$/);
    await world.runtime.exec('x', ['rm', '/tmp/healthy'], io);
    await hear(world, /unready/);
  });

  it('of startup comes before the others', async () => {
    const world = begin({
      ...sh('sleep 20; echo ok > /tmp/healthy; sleep 600'),
      startupProbe: probe(['cat', '/tmp/healthy'], { failureThreshold: 10 }),
      readinessProbe: probe(['true']),
    });
    await hear(world, / ready/);
    const told = order(world).filter((each) => !each.startsWith('Unhealthy'));
    expect([...new Set(told)]).toEqual(['running', 'not started', 'started', 'ready']);
    expect(world.clock.monotonic()).toBeGreaterThanOrEqual(20_000);
  });

  it('fails when its time is over', async () => {
    const world = begin({ ...sh('sleep 600'), livenessProbe: probe(['sleep', '10']) });
    await hear(world, /unhealthy/);
    expect(world.heard[2]).toMatch(/command timed out: "sleep 10" timed out after 1s$/);
  });

  it.each([
    ['its program is not known', ['pg_isready'], {}],
    ['it asks for what the image may have', ['cat', '/tmp/healthy'], {}],
    ['it asks for nothing there is to know of', ['test', '-s', '/data/state'], {}],
    ['annotations tell of readiness', ['false'], { 'wherry.io/ready-seconds': '0' }],
  ])('succeeds in a container of an unknown program if %s', async (_, command, annotations) => {
    const world = begin({ readinessProbe: probe(command) }, { annotations });
    await hear(world, / ready/);
    await world.clock.advance(60_000);
    expect(order(world)).toEqual(['running', 'ready']);
  });

  it.each([
    ['it fails whatever is there', ['false']],
    ['what is there is told by objects', ['grep', 'yes', '/etc/config/ready']],
    ['its answer is declared', ['pg_isready', '-q']],
  ])('counts in a container of an unknown program if %s', async (_, command) => {
    const answer = '- { command: [pg_isready, "*"], stderr: no response, exitCode: 2 }';
    const world = begin(
      { readinessProbe: probe(command), volumeMounts },
      { annotations: { 'wherry.io/exec': answer } },
    );
    await hear(world, /Readiness probe failed/);
    expect(order(world)).not.toContain('ready');
  });

  it('sees mounted objects as they were a minute ago at most', async () => {
    const command = ['grep', 'yes', '/etc/config/ready'];
    const world = begin({ readinessProbe: probe(command), volumeMounts });
    await hear(world, /Readiness probe failed/);
    world.objects['configmaps'] = { data: { ready: 'yes' } };
    await hear(world, / ready/);
    expect(world.clock.monotonic()).toBeGreaterThanOrEqual(60_000);
  });

  it('does not fail because the API is away', async () => {
    const world = begin({
      ...sh('touch /tmp/healthy; sleep 600'),
      livenessProbe: probe(['cat', '/tmp/healthy']),
    });
    await hear(world, /ready/);
    for (const resource of Object.keys(world.objects)) delete world.objects[resource];
    await world.clock.advance(300_000);
    expect(order(world)).toEqual(['running', 'ready']);
  });

  it('goes on under a later agent', async () => {
    const world = begin(
      {
        ...sh('touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600'),
        livenessProbe: probe(['cat', '/tmp/healthy']),
      },
      { ranMs: 20_000 },
    );
    await world.clock.advance(5000);
    await hear(world, /unhealthy/);
    expect(world.clock.monotonic()).toBeGreaterThanOrEqual(10_000);
  });
});

const network = (yaml: string): Beginning => ({ annotations: { 'wherry.io/network': yaml } });
const httpGet = { path: '/healthz', port: 8080 };
const often = { periodSeconds: 1 };

describe('a network probe of a hollow container', () => {
  it('succeeds where nobody knows what runs, and is not asked', async () => {
    const world = begin({ readinessProbe: { httpGet }, livenessProbe: { grpc: { port: 1 } } });
    expect(order(world)).toEqual(['running', 'ready']);
    expect(world.clock.timers).toBe(0);
  });

  it.each<[string, Probe, string]>([
    [
      'httpGet',
      { httpGet },
      'Get "http://10.244.1.7:8080/healthz": dial tcp 10.244.1.7:8080: connect: connection refused',
    ],
    [
      'tcpSocket',
      { tcpSocket: { port: 80 } },
      'dial tcp 10.244.1.7:80: connect: connection refused',
    ],
    [
      'grpc',
      { grpc: { port: 9090 } },
      'timeout: failed to connect service "10.244.1.7:9090" within 1s: context deadline exceeded',
    ],
  ])('(%s) finds that nothing listens where `sleep` runs', async (_, readinessProbe, told) => {
    const world = begin({ ...sh('sleep 600'), readinessProbe: { ...readinessProbe, ...often } });
    await hear(world, /Unhealthy/);
    expect(order(world).slice(0, 2)).toEqual([
      'running',
      `Unhealthy: Readiness probe failed: ${told}`,
    ]);
  });

  it('is answered as the page about liveness probes tells: well at first, then not', async () => {
    const world = begin(
      { livenessProbe: { httpGet, ...often } },
      network('[{ path: "/health*", afterSeconds: 10, status: 500 }]'),
    );
    await hear(world, /unhealthy/);
    expect(order(world)).toEqual([
      ...['running', 'ready'],
      ...Array<string>(3).fill(
        'Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 500',
      ),
      'unhealthy: liveness',
    ]);
    expect(world.clock.monotonic()).toBeGreaterThanOrEqual(12_000);
  });

  it.each<[string, Probe, RegExp]>([
    ['[{ port: 80, refused: true }]', { tcpSocket: { port: 80 } }, /refused$/],
    [
      '[{ port: 1 }, { health: NOT_SERVING }]',
      { grpc: { port: 9090 } },
      /service unhealthy \(responded with "NOT_SERVING"\)$/,
    ],
    [
      '[{ delaySeconds: 5 }]',
      { httpGet },
      /context deadline exceeded \(Client.Timeout exceeded while awaiting headers\)$/,
    ],
    [
      '[{ status: 99 }]',
      { httpGet },
      /annotation wherry.io\/network: answers\[0\].status: must be a whole number from 100 to 599$/,
    ],
  ])('fails where %s is declared', async (yaml, readinessProbe, told) => {
    const world = begin({ readinessProbe: { ...readinessProbe, ...often } }, network(yaml));
    await hear(world, told);
    expect(order(world)).not.toContain('ready');
  });

  it('hears of changes', async () => {
    const world = begin({ readinessProbe: { httpGet, ...often } }, network('[]'));
    await hear(world, / ready/);
    world.annotate({ 'wherry.io/network': '[{ status: 503 }]' });
    await hear(world, /unready/);
    world.annotate({ 'c.wherry.io/network': '[{ port: 8080 }]' });
    world.heard.length = 0;
    await hear(world, / ready/);
  });
});

describe('a request as the hook of a hollow container', () => {
  it.each([
    ['is answered', '[{ path: /healthz }]', ['running', 'ready']],
    [
      'fails',
      '[{ status: 500 }]',
      ['running', 'FailedPostStartHook: PostStartHook failed', 'exited 0'],
    ],
  ])('%s as declared', async (_, yaml, heard) => {
    const world = begin({ lifecycle: { postStart: { httpGet } } }, network(yaml));
    await hear(world, /(ready|exited 0)$/);
    expect(order(world)).toEqual(heard);
  });

  it('is nothing where nobody knows what runs', () => {
    const world = begin({ lifecycle: { postStart: { httpGet } } });
    expect(order(world)).toEqual(['running', 'ready']);
  });

  const exec = (command: string[]) => ({ exec: { command } });

  it('that fails ends it', async () => {
    const world = begin({ lifecycle: { postStart: exec(['sh', '-c', 'sleep 3; exit 9']) } });
    await hear(world, /exited/);
    expect(order(world)).toEqual([
      ...['running', 'FailedPostStartHook: PostStartHook failed', 'exited 0'],
    ]);
  });

  it.each([
    ['a command', exec(['sleep', '3'])],
    ['a pause', { sleep: { seconds: 3 } }],
  ])('after its start that is %s keeps it unready', async (_, postStart) => {
    const world = begin({ lifecycle: { postStart } });
    await hear(world, / ready/);
    expect(world.clock.monotonic()).toBeGreaterThanOrEqual(3000);
  });

  it.each([
    ['a command', exec(['sh', '-c', 'sleep 3; exit 1'])],
    ['a pause', { sleep: { seconds: 3 } }],
  ])('before its end that is %s comes first', async (_, preStop) => {
    const world = begin({ lifecycle: { preStop } });
    world.runtime.stop('x', 30);
    await hear(world, /exited 0/);
    expect(world.clock.monotonic()).toBeGreaterThanOrEqual(3000);
    expect(world.clock.timers).toBe(0);
  });

  it('tells that it failed', async () => {
    const world = begin({ lifecycle: { preStop: exec(['false']) } });
    world.runtime.stop('x', 30);
    await hear(world, /exited 0/);
    expect(order(world)).toContain('FailedPreStopHook: PreStopHook failed');
  });

  it('may take all of the grace, and two seconds are left', async () => {
    const preStop = exec(['sleep', '3600']);
    const world = begin(
      { lifecycle: { preStop } },
      { annotations: { 'wherry.io/stop-seconds': '5' } },
    );
    world.runtime.stop('x', 10);
    await world.clock.advance(11_999);
    expect(order(world)).toEqual(['running', 'ready']);
    await world.clock.advance(1);
    expect(world.heard.at(-1)).toBe('12 exited 137');
    expect(world.clock.timers).toBe(0);
  });

  it('is nothing to a container that has no grace', async () => {
    const world = begin({ lifecycle: { preStop: { sleep: { seconds: 3 } } } });
    world.runtime.stop('x', 0);
    expect(world.heard.at(-1)).toBe('0 exited 137');
  });
});
