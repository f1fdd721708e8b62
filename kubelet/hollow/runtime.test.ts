import { describe, expect, it, vi } from 'vitest';
import { statusError } from '../../api/status.ts';
import type { Container, Pod } from '../../api/types/core-v1.ts';
import type { Client } from '../../client/interface.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { aPod } from '../../test/support/scheduling.ts';
import { behaviourOf } from './behaviour.ts';
import { ContainerStreamError } from '../container-streams.ts';
import { HollowRuntime } from './runtime.ts';
import type { ContainerExit, ContainerListener } from '../runtime.ts';

const silent = { logLines: 0, logIntervalMs: 0 };
const untold = { isTold: false, isReadyTold: false, runMs: undefined, exitCode: 0 };
const stop = { stopMs: 250, stopExitCode: 0, isStopTold: false };
const plain = { startMs: 0, readyMs: 0, ...stop, ...untold, ...silent };

describe('behaviourOf', () => {
  const of = (annotations: Record<string, string>, container: Partial<Container> = {}) => {
    const pod = aPod({ annotations });
    return behaviourOf(pod, { ...pod.spec.containers[0]!, ...container });
  };

  it('runs for ever unless told otherwise', () => expect(of({})).toEqual(plain));

  it('does what the annotations of the pod say', () => {
    const annotations = {
      'wherry.io/start-seconds': '2',
      'wherry.io/ready-seconds': '0.5',
      'wherry.io/run-seconds': '60',
      'wherry.io/exit-code': '3',
      'wherry.io/stop-seconds': '1',
      'wherry.io/stop-exit-code': '4',
    };
    expect(of(annotations)).toEqual({
      ...{ startMs: 2000, readyMs: 500, runMs: 60_000, exitCode: 3, ...silent },
      ...{ stopMs: 1000, stopExitCode: 4, isStopTold: true },
      ...{ isTold: true, isReadyTold: true },
    });
  });

  it('ends at once with an exit code and no time to run', () => {
    expect(of({ 'wherry.io/exit-code': '1' })).toMatchObject({ runMs: 0, exitCode: 1 });
  });

  it.each([
    ['Always', {}, 0],
    ['OnFailure', {}, 143],
    ['Never', {}, 143],
    ['Never', { restartPolicy: 'Always' }, 0],
  ])(
    'under the policy %s, of a container with %j, ends with %i if asked to',
    (policy, own, code) => {
      const pod = aPod({ restartPolicy: policy });
      const container = { ...pod.spec.containers[0]!, ...own };
      expect(behaviourOf(pod, container)).toMatchObject({ stopExitCode: code });
    },
  );

  it('prefers what is said of the container alone', () => {
    const said = { 'wherry.io/run-seconds': '1', 'c.wherry.io/run-seconds': '2' };
    expect(of(said)).toMatchObject({ runMs: 2000 });
  });

  it('becomes ready after the delay of its probe', () => {
    expect(of({}, { readinessProbe: { initialDelaySeconds: 4 } })).toMatchObject({ readyMs: 4000 });
  });

  it.each(['-1', 'x', '256', '1e3', ''])('takes the exit code %j for absent', (text) => {
    expect(of({ 'wherry.io/exit-code': text })).toEqual(plain);
  });

  it('lets init containers end well, whatever is said of the pod', () => {
    const pod = aPod({
      annotations: { 'wherry.io/exit-code': '1', 'wherry.io/run-seconds': '9' },
      initContainers: [{ name: 'i' }],
    });
    const init = pod.spec.initContainers![0]!;
    expect(behaviourOf(pod, init)).toMatchObject({ runMs: 0, exitCode: 0 });
  });
});

function run(
  annotations: Record<string, string>,
  adoptAtMs?: number,
  more: Partial<Container> = {},
) {
  const clock = new FakeClock();
  const runtime = new HollowRuntime(clock);
  const heard: string[] = [];
  const note = (text: string): void => void heard.push(`${clock.monotonic() / 1000} ${text}`);
  const pod: Pod = aPod({ annotations });
  const request = {
    id: 'x',
    pod,
    container: { ...pod.spec.containers[0]!, ...more },
    listener: {
      pulling: () => note('pulling'),
      running: () => note('running'),
      waiting: () => note('waiting'),
      started: (started: boolean) => note(started ? 'started' : 'not started'),
      unhealthy: () => note('unhealthy'),
      event: ({ reason }: { reason: string }) => note(reason),
      ready: (ready: boolean) => note(ready ? 'ready' : 'unready'),
      exited: ({ exitCode, reason }: { exitCode: number; reason: string }) =>
        note(`${reason} ${exitCode}`),
    },
  };
  if (adoptAtMs === undefined) runtime.start(request);
  else runtime.adopt(request, clock.now() - adoptAtMs);
  return { clock, runtime, heard };
}

describe('HollowRuntime', () => {
  it('starts at once and needs no timer', () => {
    const { heard, clock } = run({});
    expect(heard).toEqual(['0 running', '0 ready']);
    expect(clock.timers).toBe(0);
  });

  it('lives a whole life', async () => {
    const { heard, clock } = run({
      'wherry.io/start-seconds': '2',
      'wherry.io/ready-seconds': '1',
      'wherry.io/run-seconds': '5',
      'wherry.io/exit-code': '7',
    });
    await clock.advance(60_000);
    expect(heard).toEqual(['0 pulling', '2 running', '3 ready', '7 Error 7']);
    expect(clock.timers).toBe(0);
  });

  it('ends before it is ready, and then is not ready any more', async () => {
    const { heard, clock } = run({ 'wherry.io/ready-seconds': '9', 'wherry.io/run-seconds': '1' });
    await clock.advance(60_000);
    expect(heard).toEqual(['0 running', '1 Completed 0']);
  });

  it('stops at once, in its time, or is killed when its grace is over', async () => {
    const usual = run({});
    usual.runtime.stop('x', 30);
    await usual.clock.advance(1000);
    expect(usual.heard.at(-1)).toBe('0.25 Completed 0');

    const atOnce = run({ 'wherry.io/stop-seconds': '0' });
    atOnce.runtime.stop('x', 30);
    expect(atOnce.heard.at(-1)).toBe('0 Completed 0');

    const slow = run({ 'wherry.io/stop-seconds': '5' });
    slow.runtime.stop('x', 30);
    await slow.clock.advance(60_000);
    expect(slow.heard.at(-1)).toBe('5 Completed 0');

    const slower = run({ 'wherry.io/stop-seconds': '50' });
    slower.runtime.stop('x', 30);
    await slower.clock.advance(10_000);
    slower.runtime.stop('x', 100);
    slower.runtime.stop('x', 2);
    await slower.clock.advance(60_000);
    expect(slower.heard.at(-1)).toBe('12 Error 137');
    expect(slower.clock.timers).toBe(0);
  });

  it('goes on where a container was when it is taken over', async () => {
    const { heard, clock } = run({ 'wherry.io/run-seconds': '10' }, 4000);
    await clock.advance(60_000);
    expect(heard).toEqual(['0 running', '0 ready', '6 Completed 0']);
    expect(run({ 'wherry.io/run-seconds': '10' }, 20_000).heard.at(-1)).toBe('0 Completed 0');
  });

  it('may be given up by its liveness probe, if it has one', async () => {
    const annotations = { 'wherry.io/unhealthy-after-seconds': '7' };
    expect(run(annotations).clock.timers).toBe(0);
    const probed = run(annotations, undefined, { livenessProbe: { periodSeconds: 1 } });
    await probed.clock.advance(60_000);
    expect(probed.heard).toEqual(['0 running', '0 ready', '7 Unhealthy', '7 unhealthy']);
  });

  it('says nothing more of a container that was removed', async () => {
    const { heard, clock, runtime } = run({ 'wherry.io/run-seconds': '10' });
    runtime.remove('x');
    runtime.stop('x', 0);
    await clock.advance(60_000);
    expect(heard).toEqual(['0 running', '0 ready']);
    expect(clock.timers).toBe(0);
  });
});

describe('the log of a hollow container', () => {
  const never = new AbortController().signal;
  const read = async (
    runtime: HollowRuntime,
    query: { tailLines?: number; sinceMs?: number; follow?: boolean; signal?: AbortSignal } = {},
  ): Promise<string[]> => {
    const lines: string[] = [];
    for await (const { line } of runtime.logs('x', { follow: false, signal: never, ...query }))
      lines.push(Buffer.from(line).toString());
    return lines;
  };
  const started = 'hollow container c started';
  const line = (number: number) => `hollow container c: line ${number}`;

  it('tells its start and its end, and is there until the container is removed', async () => {
    const { runtime } = run({ 'wherry.io/exit-code': '3' });
    expect(await read(runtime)).toEqual([started, 'hollow container c ended with exit code 3']);
    runtime.remove('x');
    await expect(read(runtime)).rejects.toThrow(ContainerStreamError);
  });

  it('ends where it was when somebody asked who does not follow', async () => {
    const { runtime, clock } = run({
      'wherry.io/log-lines': '5',
      'wherry.io/log-interval-seconds': '10',
    });
    await clock.advance(25_000);
    const tail: string[] = [];
    const query = { tailLines: 2, follow: false, signal: never };
    for await (const entry of runtime.logs('x', query)) {
      tail.push(Buffer.from(entry.line).toString());
      await clock.advance(10_000);
    }
    expect(tail).toEqual([line(1), line(2)]);
  });

  it('has the lines that annotations ask for', async () => {
    const { runtime, clock } = run({
      'wherry.io/log-lines': '5',
      'wherry.io/log-interval-seconds': '10',
    });
    await clock.advance(25_000);
    expect(await read(runtime)).toEqual([started, line(1), line(2)]);
    expect(await read(runtime, { tailLines: 1 })).toEqual([line(2)]);
    expect(await read(runtime, { sinceMs: clock.now() - 20_000 })).toEqual([line(1), line(2)]);
    expect(await read(runtime, { sinceMs: clock.now() + 1 })).toEqual([]);
    await clock.advance(1_000_000);
    expect(await read(runtime)).toHaveLength(6);
    expect(clock.timers).toBe(0);
  });

  it('is followed to its end', async () => {
    const { runtime, clock } = run({
      'wherry.io/log-interval-seconds': '10',
      'wherry.io/run-seconds': '25',
    });
    const whole = read(runtime, { follow: true });
    await clock.advance(60_000);
    const end = 'hollow container c ended with exit code 0';
    expect(await whole).toEqual([started, line(1), line(2), end]);
    expect(clock.timers).toBe(0);
  });

  it('is no longer followed by those who left', async () => {
    const { runtime, clock } = run({ 'wherry.io/log-interval-seconds': '10' });
    const leaving = new AbortController();
    const whole = read(runtime, { follow: true, signal: leaving.signal });
    await clock.advance(15_000);
    leaving.abort();
    expect(await whole).toEqual([started, line(1)]);
    expect(clock.timers).toBe(0);
  });

  it('is what attach shows from then on', async () => {
    const { runtime, clock } = run({ 'wherry.io/run-seconds': '5' });
    const shown: string[] = [];
    const write = async (bytes: Uint8Array) => void shown.push(Buffer.from(bytes).toString());
    const stdout = { write, end: async () => {} };
    const attached = runtime.attach('x', { stdout, tty: false, signal: never });
    await clock.advance(10_000);
    await attached;
    expect(shown).toEqual(['hollow container c ended with exit code 0\n']);
  });
});

interface Beginning {
  readonly how?: 'start' | 'adopt';
  readonly ranMs?: number;
  readonly annotations?: Record<string, string>;
  /** What the API says at first. */
  readonly refusals?: readonly Error[];
}

function begin(
  more: Partial<Container> = {},
  { how = 'start', ranMs = 0, annotations = {}, refusals = [] }: Beginning = {},
) {
  const left = [...refusals];
  const clock = new FakeClock();
  const container = { ...aPod({}).spec.containers[0]!, ...more };
  const pod = aPod({ nodeName: 'node1', annotations, containers: [container] });
  const answers: Record<string, object> = { pods: pod, nodes: { status: {} } };
  const client = {
    get: ({ resource }: { resource: string }) =>
      left.length > 0 ? Promise.reject(left.shift()!) : Promise.resolve(answers[resource]),
    list: () => Promise.resolve({ items: [] }),
  } as unknown as Client;
  const runtime = new HollowRuntime(clock, client);
  const exits: ContainerExit[] = [];
  const listener = new Proxy({} as ContainerListener, {
    get: (_, name) => (name === 'exited' ? (exit: ContainerExit) => exits.push(exit) : () => {}),
  });
  runtime[how]({ id: 'x', pod, container, listener }, clock.now() - ranMs);
  return { clock, runtime, exits };
}

describe('commands in a hollow container', () => {
  const io = { tty: false, signal: new AbortController().signal };

  const hook = (...command: string[]) => ({ lifecycle: { postStart: { exec: { command } } } });
  const greeting = hook('sh', '-c', 'echo hello > /usr/share/message');

  it('run when it has started, if a hook says so', async () => {
    const { runtime } = begin(greeting);
    await vi.waitFor(
      async () => expect(await runtime.exec('x', ['cat', '/usr/share/message'], io)).toBe(0),
      { timeout: 30_000 },
    );
  });

  it('of a hook run again under the next agent, for nothing of its files was kept', async () => {
    const { runtime } = begin(greeting, { how: 'adopt' });
    await vi.waitFor(
      async () => expect(await runtime.exec('x', ['cat', '/usr/share/message'], io)).toBe(0),
      { timeout: 30_000 },
    );
  });

  it('of a hook need not be known', async () => {
    const { runtime } = begin(hook('nginx', '-s', 'reload'));
    expect(await runtime.exec('x', ['cat', '/usr/share/message'], io)).toBe(1);
  });

  it('end with it', async () => {
    const { clock, runtime } = begin();
    const slept = runtime.exec('x', ['sleep', '100'], io);
    // The shell is loaded first.
    await vi.waitFor(
      async () => {
        await clock.advance(0);
        expect(clock.timers).toBe(1);
      },
      { timeout: 30_000 },
    );
    runtime.stop('x', 0);
    expect(await slept).toBe(137);
    expect(clock.timers).toBe(0);
    await expect(runtime.exec('x', ['true'], io)).rejects.toThrow(/not running/);
  });

  it('need something that tells of the pod', async () => {
    const { runtime } = run({});
    await expect(runtime.exec('x', ['ls'], io)).rejects.toThrow(/nothing tells/);
    await expect(runtime.dial('uid', 80)).rejects.toThrow(/nothing listens on port 80/);
  });
});

describe('the command of a hollow container', () => {
  const io = { tty: false, signal: new AbortController().signal };
  const query = { follow: false, signal: new AbortController().signal };
  const sh = (script: string, more: Partial<Container> = {}): Partial<Container> => ({
    ...{ command: ['sh', '-c'], args: [script] },
    ...more,
  });

  async function written(runtime: HollowRuntime, follow = false): Promise<string[]> {
    const lines: string[] = [];
    for await (const { stream, line } of runtime.logs('x', { ...query, follow }))
      lines.push(`${stream} ${Buffer.from(line).toString()}`);
    return lines;
  }

  /** With the clock going on; the shell is loaded first. */
  async function ended({ clock, exits }: ReturnType<typeof begin>): Promise<ContainerExit> {
    await vi.waitFor(
      async () => {
        await clock.advance(1000);
        expect(exits).toHaveLength(1);
      },
      { timeout: 30_000, interval: 5 },
    );
    return exits[0]!;
  }

  it("is carried out: its output is the log, its code the container's", async () => {
    const world = begin(sh('echo "$HOSTNAME"; sleep 2; echo bad >&2; exit 3'));
    expect(await ended(world)).toEqual({ exitCode: 3, reason: 'Error' });
    expect(await written(world.runtime)).toEqual(['stdout pod', 'stderr bad']);
  });

  it('is shown to followers line by line, the last without its end', async () => {
    const world = begin(sh('for i in 1 2; do echo $i; sleep 5; done; printf end'));
    const following = written(world.runtime, true);
    await ended(world);
    expect(await following).toEqual(['stdout 1', 'stdout 2', 'stdout end']);
  });

  it.each([
    ['what it wrote for the purpose', sh('echo why > /dev/termination-log; exit 1'), 'why\n'],
    [
      'the end of its log, if so asked',
      sh('echo last; exit 1', { terminationMessagePolicy: 'FallbackToLogsOnError' }),
      'last\n',
    ],
    [
      'that end as it was written',
      sh('printf end; exit 1', { terminationMessagePolicy: 'FallbackToLogsOnError' }),
      'end',
    ],
  ])('ends with %s', async (_, container, message) => {
    expect(await ended(begin(container))).toEqual({ exitCode: 1, reason: 'Error', message });
  });

  it('goes on where it was under another agent: its pauses are shorter', async () => {
    const world = begin(sh('sleep 60; exit 4'), { how: 'adopt', ranMs: 59_500 });
    const since = world.clock.now();
    expect(await ended(world)).toMatchObject({ exitCode: 4 });
    expect(world.clock.now() - since).toBeLessThan(60_000);
  });

  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const broken = new Error('the connection broke within a response');
  const busy = statusError('ServiceUnavailable', 'etcdserver: unavailable');
  it('begins once the API server can be asked what it refers to', async () => {
    const world = begin(sh('sleep 60; exit 4'), { refusals: [refused, busy, broken] });
    const since = world.clock.now();
    expect(await ended(world)).toMatchObject({ exitCode: 4 });
    // Its pauses are shorter by what it waited.
    expect(world.clock.now() - since).toBeLessThan(65_000);
  });

  it('does not begin if the API server says that something is missing, or when it ends', async () => {
    const gone = statusError('NotFound', 'neither pod nor node');
    const missing = begin(sh('exit 4'), { refusals: [gone, gone] });
    expect(await written(missing.runtime)).toEqual(['stdout hollow container c started']);
    const stopped = begin(sh('exit 4'), { refusals: Array.from({ length: 99 }, () => refused) });
    await stopped.clock.advance(5000);
    stopped.runtime.stop('x', 30);
    await stopped.clock.advance(1000);
    expect(stopped.exits).toMatchObject([{ exitCode: 0 }]);
    await vi.waitFor(() => expect(stopped.clock.timers).toBe(0));
  });

  const toldCode = { 'wherry.io/stop-exit-code': '143' };
  it.each([
    ['while true; do sleep 1; done', {}, 137],
    ["trap '' TERM; sleep 600", {}, 137],
    ["trap 'exit 3' TERM; trap - TERM; sleep 600", {}, 137],
    ['sleep 600', toldCode, 143],
  ])(
    'that does not hear it (%s, %j) ends with %i when it is stopped',
    async (script, told, code) => {
      const world = begin(sh(script), { annotations: told });
      await written(world.runtime);
      await world.clock.advance(1000);
      world.runtime.stop('x', 30);
      await world.clock.advance(300);
      expect(world.exits).toEqual([{ exitCode: code, reason: 'Error' }]);
      await vi.waitFor(() => expect(world.clock.timers).toBe(0));
    },
  );

  const loop = 'while true; do sleep 20; done';
  it('ends as its trap says, once what it waits for is over', async () => {
    const world = begin(sh(`trap 'echo bye; exit 3' TERM; trap 'echo over' EXIT; ${loop}`));
    await written(world.runtime);
    await world.clock.advance(15_000);
    world.runtime.stop('x', 30);
    await world.clock.advance(4000);
    expect(world.exits).toEqual([]);
    expect(await ended(world)).toEqual({ exitCode: 3, reason: 'Error' });
    expect(await written(world.runtime)).toEqual(['stdout bye', 'stdout over']);
  });

  it.each([
    ["trap 'echo bye' TERM; sleep 1000 & wait; exit $?", 143],
    ["trap 'kill $!; exit 4' TERM; sleep 1000 & wait $!", 4],
  ])('does not go on waiting for what is in the background: %s', async (script, exitCode) => {
    const world = begin(sh(script));
    await written(world.runtime);
    await world.clock.advance(15_000);
    world.runtime.stop('x', 30);
    await world.clock.advance(100);
    expect(world.exits).toEqual([{ exitCode, reason: 'Error' }]);
    await vi.waitFor(() => expect(world.clock.timers).toBe(0));
  });

  it('is killed when its trap takes longer than the grace', async () => {
    const world = begin(sh(`trap 'sleep 60' TERM; ${loop}`));
    await written(world.runtime);
    await world.clock.advance(15_000);
    world.runtime.stop('x', 30);
    await world.clock.advance(29_999);
    expect(world.exits).toEqual([]);
    await world.clock.advance(1);
    expect(world.exits).toEqual([{ exitCode: 137, reason: 'Error' }]);
  });

  it('hears kill only if it has a trap', async () => {
    const deaf = begin(sh('sleep 600'));
    await written(deaf.runtime);
    await deaf.runtime.exec('x', ['kill', '1'], io);
    await deaf.clock.advance(60_000);
    expect(deaf.exits).toEqual([]);
    const world = begin(sh(`trap 'exit 5' INT TERM; ${loop}`));
    await written(world.runtime);
    await world.clock.advance(1000);
    await world.runtime.exec('x', ['kill', '1'], io);
    expect(await ended(world)).toMatchObject({ exitCode: 5 });
  });

  it.each([
    ['it is not known', sh('nginx; echo over'), {}],
    ['annotations tell otherwise', sh('exit 1'), { 'wherry.io/log-lines': '1' }],
    ['it is a shell that somebody may talk to', { command: ['sh'], stdin: true }, {}],
  ])('is not carried out if %s', async (_, container, annotations) => {
    const { clock, runtime, exits } = begin(container, { annotations });
    expect((await written(runtime))[0]).toBe('stdout hollow container c started');
    await clock.advance(60_000);
    expect(exits).toEqual([]);
  });
});
